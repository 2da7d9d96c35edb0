//! Tokens that were written into a manifest. Nothing may show them: not the underlined source line
//! of an error, not a message that quotes a value. So they are made unreadable before anything else
//! looks at the text.

use std::ops::Range;

use crate::yaml::Place;

/// Shorter texts are no tokens: a content token is base64 of a JSON object and has hundreds of
/// characters.
const SHORTEST: usize = 80;

/// Where content tokens (and other base64 of a JSON object, such as JWTs) stand.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.match_indices("eyJ") {
        if found.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(byte))
            .count();
        if length >= SHORTEST {
            found.push(start..start + length);
        }
    }
    found
}

/// The text with these places, in any order, made of `x`, so that every other place stays where it is.
pub(super) fn hide(text: &str, places: &[Range<usize>]) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut places: Vec<_> = places.to_vec();
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut from = 0;
    for Range { start, end } in places {
        let start = start.max(from);
        let end = end.max(start);
        hidden.push_str(text.get(from..start).unwrap_or_default());
        for c in text.get(start..end).unwrap_or_default().chars() {
            if matches!(c, '\n' | '\r') {
                hidden.push(c);
            } else {
                hidden.extend(std::iter::repeat_n('x', c.len_utf8()));
            }
        }
        from = end;
    }
    hidden.push_str(text.get(from..).unwrap_or_default());
    hidden
}

/// Line and column of a range.
pub(super) fn place(text: &str, range: &Range<usize>) -> Place {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let before = text.get(..range.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    Place {
        start: number(range.start),
        end: number(range.end),
        line: number(line),
        column: number(column),
    }
}
