use super::fit::Section;
use super::page::{Page, row, sentence, titles};
use crate::render::number::{count, grouped};
use crate::render::served::{self, Row, Tone};

/// No comment needs more rows of these.
const MOST: usize = 100;

/// Locations whose server owns the token: what it would be told, and what it waits for.
pub(super) fn served<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    if page.plan.mdm_locations.is_empty() {
        return None;
    }
    let all: Vec<Row> = page.plan.mdm_locations.iter().flat_map(served::plan).collect();
    let mut text = "**At servers that own the token**\n\n".to_owned();
    text.push_str(&titles(["", "what", "where"]));
    for one in all.iter().take(MOST) {
        let place = one.place.as_ref().map(|(file, line)| page.at(file, Some(*line)));
        let what = sentence(&one.text);
        let what = if one.tone == Tone::Heading { format!("**{what}**") } else { what };
        text.push_str(&row([one.word, &what, &place.unwrap_or_default()]));
    }
    let rest = count(all.len().saturating_sub(MOST));
    if rest > 0 {
        text.push_str(&row(["", &format!("*{} more*", grouped(rest)), ""]));
    }
    text.push('\n');
    Some(Section::text(text))
}
