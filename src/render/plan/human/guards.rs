use std::collections::BTreeMap;

use super::page::Page;
use crate::plan::{GuardLevel, GuardOutcome, GuardResult};
use crate::render::number::{count, grouped};
use crate::render::text::Line;

/// Guards that had something to say: those that block first, each with the allowance or the fix.
pub(super) fn guards(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let guards = &page.content.sections.guards;
    if guards.is_empty() {
        return vec![];
    }
    let mut lines = page.heading("Guards", "");
    for guard in guards.iter().take(rows) {
        lines.extend(one(page, guard));
    }
    let rest = guards.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
        for guard in rest {
            *codes.entry(&guard.code).or_default() += 1;
        }
        let codes: Vec<String> =
            codes.iter().map(|(code, number)| format!("{} {code}", grouped(*number))).collect();
        let blocking = rest
            .iter()
            .filter(|one| one.level == GuardLevel::Block && one.outcome == GuardOutcome::Tripped);
        let blocking = grouped(count(blocking.count()));
        let text = format!(" ({blocking} of them block): {}", codes.join(", "));
        let line = page.styled(page.styles.warn, &format!(" {}", page.plus(count(rest.len()))));
        lines.extend(page.wrap(line.put(page.styles.text, &text), 4, 2));
    }
    lines
}

fn one(page: &Page<'_>, guard: &GuardResult) -> Vec<Line> {
    let GuardResult {
        code,
        level,
        outcome,
        location,
        subject,
        message,
        file,
        line,
        help,
        examples,
    } = guard;
    let (styles, symbols) = (page.styles, page.symbols());
    let (style, symbol, word) = match (outcome, level) {
        (GuardOutcome::Tripped, GuardLevel::Block) => (styles.error, symbols.bad, "blocks"),
        (GuardOutcome::Tripped, GuardLevel::Warn) => (styles.warn, symbols.warn, "warns"),
        (GuardOutcome::Allowed, GuardLevel::Block | GuardLevel::Warn) => {
            (styles.ok, symbols.ok, "allowed")
        }
    };
    let mut text = page.line().gap(2).put(style, &format!("{symbol} {code} {word}")).gap(2);
    // A message that names them itself is not told twice.
    for name in [subject, location].into_iter().flatten() {
        let told = message.contains(name.as_str());
        if !told && (page.several() || Some(name) != location.as_ref()) {
            text.push(styles.name, name);
            text.push(styles.text, ": ");
        }
    }
    text.push(styles.text, message);
    if !examples.is_empty() {
        text.push(styles.dim, &format!(" ({})", examples.join(" ")));
    }
    if let Some(file) = file {
        text.push(styles.text, "  ");
        match line {
            Some(line) => text.push(styles.path, &format!("{file}:{line}")),
            None => text.push(styles.path, file),
        }
    }
    let mut lines = page.wrap(text, 6, 4);
    if *outcome == GuardOutcome::Tripped {
        lines.extend(hints(page, help, 6));
    }
    lines
}

/// What to do next, at most three lines of it unless everything is asked for.
fn hints(page: &Page<'_>, help: &[String], indent: usize) -> Vec<Line> {
    let most = if page.shape.detail { usize::MAX } else { 3 };
    let mut lines = vec![];
    for text in help.iter().flat_map(|text| text.lines()).take(most) {
        let line = page.line().gap(indent).put(page.styles.hint, "hint: ");
        // What is to be pasted is worth more lines than what is to be read.
        lines.extend(page.wrap(line.put(page.styles.text, text), indent + 6, 5));
    }
    lines
}

/// Errors and warnings about the manifests, one line each.
pub(super) fn notices(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let notices = &page.content.sections.notices;
    if notices.is_empty() {
        return vec![];
    }
    let (styles, symbols) = (page.styles, page.symbols());
    let errors = count(notices.iter().filter(|notice| notice.level == "error").count());
    let warnings = count(notices.len()).saturating_sub(errors);
    let title = match (errors, warnings) {
        (0, _) => format!("Warnings ({})", grouped(warnings)),
        (_, 0) => format!("Errors ({})", grouped(errors)),
        _ => format!("Errors ({}) and warnings ({})", grouped(errors), grouped(warnings)),
    };
    let mut lines = page.heading(&title, "");
    for notice in notices.iter().take(rows) {
        let (style, symbol) = match notice.level.as_str() {
            "error" => (styles.error, symbols.bad),
            _ => (styles.warn, symbols.warn),
        };
        let mut line = page.line().gap(2).put(style, &format!("{symbol} {}", notice.code)).gap(2);
        line.push(styles.text, &notice.message);
        if let Some(file) = &notice.file {
            line.push(styles.text, "  ");
            let place = notice.line.map_or(file.clone(), |at| format!("{file}:{at}"));
            line.push(styles.path, &place);
        }
        lines.extend(page.wrap(line, 6, 2));
        if page.shape.detail || notice.level == "error" {
            lines.extend(hints(page, &notice.help, 6));
        }
    }
    let rest = count(notices.len().saturating_sub(rows));
    if rest > 0 {
        let line = page.styled(styles.dim, &format!(" {}: ", page.plus(rest)));
        lines.push(line.put(styles.path, "vpp validate").put(styles.dim, " shows them all"));
    }
    lines
}
