//! A plan as what the page says.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::bar::Bar;
use super::model::{
    AssignView, CarriedView, CauseView, CausesView, GuardView, LeftView, LicenseView, LocationView,
    MovedView, NoticeView, PlaceView, Prose, ReclaimView, ServedView, Table, View,
};
use super::seats::seats;
use crate::actual::{MdmInfo, Stock};
use crate::license::{Asset, PricingParam};
use crate::plan::{Carried, Drift, GuardLevel, GuardOutcome, GuardResult, Plan};
use crate::render::number::{count, counted, grouped, seconds, share, sum};
use crate::render::plan::{
    AssignRow, CauseRow, LeftRow, LicenseState, LocationRow, Place, ReclaimRow, Sections, Verdict,
    base_said, minute, phases, remarks,
};
use crate::render::prose::{self, Piece};
use crate::render::served::{self, Row, Tone};
use crate::render::{cause, codes, escape, fingerprint};

/// Which app a part of the address means.
pub(super) fn key(asset: Asset) -> String {
    match asset.pricing_param {
        PricingParam::Standard => asset.adam_id.to_string(),
        PricingParam::Plus => format!("{}-PLUS", asset.adam_id),
    }
}

/// What may stand in an address as it is.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
const PATH: &AsciiSet = &PART.remove(b'/');

pub(super) fn shown(text: &str) -> String {
    escape::terminal(text).into_owned()
}

fn prose(text: &str) -> Prose {
    let pieces = prose::pieces(text).into_iter().map(|piece| match piece {
        Piece::Words(text) => (shown(text), false),
        Piece::Code(text) => (shown(text), true),
    });
    pieces.collect()
}

fn plus(rest: usize) -> String {
    if rest == 0 { String::new() } else { format!("+{}", grouped(count(rest))) }
}

fn place(links: Option<&str>, file: &str, line: Option<u32>, rest: usize) -> PlaceView {
    let text = line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
    let link = links.map(|base| {
        let line = line.map(|line| format!("#L{line}")).unwrap_or_default();
        format!("{}/{}{line}", base.trim_end_matches('/'), utf8_percent_encode(file, PATH))
    });
    PlaceView { text: shown(&text), link, more: plus(rest) }
}

pub(super) fn first<'a>(
    links: Option<&str>,
    mut places: impl ExactSizeIterator<Item = &'a Place<'a>>,
) -> Option<PlaceView> {
    let rest = places.len().saturating_sub(1);
    places.next().map(|Place { file, line }| place(links, file, Some(*line), rest))
}

impl View {
    pub(super) fn of(plan: &Plan, sections: &Sections<'_>, links: Option<&str>) -> Self {
        let name = match sections.locations.as_slice() {
            [only] => shown(only.title.unwrap_or(only.name)),
            several => counted(count(several.len()), "location", "locations"),
        };
        let mut failed = vec![];
        for location in &sections.locations {
            failed.extend(location.failed.map(|why| (location.name, why)));
        }
        let served: Vec<Row> = plan.mdm_locations.iter().flat_map(served::plan).collect();
        Self {
            title: format!("vpp plan: {}, {name}", sections.verdict.word()),
            verdict: sections.verdict.word(),
            bad: sections.verdict.is_bad(),
            said: sections.verdict_said(),
            about: about(plan, sections),
            base: plan.base.as_ref().map(|base| (shown(&base.label), base_said(base))),
            facts: facts(sections),
            failed: Table::of(&failed, |(name, why)| (shown(name), shown(why))),
            claims: Table::of(&sections.claims, |claim| {
                let who =
                    |owner: &MdmInfo| format!("“{}” (id {})", shown(&owner.name), shown(&owner.id));
                let (verb, end) = match claim.over {
                    Some(other) if other.id != claim.owner.id => {
                        ("take over", format!(", from {}", who(other)))
                    }
                    Some(_) => ("claim again", String::new()),
                    None => ("claim", ": nobody has claimed it".to_owned()),
                };
                let location = shown(claim.location);
                format!("apply will {verb} location {location} as {}{end}", who(claim.owner))
            }),
            guards: Table::of(&sections.guards, |one| guard(plan, links, one)),
            notices: Table::of(&sections.notices, |notice| {
                let error = notice.level == "error";
                NoticeView {
                    class: if error { "bad" } else { "warn" },
                    word: if error { "error" } else { "warning" },
                    code: shown(&notice.code),
                    message: prose(&notice.message),
                    place: notice.file.as_ref().map(|file| place(links, file, notice.line, 0)),
                    help: notice.help.iter().map(|line| prose(line)).collect(),
                }
            }),
            locations: Table::of(&sections.locations, location),
            causes: causes(links, sections),
            reclaims: Table::of(&sections.reclaims, |row| reclaim(links, row)),
            meaning: meaning(sections),
            assigns: Table::of(&sections.assigns, assign),
            seats: seats(links, sections),
            served: Table::of(&served, |row| by_server(links, row)),
            users: users(sections),
            since: sections.moved.since(),
            moved: Table::of(&sections.moved.rows, |row| MovedView {
                name: shown(&row.name),
                location: shown(&row.location),
                gained: grouped(row.gained),
                lost: grouped(row.lost),
                examples: examples(row),
            }),
            carried_said: carried_said(sections),
            carried: Table::of(&sections.under_way.rows, |row| carried(row)),
            left: lefts(links, sections),
            licenses: Table::of(&sections.licenses.rows, |(location, row, state)| {
                license(location, row, *state)
            }),
            stock: stock(sections),
            several: sections.locations.len() > 1,
            changes: plan.changes.len(),
            closing: closing(plan, sections),
        }
    }
}

