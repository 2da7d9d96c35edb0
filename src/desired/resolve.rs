use std::collections::BTreeMap;

use super::associations::Associations;
use super::entries::{Reach, Reached};
use super::names::{count_of, first_names};
use super::numbering::Numbered;
use super::{Desired, ResolvedGroup, codes, entries, groups, people, seats};
use crate::diagnostic::Diagnostic;
use crate::inventory::{Table, shown};
use crate::license::{Roster, RosterFull};
use crate::manifest::Manifests;

/// How many further lines a warning points at.
const MOST_LABELS: usize = 4;

/// What the manifests ask for, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Resolved {
    /// The wanted sets; not to be planned with where a diagnostic is an error.
    pub desired: Desired,
    /// What is wrong, or worth knowing.
    pub diagnostics: Vec<Diagnostic>,
}

/// Resolves checked manifests over their inventories, numbering holders in `roster`.
///
/// An inventory that is not among `tables` could not be read, which has been reported: groups
/// from it have no members then.
pub fn resolve(
    manifests: &Manifests,
    tables: &BTreeMap<String, Table>,
    roster: &mut Roster,
) -> Resolved {
    let mut diagnostics = vec![];
    match try_resolve(manifests, tables, roster, &mut diagnostics) {
        Ok(desired) => Resolved { desired, diagnostics },
        Err(full) => {
            let full = Diagnostic::error(&codes::TOO_MANY, full.to_string());
            diagnostics.push(full.help("split the manifests and run them one after the other"));
            Resolved { desired: Desired::default(), diagnostics }
        }
    }
}

fn try_resolve(
    manifests: &Manifests,
    tables: &BTreeMap<String, Table>,
    roster: &mut Roster,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Desired, RosterFull> {
    let numbered = Numbered::of(manifests, tables, roster)?;
    let associations = Associations::of(&numbered);
    let groups = groups::resolve(&manifests.groups, &numbered, &associations, roster, diagnostics)?;
    let mut reached = Reached::new();
    let assets: Vec<_> = manifests
        .assets
        .iter()
        .map(|asset| entries::resolve(asset, &groups, roster, &mut reached, diagnostics))
        .collect();
    let subscriptions: Vec<_> = manifests
        .subscriptions
        .iter()
        .map(|subscription| seats::resolve(subscription, &groups, roster, &mut reached))
        .collect();
    warn_of_unreached(&reached, &groups, &associations, roster, diagnostics);
    let licensed = people::licensed(&assets, &subscriptions, roster);
    let people = people::resolve(manifests, &licensed, &numbered, roster, diagnostics);
    Ok(Desired { assets, subscriptions, groups, people })
}

/// Warns once per group of the members that licenses for the other kind of holder do not reach.
fn warn_of_unreached(
    reached: &Reached<'_>,
    groups: &BTreeMap<String, ResolvedGroup>,
    associations: &Associations,
    roster: &Roster,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for ((name, reach), spans) in reached {
        let Some(group) = groups.get(*name) else { continue };
        let (code, lost, why, help) = match reach {
            Reach::Members => continue,
            Reach::Users => (
                &codes::NO_USER,
                associations.unused(&(&group.members - roster.users())),
                "have no known user and get nothing where licenses go to users",
                "fill in the user column of an inventory, or name devices that can hold licenses themselves: `license: device`",
            ),
            Reach::Devices => (
                &codes::NO_DEVICE,
                associations.without_device(&(&group.members & roster.users())),
                "have no known device and get nothing where licenses go to devices",
                "an inventory with a serial number and a user column says who has which device",
            ),
        };
        if lost.is_empty() {
            continue;
        }
        let message = format!(
            "{} of group {} {why}: {}",
            count_of(&lost, roster),
            shown(name),
            first_names(&lost, roster)
        );
        let mut found = Diagnostic::warning(code, message);
        for span in spans.iter().take(MOST_LABELS) {
            found = found.at(*span, "asked for here");
        }
        if spans.len() > MOST_LABELS {
            found =
                found.help(format!("{} more entries ask for the same", spans.len() - MOST_LABELS));
        }
        diagnostics.push(found.help(help));
    }
}
