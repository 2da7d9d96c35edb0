//! What the page says without its script, as texts: what the template is given.

use super::bar::Bar;
use crate::render::number::{count, grouped};

/// Rows of one table at the most: the page must open at once whatever the plan.
pub(super) const ROWS: usize = 500;

/// Everything the page says without its script, as texts.
pub(super) struct View {
    pub(super) title: String,
    pub(super) verdict: &'static str,
    pub(super) bad: bool,
    pub(super) said: String,
    pub(super) about: Vec<String>,
    /// What it was held against, and how it divides.
    pub(super) base: Option<(String, String)>,
    pub(super) facts: Vec<(String, &'static str, &'static str)>,
    pub(super) failed: Table<(String, String)>,
    pub(super) claims: Table<String>,
    pub(super) guards: Table<GuardView>,
    pub(super) notices: Table<NoticeView>,
    pub(super) locations: Table<LocationView>,
    /// Why it changes, and what is drift.
    pub(super) causes: Vec<CausesView>,
    pub(super) reclaims: Table<ReclaimView>,
    pub(super) meaning: Vec<(String, &'static str)>,
    pub(super) assigns: Table<AssignView>,
    pub(super) seats: Option<SeatsView>,
    /// What servers that own tokens would be told.
    pub(super) served: Table<ServedView>,
    pub(super) users: Vec<(String, &'static str)>,
    /// Since when, and what other hands moved.
    pub(super) since: String,
    pub(super) moved: Table<MovedView>,
    /// Reclaims that earlier runs began, in a sentence and app by app.
    pub(super) carried_said: String,
    pub(super) carried: Table<CarriedView>,
    pub(super) left: Vec<LeftView>,
    pub(super) licenses: Table<LicenseView>,
    pub(super) stock: Vec<String>,
    pub(super) several: bool,
    pub(super) changes: usize,
    pub(super) closing: Vec<(&'static str, String)>,
}

/// The first rows of a table, and how many there are.
pub(super) struct Table<T> {
    pub(super) rows: Vec<T>,
    pub(super) all: usize,
}

impl<T> Table<T> {
    pub(super) fn of<S>(rows: &[S], row: impl FnMut(&S) -> T) -> Self {
        Self { rows: rows.iter().take(ROWS).map(row).collect(), all: rows.len() }
    }

    /// `500 of 10,000 shown`, where some are not.
    pub(super) fn shown(&self) -> Option<String> {
        let shown = grouped(count(self.rows.len()));
        (self.all > self.rows.len())
            .then(|| format!("{shown} of {} shown", grouped(count(self.all))))
    }
}

/// A line of a file, linked where the repository's address is known.
pub(super) struct PlaceView {
    pub(super) text: String,
    pub(super) link: Option<String>,
    pub(super) more: String,
}

/// Words and code, the second of a pair says which.
pub(super) type Prose = Vec<(String, bool)>;

pub(super) struct GuardView {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) code: String,
    pub(super) title: &'static str,
    pub(super) about: Vec<String>,
    pub(super) message: Prose,
    pub(super) place: Option<PlaceView>,
    pub(super) help: Vec<Prose>,
    pub(super) examples: Vec<String>,
}

pub(super) struct NoticeView {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) code: String,
    pub(super) message: Prose,
    pub(super) place: Option<PlaceView>,
    pub(super) help: Vec<Prose>,
}

pub(super) struct LocationView {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) uid: String,
    pub(super) link: String,
    pub(super) assign: String,
    pub(super) reclaim: String,
    pub(super) unchanged: String,
    pub(super) note: &'static str,
}

/// Subscriptions: what moves, who waits, and the seats afterwards.
pub(super) struct SeatsView {
    pub(super) facts: Vec<String>,
    pub(super) enabled: Vec<String>,
    pub(super) lines: Vec<SeatLineView>,
    pub(super) all: usize,
    pub(super) stock: Vec<SeatStockView>,
}

/// A row of a location whose server owns the token.
pub(super) struct ServedView {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) text: String,
    pub(super) place: Option<PlaceView>,
}

pub(super) struct SeatLineView {
    pub(super) people: String,
    pub(super) loud: bool,
    pub(super) what: String,
    pub(super) name: String,
    pub(super) why: String,
    pub(super) place: Option<PlaceView>,
}

pub(super) struct SeatStockView {
    pub(super) name: String,
    pub(super) location: String,
    pub(super) total: String,
    pub(super) free: String,
    pub(super) after: String,
    pub(super) ends: String,
    pub(super) state: &'static str,
}

pub(super) struct MovedView {
    pub(super) name: String,
    pub(super) location: String,
    pub(super) gained: String,
    pub(super) lost: String,
    pub(super) examples: String,
}

pub(super) struct CarriedView {
    pub(super) name: String,
    pub(super) location: String,
    pub(super) count: String,
    pub(super) since: String,
    pub(super) phases: String,
    /// Whether somebody should look at it, and what is said.
    pub(super) remarks: Vec<(bool, Prose)>,
}

pub(super) struct CausesView {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) note: &'static str,
    pub(super) table: Table<CauseView>,
    pub(super) assign: String,
    pub(super) reclaim: String,
}

pub(super) struct CauseView {
    pub(super) number: usize,
    pub(super) before: &'static str,
    pub(super) group: Option<String>,
    pub(super) after: &'static str,
    pub(super) place: Option<PlaceView>,
    pub(super) assign: String,
    pub(super) reclaim: String,
    pub(super) apps: String,
}

pub(super) struct ReclaimView {
    pub(super) name: String,
    pub(super) link: String,
    pub(super) location: String,
    pub(super) holders: String,
    pub(super) reclaim: String,
    pub(super) assign: String,
    pub(super) after: String,
    pub(super) none_left: bool,
    pub(super) share: String,
    pub(super) how: String,
    pub(super) causes: Vec<usize>,
    pub(super) more: String,
    pub(super) place: Option<PlaceView>,
}

pub(super) struct AssignView {
    pub(super) apps: String,
    pub(super) each: String,
    pub(super) total: String,
    pub(super) causes: Vec<usize>,
    pub(super) more: String,
    pub(super) names: String,
}

pub(super) struct LeftView {
    pub(super) pairs: String,
    pub(super) said: String,
    pub(super) loud: bool,
    pub(super) names: String,
    pub(super) place: Option<PlaceView>,
}

pub(super) struct LicenseView {
    pub(super) name: String,
    pub(super) link: String,
    pub(super) location: String,
    pub(super) total: String,
    pub(super) now: String,
    pub(super) after: String,
    pub(super) free: String,
    pub(super) bar: Option<Bar>,
    pub(super) class: &'static str,
    pub(super) state: String,
}
