use std::io::{self, Write};

use serde::Serialize;

use super::place::Place;
use crate::diagnostic::{Diagnostic, Level, Sources};
use crate::render::json as writer;

/// One problem as a machine reads it. The place is the first label's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    code: &'a str,
    title: &'a str,
    level: Level,
    message: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    help: &'a [String],
    labels: Vec<Label<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Label<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

/// Writes a JSON array, one problem a line.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, sources: &Sources, diagnostics: &[Diagnostic]) -> io::Result<()> {
    out.write_all(b"[")?;
    for (at, diagnostic) in diagnostics.iter().enumerate() {
        out.write_all(if at == 0 { b"\n  " } else { b",\n  " })?;
        writer::write(out, &item(sources, diagnostic))?;
    }
    out.write_all(if diagnostics.is_empty() { b"]\n" } else { b"\n]\n" })
}

fn item<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Item<'a> {
    let Diagnostic { code, level, message, labels, help } = diagnostic;
    let place = labels.first().map(|label| Place::of(sources, label.span));
    Item {
        code: code.id,
        title: code.title,
        level: *level,
        message,
        file: place.map(|place| place.file),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        end_line: place.map(|place| place.end_line),
        end_column: place.map(|place| place.end_column),
        help,
        labels: labels
            .iter()
            .map(|label| {
                let Place { file, line, column, end_line, end_column } =
                    Place::of(sources, label.span);
                Label { file, line, column, end_line, end_column, text: &label.text }
            })
            .collect(),
    }
}
