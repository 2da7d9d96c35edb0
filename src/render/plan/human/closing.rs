use super::page::Page;
use crate::render::Typed;
use crate::render::fingerprint;
use crate::render::number::{count, counted, grouped, seconds, sum};
use crate::render::plan::{Verdict, installs};
use crate::render::text::Line;

/// People to register, update and retire, and those who cannot install yet.
pub(super) fn users(page: &Page<'_>, _: usize) -> Vec<Line> {
    let (styles, totals) = (page.styles, &page.content.sections.totals);
    let lists = || page.content.plan.locations.iter().map(|location| &location.users);
    let create = lists().flat_map(|users| users.create.iter().map(|user| &user.client_user_id));
    let update = lists().flat_map(|users| users.update.iter().map(|user| &user.client_user_id));
    let retire = lists().flat_map(|users| users.retire.iter());
    let waiting = if totals.waiting == 1 {
        "has not accepted yet and cannot install"
    } else {
        "have not accepted yet and cannot install"
    };
    let rows = [
        (totals.create, styles.assign, "to register", create.take(3).collect::<Vec<_>>()),
        (totals.update, styles.text, "to update (e-mail address)", update.take(3).collect()),
        (totals.retire, styles.reclaim, "to retire", retire.take(3).collect()),
        (totals.waiting, styles.warn, waiting, vec![]),
    ];
    let mut lines = vec![];
    for (number, style, what, examples) in rows {
        if number == 0 {
            continue;
        }
        let line = page.line().gap(2).put(style, &grouped(number)).put(styles.text, " ");
        let mut line = line.put(styles.text, what);
        if !examples.is_empty() {
            let rest = number.saturating_sub(count(examples.len()));
            let names: Vec<&str> = examples.iter().map(|user| user.as_str()).collect();
            line.push(styles.dim, &format!("   {}{}", names.join(" "), page.plus(rest)));
        }
        lines.push(line.clip(page.width(), page.symbols().more));
    }
    if lines.is_empty() {
        return lines;
    }
    let mut all = page.heading("Users", "");
    all.extend(lines);
    all
}

/// What is deliberately not done, and why.
pub(super) fn left(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let (styles, totals) = (page.styles, &page.content.sections.totals);
    let mut lines = vec![];
    for row in page.content.sections.left.iter().take(rows) {
        let style = if row.is_loud() { styles.warn } else { styles.text };
        let mut line = page.line().gap(2).put(style, &grouped(row.pairs)).put(styles.text, " ");
        line.push(styles.text, row.said());
        let told = row.assets.iter().take(3);
        let names: Vec<String> = told.map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
        let rest = page.plus(count(row.assets.len().saturating_sub(3)));
        line.push(styles.dim, &format!("   {}{rest}", names.join(", ")));
        line.push(styles.text, "  ");
        line.append(page.place(row.places.iter()));
        lines.extend(page.wrap(line, 4, 2));
    }
    let more = page.content.sections.left.get(rows..).unwrap_or_default();
    if !more.is_empty() {
        let pairs = sum(more.iter().map(|row| row.pairs));
        let kinds = counted(count(more.len()), "more reason", "more reasons");
        let text = format!(" for {kinds}: in the plan file");
        lines.push(page.line().gap(2).put(styles.text, &grouped(pairs)).put(styles.text, &text));
    }
    if totals.unmanaged > 0 {
        let assets = counted(totals.unmanaged_assets, "asset", "assets");
        let text = format!(" of {assets} that no manifest manages: never touched");
        lines.push(
            page.line().gap(2).put(styles.text, &grouped(totals.unmanaged)).put(styles.text, &text),
        );
    }
    if lines.is_empty() {
        return lines;
    }
    let mut all = page.heading("Left alone", "");
    all.extend(lines);
    all
}

/// The cost, the fingerprint and what to type next.
pub(super) fn closing(page: &Page<'_>, _: usize) -> Vec<Line> {
    let (styles, symbols, plan) = (page.styles, page.symbols(), page.content.plan);
    let cost = page.content.sections.cost;
    let file = page.shape.plan_file.as_deref();
    let row = |label: &str| page.styled(styles.dim, &format!("{label:<13}"));
    let mut lines = vec![page.line()];
    if cost.write_requests > 0 {
        let text = format!(
            "at least {}, about {} to {}",
            counted(cost.write_requests, "request", "requests"),
            seconds(cost.least_seconds),
            seconds(cost.likely_seconds),
        );
        let mut line = row("Apply takes").put(styles.text, &text);
        if cost.waits > 0 {
            let waits = counted(cost.waits, "reclaim waits", "reclaims wait");
            line.push(styles.text, &format!("; {waits} for devices beyond that"));
        }
        lines.extend(page.wrap(line, 13, 2));
    }
    if let Some(installs) = installs(plan) {
        lines.extend(page.wrap(row("Installs").put(styles.text, &installs), 13, 2));
    }
    let mut print = row("Fingerprint").put(styles.text, &fingerprint::short(&plan.fingerprint));
    print.push(styles.dim, &format!(" {} {}", symbols.dot, plan.tool));
    if let Some(file) = file {
        print.push(styles.dim, &format!(" {} saved as {file}", symbols.dot));
    }
    lines.extend(page.wrap(print, 13, 2));
    let Typed { folder, options, applying } = &page.shape.typed;
    let subject = file.map_or_else(|| folder.clone(), |file| format!(" {file}"));
    let again = format!("vpp plan{folder}{options}");
    let before = match page.content.sections.verdict {
        Verdict::Ready if *applying => return lines,
        // A command is not wrapped, so that it can be copied.
        Verdict::Ready => {
            let command = format!("vpp apply{subject}{options}");
            lines.push(row("Next").put(styles.path, &command));
            None
        }
        Verdict::Nothing => return lines,
        Verdict::Blocked { .. } => Some("fix or allow what blocks, then "),
        Verdict::Incomplete { .. } => Some("mend what kept it from reading, then "),
    };
    if let Some(first) = before {
        let line = row("Next").put(styles.text, first).put(styles.path, &again);
        lines.extend(page.wrap(line.put(styles.text, " again"), 13, 2));
    }
    let seats = &page.content.sections.seats.moves;
    if !(page.shape.detail || plan.changes.is_empty() && seats.is_empty()) {
        let command = match file {
            Some(file) => format!("vpp show {file} --detail"),
            None => format!("{again} --detail"),
        };
        lines.push(row("Holders").put(styles.path, &command));
    }
    lines
}
