use std::io::{self, Write};

use super::installs::went;
use super::sections::{FailureRow, RunSections, SeatRunRow, StepRow};
use super::waits::phases;
use crate::apply::outcome::{RunReport, RunResult, RunSummary};
use crate::apply::served::MdmLocationReport;
use crate::plan::Action;
use crate::render::number::{count, counted, duration, grouped, sum};
use crate::render::page::{self, LINES, Part};
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;
use crate::render::{Shape, Styles, Typed, cause, fingerprint};

/// The page a report is drawn on.
type Page<'r> = page::Page<'r, Content<'r>>;

/// Everything a part of the report is drawn from.
struct Content<'r> {
    report: &'r RunReport,
    sections: RunSections<'r>,
}

/// Writes the report for people: the verdict first, then what became of the changes, what failed
/// and what to do next.
///
/// At most 80 lines; what has no room is counted. With `shape.detail` nothing is left out and
/// everyone a failure hit is listed.
///
/// # Errors
/// Those of `out`.
pub fn human(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    report: &RunReport,
) -> io::Result<()> {
    let content = Content { report, sections: RunSections::of(report) };
    let mut page = Page::new(content, styles, shape);
    let mut parts = [
        Part::new(header, 0, 0),
        Part::new(verdict, 0, 0),
        Part::new(stopped, 6, 1),
        Part::new(totals, 0, 0),
        Part::new(steps, 20, 3),
        Part::new(seats, 12, 2),
        Part::new(waits, 8, 2),
        Part::new(served, 24, 4),
        Part::new(installs, 6, 1),
        Part::new(failures, 8, 2),
        Part::new(withheld, 4, 1),
        Part::new(closing, 0, 0),
    ];
    for line in page.draw(&mut parts, LINES) {
        line.write(out)?;
    }
    Ok(())
}

/// What was done where a server owns the token, and what waits there.
fn served(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let reports = &page.content.report.mdm_locations;
    if reports.is_empty() {
        return vec![];
    }
    let all: Vec<_> = reports.iter().flat_map(crate::render::served::run).collect();
    let mut lines = page.heading("At servers that own the token", "");
    lines.extend(crate::render::served::lines(page, &all, rows));
    lines
}

