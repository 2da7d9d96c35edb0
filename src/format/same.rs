//! Whether two texts say the same: the last look before a file is rewritten.

use crate::yaml::{self, Document, Meaning, Node, Read, Style, Value};

/// Whether a text holds the same documents with the same values, in whatever order of keys, and the
/// same comments, as one that was read before.
pub(super) fn same(before: &Read<'_>, mut comments: Vec<&str>, after: &str) -> bool {
    let read = yaml::read(after);
    comments.sort_unstable();
    before.faults.is_empty()
        && read.faults.is_empty()
        && before.documents.len() == read.documents.len()
        && before.documents.iter().zip(&read.documents).all(|(a, b)| same_document(a, b))
        && comments == comments_of(after)
}

fn same_document(a: &Document<'_>, b: &Document<'_>) -> bool {
    let (Document { root: a, faults: a_faults }, Document { root: b, faults: b_faults }) = (a, b);
    let same_root = match (a, b) {
        (Some(a), Some(b)) => same_node(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    a_faults.is_empty() && b_faults.is_empty() && same_root
}

fn same_node(a: &Node<'_>, b: &Node<'_>) -> bool {
    match (&a.value, &b.value) {
        (Value::Scalar(a, before), Value::Scalar(b, after)) => {
            a == b && same_style(a, *before, *after)
        }
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_node(a, b))
        }
        (Value::Mapping(a), Value::Mapping(b)) => {
            let sorted = |entries: &[yaml::Entry<'_>]| {
                let mut order: Vec<usize> = (0..entries.len()).collect();
                order.sort_unstable_by(|&x, &y| {
                    entries.get(x).map(|e| &e.key).cmp(&entries.get(y).map(|e| &e.key))
                });
                order
            };
            a.len() == b.len()
                && sorted(a).into_iter().zip(sorted(b)).all(|(x, y)| {
                    let (Some(a), Some(b)) = (a.get(x), b.get(y)) else { return false };
                    a.key == b.key && same_node(&a.value, &b.value)
                })
        }
        (
            Value::Scalar(..) | Value::Sequence(_) | Value::Mapping(_) | Value::Refused,
            Value::Scalar(..) | Value::Sequence(_) | Value::Mapping(_) | Value::Refused,
        ) => false,
    }
}

/// Quotes may go where no reader misses them, and come where the text is an id.
fn same_style(text: &str, before: Style, after: Style) -> bool {
    match (before, after) {
        (Style::Plain, Style::Quoted | Style::Block) => yaml::meaning(text) != Meaning::Null,
        (Style::Quoted | Style::Block, Style::Plain) => yaml::meaning(text) == Meaning::Text,
        (Style::Plain, Style::Plain)
        | (Style::Quoted | Style::Block, Style::Quoted | Style::Block) => true,
    }
}

fn comments_of(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = yaml::tokens(text)
        .filter_map(Result::ok)
        .filter(|placed| placed.token == yaml::Token::Comment)
        .filter_map(|placed| {
            let start = usize::try_from(placed.place.start).ok()?;
            let end = usize::try_from(placed.place.end).ok()?;
            Some(text.get(start..end)?.trim_end())
        })
        .collect();
    found.sort_unstable();
    found
}
