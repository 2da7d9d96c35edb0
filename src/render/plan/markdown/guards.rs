use super::fit::{Section, shown};
use super::opening::ended;
use super::page::{Page, holders, name, row, sentence, titles};
use crate::plan::{GuardLevel, GuardOutcome, GuardResult, Notice};
use crate::render::codes;
use crate::render::number::{count, counted, grouped};

/// Guards that had something to say: those that block first.
pub(super) fn guards<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let guards = &page.sections.guards;
    if guards.is_empty() {
        return None;
    }
    let all = guards.len();
    Some(ended(Section::rows(
        titles(["guard", "what", "where", "to proceed"]),
        guards,
        2,
        |(_, guard)| one(page, guard),
        move |at| {
            let rest = guards.get(at..).unwrap_or_default();
            let block = grouped(count(rest.iter().filter(|guard| guard.blocks()).count()));
            row([&format!("*{} ({block} of them block)*", shown(at, all)), "", "", ""])
        },
    )))
}

fn one(page: &Page<'_>, guard: &GuardResult) -> String {
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
    let (sign, word) = match (outcome, level) {
        (GuardOutcome::Tripped, GuardLevel::Block) => ("❌", "blocks"),
        (GuardOutcome::Tripped, GuardLevel::Warn) => ("⚠️", "warns"),
        (GuardOutcome::Allowed, GuardLevel::Block | GuardLevel::Warn) => ("✅", "allowed"),
    };
    let title = codes::title(code).map(|title| format!(": {title}")).unwrap_or_default();
    let mut what = String::new();
    // A message that names them itself is not told twice.
    for told in [subject, location].into_iter().flatten() {
        if !message.contains(told.as_str()) && (page.several() || Some(told) != location.as_ref()) {
            what = format!("{what}**{}**: ", name(told));
        }
    }
    what.push_str(&sentence(message));
    if page.options.show_holders && !examples.is_empty() {
        what = format!("{what} ({})", holders(examples.iter().map(String::as_str)));
    }
    let place = file.as_ref().map(|file| page.at(file, *line)).unwrap_or_default();
    let proceed = match outcome {
        GuardOutcome::Tripped => hints(help),
        GuardOutcome::Allowed => String::new(),
    };
    row([&format!("{sign} {} {word}{title}", name(code)), &what, &place, &proceed])
}

/// What to do next; what is to be pasted as code.
fn hints(help: &[String]) -> String {
    let lines = help.iter().flat_map(|text| text.lines()).take(4).map(sentence);
    lines.collect::<Vec<_>>().join("<br>")
}

/// Errors and warnings about the manifests. Their messages can name devices and people; without
/// leave to show these, the kind of problem and the place are all that is said.
pub(super) fn notices<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let notices = &page.sections.notices;
    if notices.is_empty() {
        return None;
    }
    let errors = count(notices.iter().filter(|notice| is_error(notice)).count());
    let warnings = count(notices.len()).saturating_sub(errors);
    let mut parts = vec![];
    if errors > 0 {
        parts.push(counted(errors, "error", "errors"));
    }
    if warnings > 0 {
        parts.push(counted(warnings, "warning", "warnings"));
    }
    let head = format!("**Manifests**: {}\n\n", parts.join(", "));
    Some(ended(Section::rows(
        head + &titles(["problem", "where"]),
        notices,
        1,
        |(_, notice)| {
            let sign = if is_error(notice) { "❌" } else { "⚠️" };
            let said = match codes::title(&notice.code) {
                Some(title) if !page.options.show_holders => sentence(title),
                None if !page.options.show_holders => "see `vpp validate`".to_owned(),
                Some(_) | None => sentence(&notice.message),
            };
            let place = notice.file.as_ref().map(|file| page.at(file, notice.line));
            row([&format!("{sign} {}: {said}", name(&notice.code)), &place.unwrap_or_default()])
        },
        move |at| row([&format!("*{}: `vpp validate`*", shown(at, notices.len())), ""]),
    )))
}

fn is_error(notice: &Notice) -> bool {
    notice.level == "error"
}
