use crate::render::number::{count, grouped};

/// Rows of one section at the most, wherever there is room for more.
const ROWS: usize = 200;
/// Room kept for the row that counts the rows left out: numbers and fixed words.
const REST: usize = 400;

/// A piece of the comment: fixed text around rows that may be left out from the end.
pub(super) struct Section<'p> {
    /// Before the rows.
    pub(super) head: String,
    /// The first rows, whole lines.
    rows: Vec<String>,
    /// How many rows there are in all.
    all: usize,
    /// How many stay when room is short.
    least: usize,
    /// Says what the rows from a number on sum up to, in a row.
    rest: Box<dyn Fn(usize) -> String + 'p>,
    /// After the rows, whatever is shown of them.
    pub(super) foot: String,
}

impl<'p> Section<'p> {
    /// Text that stays whole.
    pub(super) fn text(text: String) -> Self {
        Self {
            head: text,
            rows: vec![],
            all: 0,
            least: 0,
            rest: Box::new(|_| String::new()),
            foot: String::new(),
        }
    }

    /// Rows of which `least` stay when room is short; `rest` says in one row what is left out
    /// from a number on.
    pub(super) fn rows<T>(
        head: String,
        rows: &[T],
        least: usize,
        row: impl FnMut((usize, &T)) -> String,
        rest: impl Fn(usize) -> String + 'p,
    ) -> Self {
        Self {
            head,
            rows: rows.iter().enumerate().take(ROWS).map(row).collect(),
            all: rows.len(),
            least,
            rest: Box::new(rest),
            foot: String::new(),
        }
    }

    fn length(&self, shown: usize) -> usize {
        let rows = self.rows.iter().take(shown).map(|row| length(row)).sum::<usize>();
        let rest = if shown < self.all { REST } else { 0 };
        length(&self.head) + rows + rest + length(&self.foot)
    }

    fn write(&self, out: &mut String, shown: usize) {
        out.push_str(&self.head);
        self.rows.iter().take(shown).for_each(|row| out.push_str(row));
        if shown < self.all {
            out.push_str(&(self.rest)(shown));
        }
        out.push_str(&self.foot);
    }
}

/// All sections in at most so many characters: the one with the most rows to spare gives one,
/// until it fits; then those at the end give theirs. Sections are cut at whole rows.
pub(super) fn fit(sections: &[Section<'_>], most: usize) -> String {
    let mut shown: Vec<usize> = sections.iter().map(|section| section.rows.len()).collect();
    let mut lengths: Vec<usize> =
        sections.iter().zip(&shown).map(|(section, shown)| section.length(*shown)).collect();
    while lengths.iter().sum::<usize>() > most {
        let spare = |at: usize| -> usize {
            let section = sections.get(at).map_or(0, |section| section.least);
            shown.get(at).map_or(0, |shown| shown.saturating_sub(section))
        };
        let all = || 0..sections.len();
        let widest = all().max_by_key(|at| spare(*at)).filter(|at| spare(*at) > 0);
        let last = || all().rev().find(|at| shown.get(*at).is_some_and(|shown| *shown > 0));
        let Some(at) = widest.or_else(last) else { break };
        if let (Some(shown), Some(length), Some(section)) =
            (shown.get_mut(at), lengths.get_mut(at), sections.get(at))
        {
            *shown -= 1;
            *length = section.length(*shown);
        }
    }
    let mut out = String::with_capacity(lengths.iter().sum());
    for (section, shown) in sections.iter().zip(shown) {
        section.write(&mut out, shown);
    }
    out
}

/// `12 of 40 shown; the other 28:`
pub(super) fn shown(shown: usize, all: usize) -> String {
    let rest = all.saturating_sub(shown);
    format!(
        "{} of {} shown; the other {}",
        grouped(count(shown)),
        grouped(count(all)),
        grouped(count(rest))
    )
}

/// Characters, as the limit of a comment counts them.
fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}
