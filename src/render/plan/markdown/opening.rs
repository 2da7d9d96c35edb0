use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::fit::{Section, shown};
use super::page::{Page, name, row, sentence, titles};
use crate::actual::MdmInfo;
use crate::intune;
use crate::plan::Plan;
use crate::render::escape;
use crate::render::number::{count, counted, grouped, sum};
use crate::render::plan::{Claim, LocationRow, Verdict, base_said};

/// What may stand in the mark as it is.
const MARK: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// The mark, the verdict and the totals.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of a row of sections, others of which may be absent"
)]
pub(super) fn opening<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let (plan, sections) = (page.plan, page.sections);
    let totals = &sections.totals;
    let mut text = format!("<!-- vpp-plan target={} dir={} -->\n", target(plan), folder(plan));
    let sign = match sections.verdict {
        Verdict::Ready | Verdict::Nothing => "✅",
        Verdict::Blocked { .. } | Verdict::Incomplete { .. } => "⛔",
    };
    let word = sections.verdict.word();
    if sections.verdict == Verdict::Nothing {
        text.push_str(&format!("### {sign} vpp plan: {word}\n\n"));
    } else {
        let reclaim = format!("{} to reclaim", grouped(totals.reclaim()));
        let reclaim = if totals.reclaim() > 0 { format!("**{reclaim}**") } else { reclaim };
        text.push_str(&format!(
            "### {sign} vpp plan: {word} — {} to assign, {reclaim}, {} of {}\n\n",
            grouped(totals.assign),
            grouped(totals.assets_changed),
            sections.assets(totals.assets_managed),
        ));
    }
    text.push_str(&format!("{}\n\n", header(page)));
    text.push_str(&format!("{}\n\n", sections.verdict_said()));
    if sections.verdict != Verdict::Nothing {
        text.push_str(&format!("{}\n\n", facts(page)));
    }
    if let Some(base) = &plan.base {
        let label = escape::markdown_code(&base.label, 160);
        text.push_str(&format!("Against {label}{}\n\n", base_said(base)));
    }
    Some(Section::text(text))
}

/// Apple's ids of the locations and the places of tokens that servers own, short whatever their number, the same from run to run.
fn target(plan: &Plan) -> String {
    let uids = plan.locations.iter().map(|location| (location.uid.clone(), &location.name));
    let tokens = plan.mdm_locations.iter().map(|location| {
        (location.token.as_ref().map(|token| intune::place(&token.id)), &location.name)
    });
    let ids = uids.chain(tokens).map(|(id, name)| id.unwrap_or_else(|| name.clone()));
    let mut ids: Vec<String> = ids.collect();
    ids.sort_unstable();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let all = ids.join(",");
    let text = if all.len() <= 200 {
        marked(&ids)
    } else {
        let hash: String =
            Sha256::digest(&all).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}-locations-{hash}", ids.len())
    };
    if text.is_empty() { "none".to_owned() } else { text }
}

fn folder(plan: &Plan) -> String {
    let folder: String = plan.manifests.folder.chars().take(200).collect();
    if folder.is_empty() { ".".to_owned() } else { marked(&[&folder]) }
}

/// Texts for a comment of HTML, which two hyphens could end.
fn marked(texts: &[&str]) -> String {
    let encoded: Vec<String> =
        texts.iter().map(|text| utf8_percent_encode(text, MARK).to_string()).collect();
    encoded.join(",").replace("--", "-%2D").replace("--", "-%2D")
}

/// Which plan this is.
fn header(page: &Page<'_>) -> String {
    let mut items = vec![];
    match page.sections.locations.as_slice() {
        [only] => {
            let mut text = name(only.name);
            if let Some(title) = only.title.filter(|title| *title != only.name) {
                text = format!("{text}, {}", name(title));
            }
            if let Some(uid) = only.uid {
                text = format!("{text} (uId {})", escape::markdown_code(uid, 100));
            }
            items.push(text);
            items.extend(only.owner.map(|owner| format!("owned by {}", name(&owner.name))));
        }
        several => items.push(counted(count(several.len()), "location", "locations")),
    }
    items.push(page.sections.read_said(page.plan));
    items.join(" · ")
}

