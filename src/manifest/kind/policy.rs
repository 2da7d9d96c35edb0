use jiff::civil::Date;
use jiff::{SignedDuration, Zoned};

use crate::diagnostic::{At, Span};

/// The rules a plan must keep, in a file of their own so that CODEOWNERS can guard it.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name among the manifests.
    pub name: At<String>,
    /// How much one plan may move, per scope.
    pub limits: Limits,
    /// Licenses nobody takes back.
    pub protect: Vec<Protection>,
    /// When nothing is applied.
    pub freeze: Vec<Freeze>,
    /// When to warn of few free licenses.
    pub stock: Option<At<StockGuard>>,
    /// When a token's end is near.
    pub token_expiry: Option<At<TokenExpiry>>,
    /// How old a saved plan may be when it is applied.
    pub max_plan_age: Option<At<SignedDuration>>,
    /// Guards waived, narrowly and for a time.
    pub allow: Vec<Allowance>,
    /// When a run stops by itself.
    pub breaker: Breaker,
}

/// How much one plan may move, per scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// In one location.
    pub location: Option<Limit>,
    /// Of one app.
    pub app: Option<Limit>,
    /// In one group.
    pub group: Option<Limit>,
}

/// How many changes one scope may see.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limit {
    /// Licenses taken back.
    pub reclaim: Option<At<Share>>,
    /// Licenses given.
    pub assign: Option<At<Share>>,
}

/// A bound as a share, a count, or both (both must hold).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Percent of the present holders, 0 to 100.
    pub percent: Option<f64>,
    /// A number of holders.
    pub count: Option<u64>,
}

/// Licenses nobody takes back, whatever the manifests say.
#[derive(Debug, Clone, PartialEq)]
pub struct Protection {
    /// Where the item stands.
    pub span: Span,
    /// The app's or book's name, or its `adamId`; every asset where absent.
    pub app: Option<At<String>>,
    /// The group of protected holders; every holder where absent.
    pub group: Option<At<String>>,
    /// Why.
    pub reason: Option<String>,
}

/// A window in which nothing is applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Freeze {
    /// Where the item stands.
    pub span: Span,
    /// First moment.
    pub from: Zoned,
    /// First moment after it.
    pub until: Zoned,
    /// Why.
    pub reason: Option<String>,
}

/// When to warn of few free licenses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StockGuard {
    /// Fewer free licenses than this, or than this share of the total.
    pub warn_below: Share,
}

/// When a token's end is near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenExpiry {
    /// Days before the end from which on to warn.
    pub warn_days: u32,
    /// Days before the end from which on nothing is applied.
    pub block_days: u32,
}

/// One guard waived, narrowly and for a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Where the item stands.
    pub span: Span,
    /// The guard's code, for example `G101`.
    pub guard: At<String>,
    /// The app's, book's, group's or location's name it is for.
    pub app: Option<At<String>>,
    /// At most so many licenses taken back.
    pub reclaim_up_to: Option<At<u64>>,
    /// At most so many licenses given.
    pub assign_up_to: Option<At<u64>>,
    /// Last day it holds, in UTC.
    pub until: At<Date>,
    /// Why.
    pub reason: At<String>,
}

/// When a run stops by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breaker {
    /// Stops when more than this share of the pairs tried failed with errors of one kind, 0 to 100.
    pub error_percent: f64,
    /// Stops after this many failures of one kind in a row.
    pub errors_in_a_row: u32,
    /// Holders in the first, trial request of a run.
    pub canary: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { error_percent: 5.0, errors_in_a_row: 20, canary: 1 }
    }
}