fn header(page: &Page<'_>, _: usize) -> Vec<Line> {
    let RunReport { started_at, ended_at, locations, mdm_locations, summary, .. } =
        page.content.report;
    let took = started_at.duration_until(*ended_at).as_secs();
    let took = duration(u64::try_from(took).unwrap_or(0));
    let place = match (locations.as_slice(), mdm_locations.as_slice()) {
        ([only], []) => {
            let name = page.styled(page.styles.name, &only.name);
            let uid = only.uid.as_ref().map(|uid| format!(" (uId {uid})")).unwrap_or_default();
            name.put(page.styles.dim, &uid)
        }
        ([], [only]) => page.styled(page.styles.name, &only.name),
        (ours, theirs) => {
            let all = count(ours.len() + theirs.len());
            page.text(&counted(all, "location", "locations"))
        }
    };
    let start = page.styled(page.styles.heading, "vpp apply");
    let began = page.text(&started_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
    let requests = mdm_locations.iter().map(|location| location.requests);
    let requests = sum(requests).saturating_add(summary.requests);
    let requests = counted(requests, "request", "requests");
    let cost = page.text(&format!("{requests} in {took}"));
    page.flow(start, vec![place, began, cost], 2, &format!(" {} ", page.symbols().dot))
}

fn verdict(page: &Page<'_>, _: usize) -> Vec<Line> {
    let (styles, symbols) = (page.styles, page.symbols());
    let RunReport { result, summary, locations, mdm_locations, .. } = page.content.report;
    let going = sum(mdm_locations.iter().map(MdmLocationReport::waits));
    let (style, word, said) = match result {
        RunResult::Done if summary.waits > 0 || going > 0 => (
            styles.verdict_ok,
            format!("{} APPLIED", symbols.ok),
            format!(
                "{} until devices have proven the app gone.",
                counted(summary.waits.saturating_add(going), "reclaim waits", "reclaims wait")
            ),
        ),
        RunResult::Done => {
            let who = match (locations.as_slice(), mdm_locations.as_slice()) {
                (_, []) => "Apple holds",
                ([], [_]) => "Its server holds",
                ([], _) => "Their servers hold",
                (_, _) => "Apple and the servers hold",
            };
            let said = format!("{who} what the manifests ask for, read back.");
            (styles.verdict_ok, format!("{} CONVERGED", symbols.ok), said)
        }
        RunResult::Partial => {
            (styles.verdict_warn, format!("{} APPLIED IN PART", symbols.warn), rest(summary))
        }
        RunResult::Nothing => (
            styles.verdict_ok,
            format!("{} NOTHING TO DO", symbols.ok),
            "Everything was as the plan wants it.".into(),
        ),
        RunResult::Stopped { reason } => {
            let ended = page.content.sections.stopped.len();
            let said = match page.content.report.locations.len() {
                all @ 2.. if ended > 0 => format!(
                    "{} of {} ended early.",
                    grouped(count(ended)),
                    counted(count(all), "location", "locations")
                ),
                _ => format!("{reason}."),
            };
            (styles.verdict_blocked, format!("{} STOPPED", symbols.bad), said)
        }
        RunResult::Interrupted => (
            styles.verdict_warn,
            format!("{} INTERRUPTED", symbols.warn),
            "The run was ended from outside; what was sent was read back.".into(),
        ),
    };
    let mut lines = vec![page.line()];
    let line = page.line().gap(2).put(style, &word).gap(3).put(styles.text, &said);
    lines.extend(page.wrap(line, 6, 4));
    lines
}

/// What is not done, in a sentence.
fn rest(summary: &RunSummary) -> String {
    let users = |number| counted(number, "user", "users");
    let seats = summary.subscriptions.clone().unwrap_or_default();
    let parts: Vec<String> = [
        (summary.failed, format!("{} failed", grouped(summary.failed))),
        (summary.not_tried, format!("{} not tried", grouped(summary.not_tried))),
        (summary.users_failed, format!("{} failed", users(summary.users_failed))),
        (summary.users_not_tried, format!("{} not tried", users(summary.users_not_tried))),
        (summary.waits, format!("{} waiting for devices", grouped(summary.waits))),
        (seats.failed, format!("{} of subscriptions failed", grouped(seats.failed))),
        (seats.not_tried, format!("{} of subscriptions not tried", grouped(seats.not_tried))),
    ]
    .into_iter()
    .filter_map(|(number, text)| (number > 0).then_some(text))
    .collect();
    match parts.as_slice() {
        [] => "Not everything is done.".to_owned(),
        parts => format!("{}.", parts.join(", ")),
    }
}

fn stopped(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let stopped = &page.content.sections.stopped;
    let mut lines = vec![];
    if page.content.report.locations.len() == 1 {
        // The verdict has said it.
        return lines;
    }
    for (name, why) in stopped.iter().take(rows) {
        let line =
            page.line().gap(6).put(page.styles.name, name).put(page.styles.text, " ended early: ");
        lines.extend(page.wrap(line.put(page.styles.text, why), 8, 3));
    }
    let rest = count(stopped.len().saturating_sub(rows));
    if rest > 0 {
        let text = format!("     {} locations ended early", page.plus(rest));
        lines.push(page.styled(page.styles.dim, &text));
    }
    lines
}

fn totals(page: &Page<'_>, _: usize) -> Vec<Line> {
    let (styles, summary) = (page.styles, &page.content.report.summary);
    let seats = summary.subscriptions.clone().unwrap_or_default();
    let claimed = &page.content.sections.claimed;
    let facts = [
        (styles.assign, summary.assigned, "assigned"),
        (styles.reclaim, summary.reclaimed, "reclaimed"),
        (styles.text, summary.already, "already so"),
        (styles.warn, summary.waits, "waiting"),
        (styles.error, summary.failed, "failed"),
        (styles.warn, summary.not_tried, "not tried"),
        (styles.text, summary.users_created, "user* registered"),
        (styles.text, summary.users_updated, "user* updated"),
        (styles.text, summary.users_retired, "user* retired"),
        (styles.error, summary.users_failed, "user* failed"),
        (styles.warn, summary.users_not_tried, "user* not tried"),
        (styles.assign, seats.assigned, "seat* assigned"),
        (styles.reclaim, seats.reclaimed, "seat* released"),
        (styles.text, seats.changed, "seat* changed"),
        (styles.text, seats.administrators, "administrator* changed"),
        (styles.warn, seats.waits, "seat* to end with the period"),
        (styles.error, seats.failed, "of subscriptions failed"),
        (styles.warn, seats.not_tried, "of subscriptions not tried"),
    ];
    let mut items: Vec<Line> = facts
        .into_iter()
        .filter(|(_, number, _)| *number > 0)
        .map(|(style, number, what)| {
            let what = what.replace('*', if number == 1 { "" } else { "s" });
            page.styled(style, &grouped(number)).put(styles.text, &format!(" {what}"))
        })
        .collect();
    match claimed.as_slice() {
        [] => {}
        [only] => items.push(page.text("claimed ").put(styles.name, only)),
        several => {
            let text = format!("{} locations claimed", grouped(count(several.len())));
            items.push(page.text(&text));
        }
    }
    if items.is_empty() {
        return vec![];
    }
    let mut lines = vec![page.line()];
    lines.extend(page.flow(page.line().gap(4), items, 4, "     "));
    lines
}

fn steps(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, steps) = (page.styles, &page.content.sections.steps);
    if steps.is_empty() {
        return vec![];
    }
    let mut table = Table::new([
        Column::words(""),
        Column::words("app").shrinks_to(12),
        Column::words("cause").shrinks_to(14).leaves(0),
        Column::numbers("done"),
        Column::numbers("already").leaves(2),
        Column::numbers("waits"),
        Column::numbers("failed"),
        Column::numbers("untried"),
        Column::numbers("of").leaves(1),
    ]);
    // What happened to nobody needs no column.
    let happened = |of: fn(&StepRow<'_>) -> u64| steps.iter().any(|row| of(row) > 0);
    let [already, waits, failed, untried] = [
        happened(|row| row.already),
        happened(|row| row.waits),
        happened(|row| row.failed),
        happened(|row| row.not_tried),
    ];
    let numbers = |rows: &[&StepRow<'_>]| {
        let cell = |style, value: u64| {
            number_cell(page.shape, if value == 0 { styles.dim } else { style }, value)
        };
        let some = |shown: bool, cell: Line| if shown { cell } else { page.line() };
        [
            cell(styles.ok, sum(rows.iter().map(|row| row.applied))),
            some(already, cell(styles.text, sum(rows.iter().map(|row| row.already)))),
            some(waits, cell(styles.warn, sum(rows.iter().map(|row| row.waits)))),
            some(failed, cell(styles.error, sum(rows.iter().map(|row| row.failed)))),
            some(untried, cell(styles.warn, sum(rows.iter().map(|row| row.not_tried)))),
            cell(styles.text, sum(rows.iter().map(|row| row.pairs()))),
        ]
    };
    for row in steps.iter().take(rows) {
        let (style, verb) = match row.action {
            Action::Assign => (styles.assign, "assign"),
            Action::Release => (styles.reclaim, "release"),
            Action::Uninstall => (styles.reclaim, "uninstall"),
        };
        let mut names = row.names.iter();
        let name = match (names.next(), names.len()) {
            (Some(only), 0) => (*only).to_owned(),
            _ => counted(count(row.names.len()), "app", "apps"),
        };
        let head = [
            page.styled(style, verb),
            page.styled(styles.name, &name),
            cause::line(styles, page.shape.ascii, row.kind),
        ];
        table.row(head.into_iter().chain(numbers(&[row])));
    }
    let head = |text: &str, style| [page.line(), page.styled(style, text), page.line()];
    let rest: Vec<&StepRow<'_>> = steps.iter().skip(rows).collect();
    if !rest.is_empty() {
        let text = format!("{} more", grouped(count(rest.len())));
        table.row(head(&text, styles.dim).into_iter().chain(numbers(&rest)));
    }
    if steps.len() > 1 {
        let all: Vec<&StepRow<'_>> = steps.iter().collect();
        table.row(head("in all", styles.heading).into_iter().chain(numbers(&all)));
    }
    let laid = table.lay_out(styles, page.shape);
    let mut lines = page.heading("Changes", "");
    lines.extend(laid.titles);
    lines.extend(laid.rows);
    lines
}

/// What became of subscriptions.
fn seats(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, all) = (page.styles, &page.content.sections.seats);
    if all.is_empty() {
        return vec![];
    }
    let mut table = Table::new([
        Column::words(""),
        Column::words("subscription").shrinks_to(12),
        Column::numbers("done"),
        Column::numbers("already").leaves(2),
        Column::numbers("waits").leaves(1),
        Column::numbers("failed"),
        Column::numbers("untried"),
    ]);
    let cell = |style, value: u64| {
        number_cell(page.shape, if value == 0 { styles.dim } else { style }, value)
    };
    for SeatRunRow { what, name, outcome } in all.iter().take(rows) {
        table.row([
            page.text(what),
            page.styled(styles.name, name),
            cell(styles.ok, outcome.applied),
            cell(styles.text, outcome.already),
            cell(styles.warn, outcome.waits),
            cell(styles.error, outcome.failed()),
            cell(styles.warn, outcome.not_tried),
        ]);
    }
    let rest = count(all.len().saturating_sub(rows));
    let laid = table.lay_out(styles, page.shape);
    let mut lines = page.heading("Subscriptions", "");
    lines.extend(laid.titles);
    lines.extend(laid.rows);
    if rest > 0 {
        lines.push(page.styled(styles.dim, &format!("  {} more", grouped(rest))));
    }
    lines
}