/// The totals that are not in the title.
fn facts(page: &Page<'_>) -> String {
    let totals = &page.sections.totals;
    let mut facts = vec![format!("{} unchanged", grouped(totals.unchanged))];
    if totals.unmanaged > 0 {
        facts.push(format!("{} unmanaged (left alone)", grouped(totals.unmanaged)));
    }
    if totals.told > 0 {
        facts.push(counted(totals.told, "group is told", "groups are told"));
    }
    if totals.devices > 0 {
        facts.push(counted(totals.devices, "device", "devices"));
    }
    if totals.users > 0 {
        facts.push(counted(totals.users, "user", "users"));
    }
    facts.join(" · ")
}

/// Which locations could not be read, and why.
pub(super) fn failures<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let failed: Vec<(&str, &str)> = page
        .sections
        .locations
        .iter()
        .filter_map(|location| Some((location.name, location.failed?)))
        .collect();
    if failed.is_empty() {
        return None;
    }
    let all = failed.len();
    Some(ended(Section::rows(
        titles(["could not be read", "why"]),
        &failed,
        1,
        |(_, (location, why))| row([&format!("❌ {}", name(location)), &sentence(why)]),
        move |at| row([&format!("*{} are in the plan*", shown(at, all)), ""]),
    )))
}

/// With an empty line after it.
pub(super) fn ended(mut section: Section<'_>) -> Section<'_> {
    section.foot.push('\n');
    section
}

/// Locations that would be claimed, and from whom.
pub(super) fn claims<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    let claims = &page.sections.claims;
    if claims.is_empty() {
        return None;
    }
    let all = claims.len();
    Some(ended(Section::rows(
        titles(["apply will", "location", "as", "from"]),
        claims,
        1,
        |(_, claim)| one_claim(claim),
        move |at| {
            let rest = claims.get(at..).unwrap_or_default();
            let over = grouped(count(rest.iter().filter(|claim| claim.over.is_some()).count()));
            row([&format!("*{}, {over} of them from another owner*", shown(at, all)), "", "", ""])
        },
    )))
}

fn one_claim(claim: &Claim<'_>) -> String {
    let Claim { location, owner, over } = claim;
    let who = |owner: &MdmInfo| format!("{} ({})", name(&owner.name), name(&owner.id));
    let (verb, from) = match over {
        Some(other) if other.id != owner.id => ("⚠️ **take over**", who(other)),
        Some(_) => ("claim again", String::new()),
        None => ("claim", "nobody has claimed it".to_owned()),
    };
    row([verb, &name(location), &who(owner), &from])
}

/// The locations of a plan of several, those with nothing to look at in one row.
pub(super) fn locations<'p>(page: &Page<'p>) -> Option<Section<'p>> {
    if !page.several() {
        return None;
    }
    let rows = &page.sections.locations;
    let (loud, quiet): (Vec<&LocationRow<'_>>, Vec<&LocationRow<'_>>) = rows
        .iter()
        .filter(|location| location.failed.is_none())
        .partition(|location| !location.is_quiet());
    let cells = |text: &str, rows: &[&LocationRow<'_>], last: &str| {
        let all = |of: fn(&LocationRow<'_>) -> u64| grouped(sum(rows.iter().map(|row| of(row))));
        let (assign, reclaim) = (all(|row| row.assign), all(|row| row.reclaim));
        row([text, &assign, &reclaim, &all(|row| row.unchanged), last])
    };
    let mut section = Section::rows(
        "**Locations**\n\n".to_owned()
            + &titles(["location", ">assign", ">reclaim", ">unchanged", ""]),
        &loud,
        2,
        |(_, location)| {
            let mut text = name(location.name);
            if let Some(title) = location.title.filter(|title| *title != location.name) {
                text = format!("{text}, {}", name(title));
            }
            cells(&text, &[location], if location.claimed { "will be claimed" } else { "" })
        },
        {
            let loud = loud.clone();
            move |at| {
                let text = format!("*{}*", shown(at, loud.len()));
                cells(&text, loud.get(at..).unwrap_or_default(), "")
            }
        },
    );
    if !quiet.is_empty() {
        let text = format!("*{} without a change*", grouped(count(quiet.len())));
        section.foot.push_str(&cells(&text, &quiet, ""));
    }
    let failed = rows.len() - loud.len() - quiet.len();
    if failed > 0 {
        let text = format!("*{} not read*", grouped(count(failed)));
        section.foot.push_str(&row([&text, "–", "–", "–", ""]));
    }
    Some(ended(section))
}
