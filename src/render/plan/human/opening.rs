use super::page::Page;
use crate::actual::MdmInfo;
use crate::render::number::{count, counted, grouped, sum};
use crate::render::plan::{Verdict, base_said};
use crate::render::table::{Column, Table, number_cell};
use crate::render::text::Line;

/// Which plan this is: locations, when it was read and what that took.
pub(super) fn header(page: &Page<'_>, _: usize) -> Vec<Line> {
    let dot = format!(" {} ", page.symbols().dot);
    let line = page.styled(page.styles.heading, "vpp plan");
    let mut items = vec![];
    match page.content.sections.locations.as_slice() {
        [only] => {
            let mut name = page.styled(page.styles.name, only.name);
            if let Some(title) = only.title.filter(|title| *title != only.name) {
                name.push(page.styles.text, &format!(", {title}"));
            }
            if let Some(uid) = only.uid {
                name.push(page.styles.dim, &format!(" (uId {uid})"));
            }
            items.push(name);
            if let Some(owner) = only.owner {
                items.push(page.text(&format!("owned by {}", owner.name)));
            }
        }
        several => {
            items.push(page.text(&counted(count(several.len()), "location", "locations")));
        }
    }
    items.push(page.text(&page.content.sections.read_said(page.content.plan)));
    page.flow(line, items, 2, &dot)
}

/// The verdict in a word, and in a sentence.
pub(super) fn verdict(page: &Page<'_>, _: usize) -> Vec<Line> {
    let (styles, symbols) = (page.styles, page.symbols());
    let verdict = &page.content.sections.verdict;
    let (style, symbol) = if verdict.is_bad() {
        (styles.verdict_blocked, symbols.bad)
    } else {
        (styles.verdict_ok, symbols.ok)
    };
    let word = format!("{symbol} {}", verdict.word().to_uppercase());
    let said = page.content.sections.verdict_said();
    let line = page.line().gap(2).put(style, &word).gap(3).put(styles.text, &said);
    let mut lines = vec![page.line()];
    lines.extend(page.wrap(line, 6, 3));
    lines
}

/// Which locations could not be read, and why.
pub(super) fn failures(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let mut lines = vec![];
    let failed: Vec<_> = page
        .content
        .sections
        .locations
        .iter()
        .filter_map(|location| Some((location.name, location.failed?)))
        .collect();
    for (name, why) in failed.iter().take(rows) {
        let line = page.line().gap(6).put(page.styles.name, name).put(page.styles.text, ": ");
        lines.extend(page.wrap(line.put(page.styles.text, why), 8, 3));
    }
    let rest = count(failed.len().saturating_sub(rows));
    if rest > 0 {
        lines.push(page.styled(page.styles.dim, &format!("     {} locations", page.plus(rest))));
    }
    lines
}

/// Locations that would be claimed, and from whom.
pub(super) fn claims(page: &Page<'_>, rows: usize) -> Vec<Line> {
    let who = |owner: &MdmInfo| format!("\"{}\" (id {})", owner.name, owner.id);
    let styles = page.styles;
    let mut lines = vec![];
    let claims = &page.content.sections.claims;
    for claim in claims.iter().take(rows) {
        let mut line = page.line().gap(2).put(styles.warn, page.symbols().warn).gap(1);
        let (verb, end) = match claim.over {
            Some(other) if other.id != claim.owner.id => {
                ("take over", format!(", from {}", who(other)))
            }
            Some(_) => ("claim again", String::new()),
            None => ("claim", ": nobody has claimed it".to_owned()),
        };
        line.push(styles.warn, &format!("apply will {verb} location "));
        line.push(styles.name, claim.location);
        line.push(styles.text, &format!(" as {}{end}", who(claim.owner)));
        lines.extend(page.wrap(line, 4, 3));
    }
    let rest = claims.len().saturating_sub(rows);
    if rest > 0 {
        let over = claims.iter().skip(rows).filter(|claim| claim.over.is_some()).count();
        let over = match over {
            0 => String::new(),
            some => format!(", {} of them from another owner", grouped(count(some))),
        };
        let rest = counted(count(rest), "location more", "locations more");
        let line = page.line().gap(2).put(styles.warn, page.symbols().warn).gap(1);
        lines.push(line.put(styles.warn, &format!("apply will claim {rest}{over}")));
    }
    lines
}