/// Where reclaims are that wait, and what for.
fn waits(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, all) = (page.styles, &page.content.sections.waits);
    if all.is_empty() {
        return vec![];
    }
    let reclaims = counted(sum(all.iter().map(|row| row.count)), "reclaim waits", "reclaims wait");
    let mut lines = page.heading("Devices", &format!(": {reclaims}: {}", phases(all)));
    for row in all.iter().take(rows) {
        let (style, mark) = if row.is_stuck() {
            (styles.warn, page.symbols().warn)
        } else {
            (styles.dim, page.symbols().dot)
        };
        let said = format!("{} {} {}", grouped(row.count), page.symbols().times, row.phase);
        let line = page.line().gap(2).put(style, mark).gap(1).put(style, &said);
        lines.extend(page.wrap(line.put(styles.text, &format!(": {}", row.why)), 6, 3));
        let told = if page.shape.detail { usize::MAX } else { 4 };
        let hit: Vec<String> =
            row.hit.iter().take(told).map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
        let rest = page.plus(count(row.hit.len().saturating_sub(told)));
        let line = page.line().gap(6).put(styles.name, &format!("{}{rest}", hit.join(", ")));
        lines.extend(page.wrap(line, 8, 1));
    }
    let rest = all.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let hit = grouped(sum(rest.iter().map(|row| row.count)));
        let text = format!(" {} reasons, {hit} reclaims", page.plus(count(rest.len())));
        lines.push(page.styled(styles.dim, &text));
    }
    lines
}

