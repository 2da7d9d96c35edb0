//! The requests that cover what moves: exactly, and few.

use super::model::{AdministratorChange, SeatAction, SeatChange, SubscriptionPlan};
use crate::actual::{Limits, SeatLimits};
use crate::license::{AdamId, Asset, AssetKind, ClientUserId, PricingParam};
use crate::manifest::kind::ReclaimMode;
use crate::plan::cover;
use crate::plan::{Action, Cause, CauseKind, Change};

/// Subscriptions × people of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRectangle {
    /// Subscriptions.
    pub adam_ids: Vec<AdamId>,
    /// People.
    pub users: Vec<ClientUserId>,
}

/// The requests that cover exactly these pairs of subscription and person.
pub fn seat_rectangles<'a>(
    pairs: impl IntoIterator<Item = (AdamId, &'a [ClientUserId])>,
    limits: SeatLimits,
) -> Vec<SeatRectangle> {
    // The cover of licenses is the cover of anything × holders.
    let changes: Vec<Change> = pairs
        .into_iter()
        .map(|(adam_id, users)| Change {
            location: String::new(),
            asset: Asset { adam_id, pricing_param: PricingParam::default() },
            kind: AssetKind::App,
            name: String::new(),
            bundle_id: None,
            install: false,
            action: Action::Assign,
            cause: Cause {
                file: String::new(),
                line: 0,
                kind: CauseKind::Unnamed { reclaim: ReclaimMode::Keep },
            },
            origin: None,
            devices: vec![],
            users: users.to_vec(),
        })
        .collect();
    let limits = Limits {
        assets: limits.subscriptions.max(1),
        client_user_ids: limits.users.max(1),
        ..Limits::default()
    };
    let rectangles = cover::rectangles(changes.iter(), &limits).into_iter();
    rectangles
        .map(|one| SeatRectangle {
            adam_ids: one.assets.iter().map(|asset| asset.adam_id).collect(),
            users: one.users,
        })
        .collect()
}

impl SubscriptionPlan {
    /// Write requests `apply` needs for it at the least.
    pub(in super::super) fn write_requests(&self) -> usize {
        let Self { enable, changes, administrators, limits, .. } = self;
        let seats = SeatAction::ALL.into_iter().map(|action| {
            let of_it = changes.iter().filter(|change| change.action == action);
            let pairs = of_it.map(|SeatChange { adam_id, users, .. }| (*adam_id, users.as_slice()));
            seat_rectangles(pairs, *limits).len()
        });
        let people = [true, false].map(|add| {
            let of_it = administrators.iter().filter(|change| change.is_add() == add);
            let pairs = of_it.map(|change| (change.adam_id, change.users.as_slice()));
            seat_rectangles(pairs, *limits).len()
        });
        usize::from(*enable) + seats.sum::<usize>() + people.into_iter().sum::<usize>()
    }
}

impl AdministratorChange {
    /// Whether they become administrators; they are no longer otherwise.
    pub fn is_add(&self) -> bool {
        match self.action {
            super::AdministratorAction::Add => true,
            super::AdministratorAction::Remove => false,
        }
    }
}