fn by_server(links: Option<&str>, row: &Row) -> ServedView {
    let Row { tone, word, text, place: at } = row;
    ServedView {
        class: match tone {
            Tone::Heading => "heading",
            Tone::Assign => "assign",
            Tone::Reclaim => "reclaim",
            Tone::Warn | Tone::Bad => "loud",
            Tone::Quiet => "quiet",
        },
        word,
        text: shown(text),
        place: at.as_ref().map(|(file, line)| place(links, file, Some(*line), 0)),
    }
}

fn about(plan: &Plan, sections: &Sections<'_>) -> Vec<String> {
    let mut items = vec![];
    if let [only] = sections.locations.as_slice() {
        let uid = only.uid.map(|uid| format!(" (uId {})", shown(uid))).unwrap_or_default();
        items.push(format!("{}{uid}", shown(only.name)));
        items.extend(only.owner.map(|owner| format!("owned by {}", shown(&owner.name))));
    }
    items.push(sections.read_said(plan));
    items
}

/// Number, what it counts, and how it is colored.
fn facts(sections: &Sections<'_>) -> Vec<(String, &'static str, &'static str)> {
    let totals = &sections.totals;
    let quiet = |number: u64, class| if number == 0 { "zero" } else { class };
    let mut facts = vec![
        (totals.assign, "to assign", quiet(totals.assign, "assign")),
        (totals.reclaim(), "to reclaim", quiet(totals.reclaim(), "reclaim")),
        (totals.unchanged, "unchanged", ""),
        (totals.assets_changed, if sections.books { "apps and books" } else { "apps" }, ""),
    ];
    let mut more = |number: u64, what| {
        if number > 0 {
            facts.push((number, what, ""));
        }
    };
    more(totals.told, if totals.told == 1 { "group is told" } else { "groups are told" });
    more(totals.devices, if totals.devices == 1 { "device" } else { "devices" });
    more(totals.users, if totals.users == 1 { "user" } else { "users" });
    more(totals.unmanaged, "unmanaged, left alone");
    facts.into_iter().map(|(number, what, class)| (grouped(number), what, class)).collect()
}

fn guard(plan: &Plan, links: Option<&str>, guard: &GuardResult) -> GuardView {
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
    let (class, word) = match (outcome, level) {
        (GuardOutcome::Tripped, GuardLevel::Block) => ("bad", "blocks"),
        (GuardOutcome::Tripped, GuardLevel::Warn) => ("warn", "warns"),
        (GuardOutcome::Allowed, GuardLevel::Block | GuardLevel::Warn) => ("ok", "allowed"),
    };
    // A message that names them itself is not told twice.
    let several = plan.locations.len() + plan.mdm_locations.len() > 1;
    let about = [subject, location].into_iter().flatten().filter(|name| {
        !message.contains(name.as_str()) && (several || Some(*name) != location.as_ref())
    });
    let tripped = *outcome == GuardOutcome::Tripped;
    GuardView {
        class,
        word,
        code: shown(code),
        title: codes::title(code).unwrap_or_default(),
        about: about.map(|name| shown(name)).collect(),
        message: prose(message),
        place: file.as_ref().map(|file| place(links, file, *line, 0)),
        help: help.iter().flat_map(|text| text.lines()).filter(|_| tripped).map(prose).collect(),
        examples: examples.iter().map(|name| shown(name)).collect(),
    }
}

fn location(row: &LocationRow<'_>) -> LocationView {
    let unknown = |number: u64| match row.failed {
        Some(_) => "–".to_owned(),
        None => grouped(number),
    };
    LocationView {
        name: shown(row.name),
        title: shown(row.title.filter(|title| *title != row.name).unwrap_or_default()),
        uid: shown(row.uid.unwrap_or_default()),
        link: format!("#location={}", utf8_percent_encode(&escape::terminal(row.name), PART)),
        assign: unknown(row.assign),
        reclaim: unknown(row.reclaim),
        unchanged: unknown(row.unchanged),
        note: match (row.failed, row.claimed) {
            (Some(_), _) => "not read",
            (None, true) => "will be claimed",
            (None, false) => "",
        },
    }
}