/// How installations went, and what is to be said of them.
fn installs(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let styles = page.styles;
    let Some(totals) = page.content.report.summary.installs else { return vec![] };
    let all = &page.content.sections.installs;
    let mut lines = page.heading("Installs", &format!(": {}", went(totals)));
    for row in all.iter().take(rows) {
        let (style, mark) = if row.failed {
            (styles.error, page.symbols().bad)
        } else {
            (styles.dim, page.symbols().dot)
        };
        let said = format!("{} {} ", grouped(row.count), page.symbols().times);
        let line = page.line().gap(2).put(style, mark).gap(1).put(style, &said);
        lines.extend(page.wrap(line.put(styles.text, row.why), 6, 3));
        let told = if page.shape.detail { usize::MAX } else { 4 };
        let hit: Vec<String> =
            row.hit.iter().take(told).map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
        let rest = page.plus(count(row.hit.len().saturating_sub(told)));
        let line = page.line().gap(6).put(styles.name, &format!("{}{rest}", hit.join(", ")));
        lines.extend(page.wrap(line, 8, 1));
    }
    let rest = all.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let hit = grouped(sum(rest.iter().map(|row| row.count)));
        let text = format!(" {} reasons, {hit} installations", page.plus(count(rest.len())));
        lines.push(page.styled(styles.dim, &text));
    }
    lines
}

