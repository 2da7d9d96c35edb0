//! How much one plan may move: what the three limit guards share.

use crate::diagnostic::Span;
use crate::manifest::kind::{Limit, Limits, Policy, Share};
use crate::plan::numbers::{float, grouped, percent, trimmed};

/// What a location or app may lose where a policy says nothing of reclaims in that scope.
const DEFAULT: Share = Share { percent: Some(10.0), count: Some(500) };

/// One bound of one policy.
pub(super) struct Bound {
    pub(super) share: Share,
    pub(super) span: Span,
    /// Whether it bounds what is taken back; what is given otherwise.
    pub(super) reclaim: bool,
}

/// The policies' bounds for one scope. With a policy there is always one for reclaims of a
/// location and of an app; without any policy nothing is bounded.
pub(super) fn bounds(
    policies: &[Policy],
    scope: impl Fn(&Limits) -> Option<&Limit>,
    default: bool,
) -> Vec<Bound> {
    let mut bounds = vec![];
    for policy in policies {
        let limit = scope(&policy.limits);
        if let Some(at) = limit.and_then(|limit| limit.assign.as_ref()) {
            bounds.push(Bound { share: at.value, span: at.span, reclaim: false });
        }
        if let Some(at) = limit.and_then(|limit| limit.reclaim.as_ref()) {
            bounds.push(Bound { share: at.value, span: at.span, reclaim: true });
        }
    }
    if default
        && !bounds.iter().any(|bound| bound.reclaim)
        && let Some(policy) = policies.first()
    {
        bounds.push(Bound { share: DEFAULT, span: policy.name.span, reclaim: true });
    }
    bounds
}

impl Bound {
    /// Which part of the bound so many of so many break, as people read it.
    pub(super) fn broken(&self, moved: u64, present: u64) -> Option<String> {
        let Share { percent: share, count } = self.share;
        let over_share = share.filter(|share| float(moved) * 100.0 > share * float(present));
        let over_count = count.filter(|count| moved > *count);
        let limits: Vec<String> = over_share
            .map(|share| format!("limit {} %", trimmed(share)))
            .into_iter()
            .chain(over_count.map(|count| format!("limit {}", grouped(count))))
            .collect();
        (moved > 0 && !limits.is_empty())
            .then(|| format!("{}, {}", percent(moved, present), limits.join(" and ")))
    }

    /// What the bound is about.
    pub(super) fn verb(&self) -> &'static str {
        if self.reclaim { "reclaims" } else { "assigns" }
    }
}
