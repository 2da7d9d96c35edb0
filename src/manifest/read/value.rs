//! Single values: text, numbers, words, lists.

use super::fields::{Field, LONGEST_WORD};
use super::report::{Report, shown};
use crate::diagnostic::{At, Diagnostic, nearest};
use crate::manifest::codes;
use crate::yaml::{Meaning, Node, NotText, Style, Value, meaning, text_of};

/// Says that a value is of another type than wanted; nothing where that was said before.
pub(super) fn wrong_type(report: &mut Report, field: Field<'_, '_>, wanted: &str) {
    let found = match &field.node.value {
        Value::Refused => return,
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping",
        Value::Scalar(_, Style::Quoted | Style::Block) => "text",
        Value::Scalar(text, Style::Plain) => match meaning(text) {
            Meaning::Text | Meaning::Reserved => "text",
            Meaning::Null => "nothing",
            Meaning::Boolean => &format!("`{text}`"),
            Meaning::Integer | Meaning::Number => "a number",
            Meaning::Time => "a date",
        },
    };
    report.add(
        Diagnostic::error(&codes::WRONG_TYPE, format!("{field} must be {wanted}, not {found}"))
            .at(report.span(place_of(field)), format!("must be {wanted}")),
    );
}

/// Where to underline a value: collections only by their key, or all their lines would be.
fn place_of(field: Field<'_, '_>) -> crate::yaml::Place {
    match &field.node.value {
        Value::Scalar(..) | Value::Refused => field.node.place,
        Value::Sequence(_) | Value::Mapping(_) => field.key_place,
    }
}

/// Says that a value has the right type and the wrong form.
pub(super) fn bad_value(report: &mut Report, field: Field<'_, '_>, wanted: &str) {
    let found = shown(field.node.scalar().unwrap_or_default());
    report.add(
        Diagnostic::error(&codes::BAD_VALUE, format!("{field} must be {wanted}, not `{found}`"))
            .at(report.span(field.node.place), format!("must be {wanted}")),
    );
}

/// Text that must be quoted where any YAML reader would change it. May be empty.
pub(super) fn any_text<'n>(report: &mut Report, field: Field<'n, '_>) -> Option<&'n str> {
    checked_text(report, field, false)
}

/// Text that is not empty.
pub(super) fn text<'n>(report: &mut Report, field: Field<'n, '_>) -> Option<&'n str> {
    let text = checked_text(report, field, false)?;
    if text.trim().is_empty() {
        bad_value(report, field, "a text that is not empty");
        return None;
    }
    Some(text)
}

/// Text with its place.
pub(super) fn owned_text(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let text = text(report, field)?;
    Some(report.at(text.to_owned(), field.node.place))
}

/// An id: text whose plain decimal digits may stay bare, since nothing is lost.
pub(super) fn id<'n>(report: &mut Report, field: Field<'n, '_>) -> Option<&'n str> {
    checked_text(report, field, true)
}

fn checked_text<'n>(report: &mut Report, field: Field<'n, '_>, digits: bool) -> Option<&'n str> {
    match text_of(field.node, digits) {
        Ok(text) => Some(text),
        Err(NotText::Refused) => None,
        Err(NotText::Sequence | NotText::Mapping) => {
            wrong_type(report, field, "text");
            None
        }
        Err(NotText::Unquoted(meaning)) => {
            let text = field.node.scalar().unwrap_or_default();
            quote_it(report, field, text, meaning);
            None
        }
    }
}

fn quote_it(report: &mut Report, field: Field<'_, '_>, text: &str, meaning: Meaning) {
    let taken_for = match meaning {
        Meaning::Null => "nothing",
        Meaning::Boolean => "true or false",
        Meaning::Integer | Meaning::Number => "a number",
        Meaning::Time => "a date or time",
        Meaning::Text | Meaning::Reserved => "something else",
    };
    let written = if text.is_empty() { "an empty value".to_owned() } else { format!("`{text}`") };
    report.add(
        Diagnostic::error(
            &codes::QUOTE_IT,
            format!("{field} must be text, but YAML readers take {written} for {taken_for}"),
        )
        .at(report.span(field.node.place), "quote it")
        .help(format!("quote it: write \"{text}\"")),
    );
}

/// The name of a document.
pub(super) fn name(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let text = any_text(report, field)?;
    if !is_name(text) {
        report.add(
            Diagnostic::error(&codes::NAME, format!("`{}` cannot be a name", shown(text)))
                .at(report.span(field.node.place), "not a name")
                .help(
                    "start with a letter or digit; go on with letters, digits, `.`, `-`, `_` and \
                     spaces, at most 100 characters",
                ),
        );
        return None;
    }
    Some(report.at(text.to_owned(), field.node.place))
}

pub(in crate::manifest) fn is_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.ends_with(' ')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._ -".contains(&byte))
}

/// A whole number in plain decimal digits.
pub(super) fn whole(
    report: &mut Report,
    field: Field<'_, '_>,
    least: u64,
    most: u64,
) -> Option<At<u64>> {
    let Value::Scalar(text, Style::Plain) = &field.node.value else {
        wrong_type(report, field, "a whole number");
        return None;
    };
    match meaning(text) {
        Meaning::Integer => {}
        Meaning::Number => {
            bad_value(report, field, "a whole number in plain digits");
            return None;
        }
        Meaning::Text | Meaning::Null | Meaning::Boolean | Meaning::Time | Meaning::Reserved => {
            wrong_type(report, field, "a whole number");
            return None;
        }
    }
    match text.parse::<u64>() {
        Ok(number) if (least..=most).contains(&number) => Some(report.at(number, field.node.place)),
        _ => {
            let wanted = if most >= u64::MAX >> 1 {
                format!("at least {least}")
            } else {
                format!("from {least} to {most}")
            };
            bad_value(report, field, &wanted);
            None
        }
    }
}

