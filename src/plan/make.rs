use super::served::{self, Served};
use super::survey::Survey;
use super::{
    FORMAT_VERSION, Input, ManifestSource, Plan, Summary, carried, drift, fingerprint, guards,
    numbers, report,
};

/// Makes the plan: pure, whole, and the same for the same input.
///
/// A location that could not be read is in it with the reason and nothing else; the plan is then
/// not complete and `apply` does not take it.
pub fn make(input: Input<'_>) -> Plan {
    make_with(input, &[])
}

/// The same, with what the servers have that own their locations' tokens.
pub fn make_with(input: Input<'_>, servers: &[Served]) -> Plan {
    let survey = Survey::of(&input);
    let mdm_locations = served::locations(input.manifests, servers, input.roster);
    let people = report::people(&survey);
    let changes = report::changes(&survey);
    let later = report::later(&survey);
    let inactions = report::inactions(&survey);
    let drift = drift::drift(&survey);
    let carried = carried::carried(&survey, input.reclaims);
    let guards = guards::judge(&survey, &people, &mdm_locations, servers);
    let mut locations: Vec<_> = survey
        .sites
        .iter()
        .zip(people)
        .enumerate()
        .map(|(index, (site, people))| report::location(&survey, index, site, people.plan))
        .collect();
    let mut rest = changes.as_slice();
    for location in &mut locations {
        let here = rest.iter().take_while(|change| change.location == location.name).count();
        let (mine, others) = rest.split_at(here);
        location.write_requests = report::write_requests(location, mine);
        rest = others;
    }
    let diagnostics = report::notices(&survey);
    let managed = numbers::count(input.desired.assets.len());
    let summary = Summary::of((&locations, &mdm_locations), &changes, &inactions, managed);
    let complete = Plan::is_complete(&locations, &mdm_locations);
    Plan {
        format_version: FORMAT_VERSION.to_owned(),
        tool: concat!("vpp ", env!("CARGO_PKG_VERSION")).to_owned(),
        created_at: input.now,
        manifests: ManifestSource { folder: input.folder, digest: input.manifest_digest },
        fingerprint: fingerprint::of(&locations, &changes, &later, &mdm_locations),
        base: None,
        complete,
        applyable: Plan::is_applyable(complete, &guards, &diagnostics),
        summary,
        locations,
        mdm_locations,
        changes,
        drift,
        carried,
        later,
        inactions,
        guards,
        diagnostics,
    }
}