/// The totals, the largest things first.
pub(super) fn totals(page: &Page<'_>, _: usize) -> Vec<Line> {
    if page.content.sections.verdict == Verdict::Nothing {
        return vec![];
    }
    let (styles, totals) = (page.styles, &page.content.sections.totals);
    let fact = |style, number: u64, what: &str| {
        page.styled(style, &grouped(number)).put(styles.text, &format!(" {what}"))
    };
    let mut first = vec![];
    let style = |number: u64, style| if number == 0 { styles.dim } else { style };
    first.push(fact(style(totals.assign, styles.assign), totals.assign, "to assign"));
    first.push(fact(style(totals.reclaim(), styles.reclaim), totals.reclaim(), "to reclaim"));
    first.push(fact(styles.text, totals.unchanged, "unchanged"));
    if totals.unmanaged > 0 {
        first.push(fact(styles.text, totals.unmanaged, "unmanaged (left alone)"));
    }
    if totals.create > 0 {
        let what = if totals.create == 1 { "user to register" } else { "users to register" };
        first.push(fact(styles.assign, totals.create, what));
    }
    let mut second = vec![];
    if totals.assets_changed > 0 {
        let (changed, managed) = (grouped(totals.assets_changed), totals.assets_managed);
        second.push(page.text(&format!("in {changed} of {}", page.assets(managed))));
    }
    if totals.told > 0 {
        second.push(page.text(&counted(totals.told, "group is told", "groups are told")));
    }
    if totals.devices > 0 {
        second.push(page.text(&counted(totals.devices, "device", "devices")));
    }
    if totals.users > 0 {
        second.push(page.text(&counted(totals.users, "user", "users")));
    }
    let mut lines = vec![page.line()];
    let indent = || page.line().gap(4);
    lines.extend(page.flow(indent(), first, 4, "     "));
    lines.extend(page.flow(indent(), second, 4, "     "));
    lines
}

/// The locations of a plan of several, those with nothing to look at folded into one line.
pub(super) fn locations(page: &Page<'_>, rows: usize) -> Vec<Line> {
    if !page.several() {
        return vec![];
    }
    let styles = page.styles;
    let (all, failed): (Vec<_>, Vec<_>) =
        page.content.sections.locations.iter().partition(|row| row.failed.is_none());
    let loud = all.iter().filter(|row| !row.is_quiet() || page.shape.detail).count();
    let shown = loud.min(rows);
    let mut table = Table::new([
        Column::words("location").shrinks_to(12),
        Column::words("").shrinks_to(8).leaves(1),
        Column::words("uId").leaves(0),
        Column::numbers("assign"),
        Column::numbers("reclaim"),
        Column::numbers("unchanged"),
        Column::words("").leaves(2),
    ]);
    let number = |style, value: u64| {
        number_cell(page.shape, if value == 0 { styles.dim } else { style }, value)
    };
    for row in all.iter().take(shown) {
        table.row([
            page.styled(styles.name, row.name),
            page.text(row.title.unwrap_or_default()),
            page.styled(styles.dim, row.uid.unwrap_or_default()),
            number(styles.assign, row.assign),
            number(styles.reclaim, row.reclaim),
            number(styles.text, row.unchanged),
            if row.claimed { page.styled(styles.warn, "will be claimed") } else { page.line() },
        ]);
    }
    let rest = all.get(shown..).unwrap_or_default();
    if !rest.is_empty() {
        let what = if shown == loud { "without a change" } else { "more" };
        table.row([
            page.styled(styles.dim, &format!("{} {what}", grouped(count(rest.len())))),
            page.line(),
            page.line(),
            number(styles.assign, sum(rest.iter().map(|row| row.assign))),
            number(styles.reclaim, sum(rest.iter().map(|row| row.reclaim))),
            number(styles.text, sum(rest.iter().map(|row| row.unchanged))),
        ]);
    }
    if !failed.is_empty() {
        let unknown = || page.styled(styles.dim, "-");
        let text = format!("{} not read", grouped(count(failed.len())));
        let name = page.styled(styles.error, &text);
        table.row([name, page.line(), page.line(), unknown(), unknown(), unknown()]);
    }
    let laid = table.lay_out(styles, page.shape);
    let mut lines = page.heading("Locations", "");
    lines.extend(laid.titles);
    lines.extend(laid.rows);
    lines
}

/// What the plan was held against, and how it divides.
pub(super) fn base(page: &Page<'_>, _: usize) -> Vec<Line> {
    let Some(base) = &page.content.plan.base else { return vec![] };
    let text = base_said(base);
    let line = page.text("Against ");
    let line = line.put(page.styles.path, &base.label).put(page.styles.text, &text);
    let mut lines = vec![page.line()];
    lines.extend(page.wrap(line, 2, 2));
    lines
}
