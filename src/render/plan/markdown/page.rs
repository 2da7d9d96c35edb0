use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Markdown;
use crate::plan::Plan;
use crate::render::escape;
use crate::render::number::{count, grouped};
use crate::render::plan::{Place, Sections};
use crate::render::prose::{self, Piece};

/// Everything the comment is made from.
pub(super) struct Page<'p> {
    pub(super) plan: &'p Plan,
    pub(super) sections: &'p Sections<'p>,
    pub(super) options: Markdown<'p>,
}

/// What may stand in a path of an address as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

impl Page<'_> {
    /// Whether rows must say which location they are about.
    pub(super) fn several(&self) -> bool {
        self.plan.locations.len() + self.plan.mdm_locations.len() > 1
    }

    /// A file and a line, linked where the repository's address is known.
    pub(super) fn at(&self, file: &str, line: Option<u32>) -> String {
        let text = line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
        let code = escape::markdown_code(&text, 160);
        let Some(base) = self.options.links.filter(|_| file.len() < 400) else { return code };
        let line = line.map(|line| format!("#L{line}")).unwrap_or_default();
        let path = utf8_percent_encode(file, PATH);
        format!("[{code}]({}/{path}{line})", base.trim_end_matches('/'))
    }

    /// The first of some places, and how many more there are.
    pub(super) fn places<'a>(
        &self,
        mut places: impl ExactSizeIterator<Item = &'a Place<'a>>,
    ) -> String {
        let rest = plus(count(places.len()).saturating_sub(1));
        let Some(Place { file, line }) = places.next() else { return String::new() };
        format!("{}{rest}", self.at(file, Some(*line)))
    }
}

/// A name of something, short enough for a cell.
pub(super) fn name(text: &str) -> String {
    escape::markdown(text, 160)
}

/// A sentence, short enough for a cell.
pub(super) fn sentence(text: &str) -> String {
    const MOST: usize = 600;
    let mut out = String::new();
    for piece in prose::pieces(text) {
        let room = MOST.saturating_sub(out.len());
        if room == 0 {
            out.push('…');
            break;
        }
        // Escaping takes the space at the beginning away: no line may be indented.
        if !out.is_empty() && matches!(piece, Piece::Words(text) if text.starts_with(' ')) {
            out.push(' ');
        }
        out.push_str(&match piece {
            Piece::Words(text) => escape::markdown(text, room),
            Piece::Code(text) => escape::markdown_code(text, room),
        });
    }
    out
}

/// Holders as examples, which nobody must be mentioned by.
pub(super) fn holders<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names = names.into_iter().take(3).map(|name| escape::markdown_code(name, 100));
    names.collect::<Vec<_>>().join(" ")
}

/// ` … +12`, and nothing for none.
pub(super) fn plus(rest: u64) -> String {
    if rest == 0 { String::new() } else { format!(" … +{}", grouped(rest)) }
}

/// A row of a table.
pub(super) fn row<const N: usize>(cells: [&str; N]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// The first two rows of a table; a title that starts with `>` is of numbers.
pub(super) fn titles<const N: usize>(titles: [&str; N]) -> String {
    let side = |title: &str| if title.starts_with('>') { "--:" } else { ":--" };
    let sides = titles.map(side);
    row(titles.map(|title| title.trim_start_matches('>'))) + &row(sides)
}