fn failures(page: &Page<'_>, rows: usize) -> Vec<Line> {
    list(page, "What failed", &page.content.sections.failures, rows)
}

fn withheld(page: &Page<'_>, rows: usize) -> Vec<Line> {
    list(page, "What was withheld", &page.content.sections.withheld, rows)
}

fn list(page: &Page<'_>, heading: &str, all: &[FailureRow<'_>], rows: usize) -> Vec<Line> {
    if all.is_empty() {
        return vec![];
    }
    let mut lines = page.heading(heading, "");
    for row in all.iter().take(rows) {
        lines.extend(failure(page, row));
    }
    let rest = all.get(rows..).unwrap_or_default();
    if !rest.is_empty() {
        let hit = grouped(sum(rest.iter().map(|row| row.count)));
        let text = format!(" {} reasons, {hit} times", page.plus(count(rest.len())));
        lines.push(page.styled(page.styles.dim, &text));
    }
    lines
}

fn failure(page: &Page<'_>, row: &FailureRow<'_>) -> Vec<Line> {
    let styles = page.styles;
    let mut line = page.line().gap(2).put(styles.error, page.symbols().bad).gap(1);
    line.push(styles.error, &format!("{} {} ", grouped(row.count), page.symbols().times));
    if let Some(number) = row.number {
        line.push(styles.error, &format!("Apple {number}: "));
    }
    line.push(styles.text, row.message);
    let mut lines = page.wrap(line, 6, 3);
    let told = if page.shape.detail { usize::MAX } else { 4 };
    let hit: Vec<String> =
        row.hit.iter().take(told).map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
    let rest = page.plus(count(row.hit.len().saturating_sub(told)));
    let mut line = page.line().gap(6).put(styles.name, &format!("{}{rest}", hit.join(", ")));
    if page.shape.detail {
        lines.extend(page.wrap(line, 8, 1));
        if !row.holders.is_empty() {
            let all = page.line().gap(6).put(styles.dim, &row.holders.join(" "));
            lines.extend(page.wrap(all, 6, 1));
        }
    } else {
        if !row.examples.is_empty() {
            let rest = page.plus(count(row.holders.len().saturating_sub(row.examples.len())));
            line.push(styles.dim, &format!("   {}{rest}", row.examples.join(" ")));
        }
        lines.extend(page.wrap(line, 8, 2));
    }
    if let Some(help) = row.help {
        let line = page.line().gap(6).put(styles.hint, "hint: ").put(styles.text, help);
        lines.extend(page.wrap(line, 12, 3));
    }
    lines
}

fn closing(page: &Page<'_>, _: usize) -> Vec<Line> {
    let styles = page.styles;
    let RunReport { result, summary, fingerprint: print, tool, mdm_locations, .. } =
        page.content.report;
    let going = sum(mdm_locations.iter().map(MdmLocationReport::waits));
    let row = |label: &str| page.styled(styles.dim, &format!("{label:<13}"));
    let mut lines = vec![page.line()];
    let plan = row("Plan").put(styles.text, &fingerprint::short(print));
    let plan = plan.put(styles.dim, &format!(" {} {tool}", page.symbols().dot));
    lines.extend(page.wrap(plan, 13, 2));
    let again = match result {
        RunResult::Done if summary.waits > 0 || going > 0 => " again when devices have checked in",
        RunResult::Done | RunResult::Nothing => return lines,
        RunResult::Partial | RunResult::Interrupted => {
            " again continues: what is done is not sent twice"
        }
        RunResult::Stopped { .. } => " again continues, once what stopped it is mended",
    };
    let Typed { folder, options, .. } = &page.shape.typed;
    let command = format!("vpp apply{folder}{options}");
    let next = row("Next").put(styles.path, &command).put(styles.text, again);
    lines.extend(page.wrap(next, 13, 2));
    lines
}