fn causes(links: Option<&str>, sections: &Sections<'_>) -> Vec<CausesView> {
    let tables = [
        (false, "causes", "Why it changes", ""),
        (true, "drift", "Drift", "Out of place before this change, put right all the same."),
    ];
    let views = tables.into_iter().map(|(drift, id, title, note)| {
        let all = sections.causes.iter().zip(1..);
        let rows: Vec<(&CauseRow<'_>, usize)> = all.filter(|(row, _)| row.drift == drift).collect();
        CausesView {
            id,
            title,
            note,
            assign: grouped(sum(rows.iter().map(|(row, _)| row.assign))),
            reclaim: grouped(sum(rows.iter().map(|(row, _)| row.reclaim))),
            table: Table::of(&rows, |(row, number)| cause_view(links, row, *number)),
        }
    });
    views.filter(|view| !view.table.rows.is_empty()).collect()
}

fn cause_view(links: Option<&str>, row: &CauseRow<'_>, number: usize) -> CauseView {
    let (before, group, after) = cause::parts(row.kind);
    CauseView {
        number,
        before,
        group: group.map(shown),
        after,
        place: first(links, row.places.iter()),
        assign: grouped(row.assign),
        reclaim: grouped(row.reclaim),
        apps: grouped(count(row.assets.len())),
    }
}

fn reclaim(links: Option<&str>, row: &ReclaimRow<'_>) -> ReclaimView {
    ReclaimView {
        name: shown(row.name),
        link: format!(
            "#app={}&location={}&action=reclaim",
            key(row.asset),
            utf8_percent_encode(&escape::terminal(row.location), PART)
        ),
        location: shown(row.location),
        holders: grouped(row.holders),
        reclaim: grouped(row.reclaim()),
        assign: grouped(row.assign),
        after: grouped(row.after()),
        none_left: row.after() == 0,
        share: share(row.reclaim(), row.holders),
        how: match (row.uninstall, row.release) {
            (0, _) => "release".to_owned(),
            (_, 0) => "uninstall".to_owned(),
            (uninstall, release) => {
                format!("{} uninstall, {} release", grouped(uninstall), grouped(release))
            }
        },
        causes: row.causes.iter().take(4).copied().collect(),
        more: plus(row.causes.len().saturating_sub(4)),
        place: first(links, row.places.iter()),
    }
}

/// What taking back means for the people who hold the devices.
fn meaning(sections: &Sections<'_>) -> Vec<(String, &'static str)> {
    let totals = &sections.totals;
    let all = [
        (
            totals.uninstall,
            " by uninstall: the app and its data are deleted from the device; the license is back \
             once the device has proven it, which can take days",
        ),
        (
            totals.release,
            " by release: the license is back at once; the app stays on the device for up to 30 \
             days",
        ),
    ];
    let some = all.into_iter().filter(|(number, _)| *number > 0);
    some.map(|(number, said)| (grouped(number), said)).collect()
}

fn assign(row: &AssignRow<'_>) -> AssignView {
    let each = row.each().filter(|_| row.assets.len() > 1);
    let named = row.assets.iter().take(60).map(|(name, pairs)| match row.each() {
        Some(_) => shown(name),
        None => format!("{} {}", shown(name), grouped(*pairs)),
    });
    let mut names = named.collect::<Vec<_>>().join(", ");
    if row.assets.len() > 60 {
        names = format!("{names} … {}", plus(row.assets.len() - 60));
    }
    AssignView {
        apps: grouped(count(row.assets.len())),
        each: each.map(|each| format!("× {}", grouped(each))).unwrap_or_default(),
        total: grouped(row.total()),
        causes: row.causes.iter().take(4).copied().collect(),
        more: plus(row.causes.len().saturating_sub(4)),
        names,
    }
}

fn users(sections: &Sections<'_>) -> Vec<(String, &'static str)> {
    let totals = &sections.totals;
    let all = [
        (totals.create, "to register"),
        (totals.update, "to update (e-mail address)"),
        (totals.retire, "to retire"),
        (totals.waiting, "without accepted terms, cannot install yet"),
    ];
    let some = all.into_iter().filter(|(number, _)| *number > 0);
    some.map(|(number, what)| (grouped(number), what)).collect()
}

/// A few of those who came, then of those who went.
fn examples(row: &Drift) -> String {
    let came = row.gained_examples.iter().map(|name| format!("+{name}"));
    let went = row.lost_examples.iter().map(|name| format!("−{name}"));
    shown(&came.chain(went).collect::<Vec<_>>().join(" "))
}

fn carried_said(sections: &Sections<'_>) -> String {
    let under_way = &sections.under_way;
    let reclaims = counted(under_way.count(), "reclaim", "reclaims");
    let said = format!("{reclaims} of earlier runs, since {}", under_way.since());
    match under_way.ended() {
        0 => said,
        ended => format!("{said}; this plan ends {}", grouped(ended)),
    }
}

fn carried(row: &Carried) -> CarriedView {
    let remarks = remarks(row).into_iter();
    CarriedView {
        name: shown(&row.name),
        location: shown(&row.location),
        count: grouped(row.count),
        since: minute(row.since),
        phases: phases(row),
        remarks: remarks.map(|remark| (remark.loud, prose(&remark.text))).collect(),
    }
}

fn lefts(links: Option<&str>, sections: &Sections<'_>) -> Vec<LeftView> {
    let totals = &sections.totals;
    let assets = counted(totals.unmanaged_assets, "asset", "assets");
    let unmanaged = LeftView {
        pairs: grouped(totals.unmanaged),
        said: format!("of {assets} that no manifest manages: never touched"),
        loud: false,
        names: String::new(),
        place: None,
    };
    let rows = sections.left.iter().map(|row| left(links, row));
    rows.chain((totals.unmanaged > 0).then_some(unmanaged)).collect()
}

fn left(links: Option<&str>, row: &LeftRow<'_>) -> LeftView {
    let named = row.assets.iter().take(5);
    let named = named.map(|(name, pairs)| format!("{} {}", shown(name), grouped(*pairs)));
    let rest = plus(row.assets.len().saturating_sub(5));
    let rest = if rest.is_empty() { rest } else { format!(" … {rest}") };
    LeftView {
        pairs: grouped(row.pairs),
        said: row.said().to_owned(),
        loud: row.is_loud(),
        names: format!("{}{rest}", named.collect::<Vec<_>>().join(", ")),
        place: first(links, row.places.iter()),
    }
}

fn license(location: &str, row: &crate::plan::LicenseRow, state: LicenseState) -> LicenseView {
    let after = row.assigned.saturating_sub(row.release).saturating_add(row.assign);
    let (class, state) = match state {
        LicenseState::NotOwned => ("bad", "not owned here".to_owned()),
        LicenseState::Short => ("bad", format!("short by {}", grouped(row.short))),
        LicenseState::NoneLeft => ("warn", "none left".to_owned()),
        LicenseState::Fine => ("", String::new()),
    };
    LicenseView {
        name: shown(&row.name),
        link: format!(
            "#app={}&location={}",
            key(row.asset),
            utf8_percent_encode(&escape::terminal(location), PART)
        ),
        location: shown(location),
        total: match row.stock {
            Some(Stock::Limited { total, available: _, retired: _ }) => grouped(total),
            Some(Stock::Unlimited) => "unlimited".to_owned(),
            None => "–".to_owned(),
        },
        now: grouped(row.assigned),
        after: grouped(after),
        free: row.free_after.map_or_else(|| "–".to_owned(), grouped),
        bar: Bar::of(row),
        class,
        state,
    }
}

fn stock(sections: &Sections<'_>) -> Vec<String> {
    let states = [
        (LicenseState::NotOwned, "not owned"),
        (LicenseState::Short, "short"),
        (LicenseState::NoneLeft, "with none left"),
        (LicenseState::Fine, "fine"),
    ];
    let counts = states.map(|(state, word)| (sections.licenses.count(state), word));
    let some = counts.into_iter().filter(|(number, _)| *number > 0);
    some.map(|(number, word)| format!("{} {word}", grouped(number))).collect()
}

fn closing(plan: &Plan, sections: &Sections<'_>) -> Vec<(&'static str, String)> {
    let cost = sections.cost;
    let mut rows = vec![];
    if cost.write_requests > 0 {
        let mut text = format!(
            "at least {}, about {} to {}",
            counted(cost.write_requests, "request", "requests"),
            seconds(cost.least_seconds),
            seconds(cost.likely_seconds)
        );
        if cost.waits > 0 {
            let waits = counted(cost.waits, "reclaim waits", "reclaims wait");
            text = format!("{text}; {waits} for devices beyond that");
        }
        rows.push(("Apply takes", text));
    }
    rows.push(("Fingerprint", shown(&fingerprint::short(&plan.fingerprint))));
    rows.push((
        "Made",
        format!("{} by {}", plan.created_at.strftime("%Y-%m-%d %H:%M:%SZ"), shown(&plan.tool)),
    ));
    rows.push(("Manifests", shown(&plan.manifests.folder)));
    if sections.verdict != Verdict::Nothing {
        rows.push((
            "Validity",
            "apply refuses this plan once the manifests or these assignments have changed"
                .to_owned(),
        ));
    }
    rows
}
