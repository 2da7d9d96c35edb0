//! Documents and inventory rows to wanted sets with their causes. No network to Apple.
//!
//! Numbers first (inventories in the order of the manifests, rows in order), then groups, then
//! entries, then people. Nothing here depends on the order of anything but the entries of one
//! asset: only sets are made.

mod associations;
mod codes;
mod digest;
mod entries;
mod groups;
mod names;
mod numbering;
pub mod overview;
mod people;
mod resolve;
mod seats;

pub use codes::CODES;
pub use digest::digest;
pub use resolve::{Resolved, resolve};

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::license::{AdamId, Asset, AssetKind, ClientUserId, HolderSet};
use crate::manifest::kind::{Intent, LicenseKind, ReclaimMode, WhenShort};

/// What the manifests ask for, over all locations. Sets are numbered by the run's roster.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// One per app or book, in the order of the manifests.
    pub assets: Vec<WantedAsset>,
    /// One per subscription, in the order of the manifests.
    pub subscriptions: Vec<WantedSubscription>,
    /// Every group with its members counted, by name.
    pub groups: BTreeMap<String, ResolvedGroup>,
    /// What inventories know of each person any entry may license.
    pub people: BTreeMap<ClientUserId, Person>,
}

/// Who should hold one app or book, and why.
#[derive(Debug, Clone)]
pub struct WantedAsset {
    /// What Apple licenses.
    pub asset: Asset,
    /// App or book.
    pub kind: AssetKind,
    /// Name of its manifest.
    pub name: String,
    /// For the MDM.
    pub bundle_id: Option<String>,
    /// Where its name is written.
    pub span: Span,
    /// Where its `assign` key stands.
    pub assign_span: Span,
    /// Names of locations, in order of preference; at least one.
    pub locations: Vec<String>,
    /// The items of its `assign` list, in order.
    pub entries: Vec<WantedEntry>,
    /// Holders `except` names: no entry names them, whatever it says.
    pub except: HolderSet,
    /// Where each `except` line stands, with its own members.
    pub except_lines: Vec<(String, Span, HolderSet)>,
    /// What becomes of holders no entry names; the location's default where `None`.
    pub reclaim: Option<ReclaimMode>,
    /// What happens when licenses are short.
    pub when_short: WhenShort,
    /// A book whose author knows that its license cannot come back.
    pub irrevocable: bool,
}

/// One item of an `assign` list with the holders it decides over.
#[derive(Debug, Clone)]
pub struct WantedEntry {
    /// Name of the group.
    pub group: String,
    /// What it means for them.
    pub intent: Intent,
    /// Whom the licenses go to, as written.
    pub license: Option<LicenseKind>,
    /// Where the item stands.
    pub span: Span,
    /// Holders this entry decides over: precedence is settled (required, then available, then
    /// uninstall; within an intent the earlier entry) and `except` is taken out, so the sets of
    /// one asset's entries are disjoint.
    pub holders: HolderSet,
    /// How many holders its group has before precedence and `except`.
    pub named: u64,
}

/// Who should hold a seat of one subscription, and why.
#[derive(Debug, Clone)]
pub struct WantedSubscription {
    /// Apple's number of it.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: String,
    /// Where its name is written.
    pub span: Span,
    /// Where its `assign` key stands.
    pub assign_span: Span,
    /// Name of the location.
    pub location: String,
    /// The items of its `assign` list, in order.
    pub entries: Vec<WantedSeats>,
    /// Where each `except` line stands, with its people.
    pub except_lines: Vec<(String, Span, HolderSet)>,
    /// What becomes of holders no entry names; the location's default where `None`.
    pub reclaim: Option<ReclaimMode>,
    /// Where that is written.
    pub reclaim_span: Option<Span>,
    /// Whether a seat comes back only at the end of the billing period.
    pub deferred: bool,
    /// What happens when seats are short.
    pub when_short: WhenShort,
    /// Groups of those who administer it, with their people; `None` where they are left alone.
    pub administrators: Option<Vec<(String, Span, HolderSet)>>,
}

/// One item of a subscription's `assign` list with the people it decides over.
#[derive(Debug, Clone)]
pub struct WantedSeats {
    /// Name of the group.
    pub group: String,
    /// Whether their seats go on after the billing period.
    pub renewing: bool,
    /// Where the item stands.
    pub span: Span,
    /// People this entry decides over: entries that go on come first, within either the earlier
    /// one, and `except` is taken out, so the sets of one subscription's entries are disjoint.
    pub holders: HolderSet,
    /// How many people its group has before precedence and `except`.
    pub named: u64,
}

/// A group with its members.
#[derive(Debug, Clone)]
pub struct ResolvedGroup {
    /// Where its name is written.
    pub span: Span,
    /// Devices and people that are members themselves.
    pub members: HolderSet,
    /// People known as users of member devices.
    pub users_of_devices: HolderSet,
    /// Devices known to belong to member people.
    pub devices_of_users: HolderSet,
    /// Fewer members than this block the plan.
    pub minimum: Option<(u64, Span)>,
}

/// What inventories know of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// E-mail address.
    pub email: Option<String>,
    /// Managed Apple Account.
    pub managed_apple_id: Option<String>,
}