/// `true` or `false`.
pub(super) fn truth(report: &mut Report, field: Field<'_, '_>) -> Option<bool> {
    match &field.node.value {
        Value::Scalar(text, Style::Plain) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Scalar(text, Style::Plain) if text.eq_ignore_ascii_case("false") => Some(false),
        Value::Scalar(..) | Value::Sequence(_) | Value::Mapping(_) | Value::Refused => {
            wrong_type(report, field, "`true` or `false`");
            None
        }
    }
}

/// One of a few words.
pub(super) fn word<T: Copy>(
    report: &mut Report,
    field: Field<'_, '_>,
    words: &[(&str, T)],
) -> Option<At<T>> {
    let Some(text) = field.node.scalar() else {
        wrong_type(report, field, "one word");
        return None;
    };
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Some(report.at(*value, field.node.place));
    }
    unknown_word(report, field, text, words.iter().map(|(word, _)| *word));
    None
}

fn unknown_word<'w>(
    report: &mut Report,
    field: Field<'_, '_>,
    text: &str,
    words: impl Iterator<Item = &'w str> + Clone,
) {
    let near = if text.len() <= LONGEST_WORD { nearest(text, words.clone()) } else { None };
    let listed = words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let mut diagnostic = Diagnostic::error(
        &codes::UNKNOWN_WORD,
        format!("{field} must be one of {listed}, not `{}`", shown(text)),
    )
    .at(report.span(field.node.place), "unknown word");
    if let Some(near) = near {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    report.add(diagnostic);
}

/// The items of a list.
pub(super) fn list<'n, 't>(report: &mut Report, field: Field<'n, 't>) -> Option<&'n [Node<'t>]> {
    match &field.node.value {
        Value::Sequence(items) => Some(items),
        Value::Scalar(..) | Value::Mapping(_) | Value::Refused => {
            wrong_type(report, field, "a list");
            None
        }
    }
}

/// A list of texts, at least one.
pub(super) fn texts(report: &mut Report, field: Field<'_, '_>) -> Option<Vec<String>> {
    let items = list(report, field)?;
    if items.is_empty() {
        report.add(
            Diagnostic::error(&codes::BAD_VALUE, format!("{field} is empty"))
                .at(report.span(field.key_place), "at least one item is needed"),
        );
        return None;
    }
    // Not `collect::<Option<_>>` on the way: every item is to be judged.
    let read: Vec<_> = items.iter().map(|item| any_text(report, field.item(item))).collect();
    read.into_iter().map(|text| text.map(str::to_owned)).collect()
}

/// A list of names of other documents; the same one twice counts once.
pub(super) fn references(report: &mut Report, field: Field<'_, '_>) -> Vec<At<String>> {
    let Some(items) = list(report, field) else { return Vec::new() };
    let named =
        items.iter().filter_map(|item| owned_text(report, field.item(item))).collect::<Vec<_>>();
    distinct(report, field.key, named, String::as_str)
}

/// Drops what a list says again, with a warning each.
pub(super) fn distinct<T>(
    report: &mut Report,
    key: &str,
    items: Vec<At<T>>,
    text: impl Fn(&T) -> &str,
) -> Vec<At<T>> {
    let mut first = std::collections::HashMap::with_capacity(items.len());
    let mut again = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if let Some(earlier) = first.insert(text(&item.value), item.span) {
            first.insert(text(&item.value), earlier);
            report.add(
                Diagnostic::warning(
                    &codes::REPEATED,
                    format!("`{}` stands twice in `{key}`", shown(text(&item.value))),
                )
                .at(item.span, "counts once")
                .at(earlier, "first here")
                .help("remove one of the two"),
            );
            again.push(at);
        }
    }
    if again.is_empty() {
        return items;
    }
    let mut again = again.into_iter().peekable();
    let kept = items.into_iter().enumerate();
    kept.filter(|(at, _)| again.next_if_eq(at).is_none()).map(|(_, item)| item).collect()
}

/// Text of certain characters only.
pub(super) fn matching<'n>(
    report: &mut Report,
    field: Field<'n, '_>,
    wanted: &str,
    holds: impl Fn(&str) -> bool,
) -> Option<&'n str> {
    let text = id(report, field)?;
    if !holds(text) {
        bad_value(report, field, wanted);
        return None;
    }
    Some(text)
}

/// Free text for people and labels for filtering, which most kinds have.
pub(super) fn labels(
    report: &mut Report,
    field: Field<'_, '_>,
) -> std::collections::BTreeMap<String, String> {
    let mut labels = std::collections::BTreeMap::new();
    let Value::Mapping(entries) = &field.node.value else {
        wrong_type(report, field, "a mapping of texts");
        return labels;
    };
    for entry in entries {
        let key_node = Node {
            place: entry.key_place,
            value: Value::Scalar(entry.key.as_ref().into(), entry.key_style),
        };
        let key = any_text(report, Field { node: &key_node, ..field.item(&entry.value) });
        let value = any_text(report, field.item(&entry.value));
        if let (Some(key), Some(value)) = (key, value) {
            labels.insert(key.to_owned(), value.to_owned());
        }
    }
    labels
}
