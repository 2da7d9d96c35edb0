use std::collections::BTreeMap;

use super::{ReclaimMode, WhenShort};
use crate::diagnostic::{At, Span};
use crate::license::AdamId;

/// A subscription and who should hold a seat. People only.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionManifest {
    /// Its name among the subscriptions.
    pub name: At<String>,
    /// Apple's number of it.
    pub adam_id: At<AdamId>,
    /// The location whose seats are used.
    pub location: At<String>,
    /// Where the `assign` key stands.
    pub assign_span: Span,
    /// Who should hold a seat. Empty means nobody.
    pub assign: Vec<SeatEntrySpec>,
    /// Groups that no entry names, whatever the entries say.
    pub except: Vec<At<String>>,
    /// Whether seats go on after the billing period, for entries that do not say.
    pub renewing: bool,
    /// What becomes of holders no entry names, `Release` or `Keep`; the location's default where
    /// absent.
    pub reclaim: Option<At<ReclaimMode>>,
    /// Whether a seat comes back only at the end of the billing period.
    pub deferred: bool,
    /// What happens when there are fewer seats than wanted.
    pub when_short: WhenShort,
    /// Groups of those who administer it, all of them; `None` where that is nobody's business
    /// here.
    pub administrators: Option<Vec<At<String>>>,
    /// Free text.
    pub description: Option<String>,
    /// For filtering.
    pub labels: BTreeMap<String, String>,
}

/// One item of a subscription's `assign` list.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatEntrySpec {
    /// Where the item stands.
    pub span: Span,
    /// The group.
    pub to: At<String>,
    /// Whether their seats go on after the billing period; as the subscription says where absent.
    pub renewing: Option<bool>,
}
