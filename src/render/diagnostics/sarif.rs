use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::place::Place;
use crate::diagnostic::{Code, Diagnostic, Label, Level, Sources};
use crate::render::annotation::in_repository;
use crate::render::json as writer;

/// What may stand in a path of an address as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes a SARIF 2.1.0 log, for code scanning: one rule per code that was found, with its title
/// and explanation, errors before warnings. `folder` is the manifests' in the repository, from
/// whose top all paths are given.
///
/// # Errors
/// Those of `out`.
pub fn sarif(
    out: &mut dyn Write,
    folder: &str,
    sources: &Sources,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let mut codes: Vec<&'static Code> = diagnostics.iter().map(|found| found.code).collect();
    codes.sort_by_key(|code| code.id);
    codes.dedup_by_key(|code| code.id);
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|found| found.level);
    let index = |code: &Code| codes.binary_search_by_key(&code.id, |known| known.id).unwrap_or(0);
    let results = sorted.into_iter().map(|found| result(folder, sources, found, index(found.code)));
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: codes.iter().map(|code| rule(code, diagnostics)).collect(),
            },
        },
        column_kind: "unicodeCodePoints",
        results: results.collect(),
    };
    writer::line(out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text<&'static str>,
    full_description: Text<&'static str>,
    help: Text<String>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: Level,
}

#[derive(Serialize)]
struct Text<T> {
    text: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: Level,
    message: Text<String>,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "SARIF's own name")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<&'a str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

fn rule(code: &'static Code, diagnostics: &[Diagnostic]) -> Rule {
    let of_code = diagnostics.iter().filter(|found| found.code.id == code.id);
    let level = of_code.map(|found| found.level).min().unwrap_or(Level::Warning);
    let explain = if code.explain.is_empty() { code.title } else { code.explain };
    Rule {
        id: code.id,
        short_description: Text { text: code.title },
        full_description: Text { text: explain },
        help: Text { text: format!("{explain}\n\n`vpp explain {}` says the same.", code.id) },
        default_configuration: Configuration { level },
    }
}

fn result<'a>(
    folder: &str,
    sources: &Sources,
    found: &'a Diagnostic,
    rule_index: usize,
) -> Finding<'a> {
    let Diagnostic { code, level, message, labels, help } = found;
    let mut text = if message.is_empty() { code.title.to_owned() } else { message.clone() };
    for line in help {
        text.push_str("\nhint: ");
        text.push_str(line);
    }
    let mut locations = labels.iter().map(|label| location(folder, sources, label));
    let first = locations.next();
    let related = locations.enumerate().map(|(at, one)| Location { id: Some(at + 1), ..one });
    let related_locations = related.collect();
    Finding {
        rule_id: code.id,
        rule_index,
        level: *level,
        message: Text { text: plain(&text) },
        // Without a place GitHub refuses the whole file.
        locations: vec![first.unwrap_or_else(|| nowhere(folder))],
        related_locations,
    }
}

/// A message without links: `[text](1)` would lead to a related place.
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}

fn location<'a>(folder: &str, sources: &Sources, label: &'a Label) -> Location<'a> {
    let Place { file, line, column, end_line, end_column } = Place::of(sources, label.span);
    let region = Region {
        start_line: line.max(1),
        start_column: column.max(1),
        end_line: end_line.max(1),
        end_column: end_column.max(1),
    };
    let message = (!label.text.is_empty()).then_some(Text { text: label.text.as_str() });
    Location {
        id: None,
        physical_location: physical(&in_repository(folder, file), region),
        message,
    }
}

/// The folder itself, where a problem is of no file.
fn nowhere<'a>(folder: &str) -> Location<'a> {
    let region = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };
    Location {
        id: None,
        physical_location: physical(&in_repository(folder, "."), region),
        message: None,
    }
}

fn physical(file: &str, region: Region) -> Physical {
    let uri = utf8_percent_encode(file, PATH).to_string();
    Physical { artifact_location: Artifact { uri, uri_base_id: "%SRCROOT%" }, region }
}
