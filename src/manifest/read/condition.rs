//! `where`: an expression in CEL over the columns of an inventory.

use super::fields::{Field, LONGEST_WORD};
use super::report::{Report, shown};
use super::{depth, value};
use crate::diagnostic::{At, Diagnostic, Span};
use crate::manifest::codes;
use crate::yaml::{Place, Style, Value};

/// Characters an expression may have: parsing takes time and stack by the length.
const LONGEST: usize = 4_096;

/// What a condition can speak of.
const VARIABLE: &str = "row";

pub(super) fn read(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let source = value::text(report, field)?;
    if source.len() > LONGEST {
        report.add(
            Diagnostic::error(
                &codes::CONDITION,
                format!("`where` has {} characters, at most {LONGEST} are allowed", source.len()),
            )
            .at(report.span(first_line(field)), "too long"),
        );
        return None;
    }
    if let Err((offset, what)) = depth::check(source) {
        report.add(
            Diagnostic::error(&codes::CONDITION, format!("`where` is too deep: {what}"))
                .at(inside(report, field, source, offset, 1), "too deep")
                .help("a list is shorter: `row.serial in [\"A\", \"B\"]`; or split the group"),
        );
        return None;
    }
    let program = match cel::Program::compile(source) {
        Ok(program) => program,
        Err(errors) => {
            // The parser goes on after the first mistake and then says much that is not so.
            let (line, column, reason) =
                errors.errors.first().map_or((1, 1, String::new()), |error| {
                    (error.pos.0, error.pos.1, error.msg.clone())
                });
            report.add(syntax(report, field, source, (line, column), &reason));
            return None;
        }
    };
    let references = program.references();
    let mut unknown: Vec<_> =
        references.variables().into_iter().filter(|name| !is_known(name, source)).collect();
    unknown.sort_unstable();
    for name in &unknown {
        let shown_name = shown(name);
        report.add(
            Diagnostic::error(&codes::CONDITION, format!("`where` knows no `{shown_name}`"))
                .at(word_in(report, field, source, name), "only `row` is known")
                .help(format!("for a column write `row.{shown_name}`, for text \"{shown_name}\"")),
        );
    }
    unknown.is_empty().then(|| report.at(source.to_owned(), field.node.place))
}

/// The row, names of types, and what a macro such as `exists(x, …)` brings.
fn is_known(name: &str, source: &str) -> bool {
    const TYPES: [&str; 10] =
        ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
    name == VARIABLE
        || TYPES.contains(&name)
        || ["all(", "exists(", "exists_one(", "map(", "filter("].into_iter().any(|open| {
            source.split(open).skip(1).any(|after| {
                after.split(',').next().is_some_and(|variable| variable.trim() == name)
            })
        })
}

fn syntax(
    report: &Report,
    field: Field<'_, '_>,
    source: &str,
    (line, column): (isize, isize),
    reason: &str,
) -> Diagnostic {
    // The parser's own words name tokens of its grammar; the first line is for people.
    let reason = reason.lines().next().unwrap_or_default();
    let reason = reason.strip_prefix("Syntax error: ").unwrap_or(reason);
    let mut short: String = reason.chars().take(LONGEST_WORD).collect();
    if let Some((before, _)) = short.split_once(" expecting {") {
        short = before.to_owned();
    }
    if let Some(found) = short.strip_prefix("token recognition error at: ") {
        short = format!("cannot read {found}");
    }
    let message = format!("`where` does not compile: {}", shown(&short));
    let offset = offset_of(source, line, column);
    Diagnostic::error(&codes::CONDITION, message)
        .at(inside(report, field, source, offset, 1), format!("character {}", offset + 1))
        .help(if source.get(offset..).is_some_and(|rest| rest.starts_with('=')) {
            "did you mean `==`?"
        } else {
            "`where` is CEL over the inventory's columns, for example `row.grade == \"7\"`"
        })
}

/// Byte offset of a line and column, both from 1, as CEL counts them.
fn offset_of(source: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}

fn word_in(report: &Report, field: Field<'_, '_>, source: &str, word: &str) -> Span {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let found = source.match_indices(word).find(|(at, _)| {
        let before = source.get(..*at).and_then(|text| text.chars().next_back());
        let after = source.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|c| is_part(c) || c == '.') && !after.is_some_and(is_part)
    });
    inside(report, field, source, found.map_or(0, |(at, _)| at), word.len())
}

/// The span of a piece of the expression, where the file has it letter by letter; else of the whole.
fn inside(
    report: &Report,
    field: Field<'_, '_>,
    source: &str,
    offset: usize,
    length: usize,
) -> Span {
    let whole = first_line(field);
    let Value::Scalar(_, style) = &field.node.value else { return report.span(whole) };
    let quotes = match style {
        Style::Plain => 0,
        Style::Quoted => 1,
        Style::Block => return report.span(whole),
    };
    let written = usize::try_from(whole.end.saturating_sub(whole.start)).unwrap_or(0);
    // Escapes and folded lines shift what follows; then the whole is underlined.
    if written != source.len() + 2 * quotes || source.contains('\n') {
        return report.span(whole);
    }
    let (Ok(skip), Ok(length)) = (u32::try_from(offset + quotes), u32::try_from(length.max(1)))
    else {
        return report.span(whole);
    };
    let characters = source.get(..offset).map_or(0, |before| before.chars().count()) + quotes;
    let Ok(characters) = u32::try_from(characters) else { return report.span(whole) };
    let start = whole.start + skip;
    // A multi-byte character must not be cut in two.
    let length = source
        .get(offset..)
        .and_then(|rest| rest.chars().next())
        .and_then(|c| u32::try_from(c.len_utf8()).ok())
        .map_or(length, |first| length.max(first));
    report.span(Place {
        start,
        end: start.saturating_add(length).min(whole.end),
        line: whole.line,
        column: whole.column + characters,
    })
}

/// A block's place without the lines after its `|`.
fn first_line(field: Field<'_, '_>) -> Place {
    match &field.node.value {
        Value::Scalar(_, Style::Block) => field.key_place,
        Value::Scalar(..) | Value::Sequence(_) | Value::Mapping(_) | Value::Refused => {
            field.node.place
        }
    }
}
