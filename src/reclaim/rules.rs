use jiff::SignedDuration;

pub use crate::manifest::kind::WhenGone;

/// How a reclaim goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// After so long without a proof a reclaim counts as unknown. Its license stays, and it goes on.
    pub deadline: SignedDuration,
    /// A removal the server took, and of which nothing is heard, is sent anew after so long.
    pub resend: SignedDuration,
    /// The same for one that may never have reached the server.
    pub resend_unsure: SignedDuration,
    /// Wait before a device that still has the app is asked again; doubled each time.
    pub back_off: SignedDuration,
    /// The longest such wait.
    pub longest_back_off: SignedDuration,
    /// Every so many lists with the app still there, the removal is sent anew.
    pub again_every: u32,
    /// What a device or server refused is tried anew after so long.
    pub retry_blocked: SignedDuration,
    /// A proof that is older than this when the license could be released is asked for again.
    pub proof_lasts: SignedDuration,
    /// What a device that has left the server means.
    pub when_gone: WhenGone,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            deadline: SignedDuration::from_hours(7 * 24),
            resend: SignedDuration::from_hours(24),
            resend_unsure: SignedDuration::from_hours(1),
            back_off: SignedDuration::from_secs(20),
            longest_back_off: SignedDuration::from_hours(6),
            again_every: 4,
            retry_blocked: SignedDuration::from_hours(24),
            proof_lasts: SignedDuration::from_hours(24),
            when_gone: WhenGone::Keep,
        }
    }
}

impl Rules {
    /// The wait after a device had the app for the so-manieth time, from 1.
    pub(super) fn wait_after(&self, times: u32) -> SignedDuration {
        let factor = 2_i32.saturating_pow(times.saturating_sub(1).min(20));
        self.back_off.saturating_mul(factor).min(self.longest_back_off)
    }
}
