//! `vpp diff`: who holds each app and who would, as a unified diff.

use std::io::{self, Write};

use super::Context;
use super::args::Diff as Arguments;
use super::connect::Apple;
use super::exit::Exit;
use super::failure::Failure;
use super::plan::{self as planning, Made};
use super::prepare;
use super::remember;
use super::snapshots::Past;
use super::state;
use crate::actual::Actual;
use crate::desired::Desired;
use crate::diagnostic::nearest;
use crate::license::{AdamId, HolderRef, HolderSet, Roster};
use crate::plan::{Action, Change, Plan};
use crate::render::diff::Look;
use crate::render::holdings::{self, Holdings};
use crate::render::number::counted;
use crate::render::seat_holdings::{self, SeatHoldings};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { manifests, sharding, apps, detailed_exitcode, target, state, rereading } =
        arguments;
    let store = state::keep(context, &manifests.folder, state, target).await?;
    let means = remember::means(target, store.as_ref());
    let prepared = prepare::prepare(context, &manifests.folder, means)?;
    let wanted = chosen(&prepared, apps)?;
    let chosen = planning::choose(context, &prepared, target, *sharding)?;
    let apple = Apple::start(target).await?;
    let past = Past::new(store.as_deref(), *rereading, target);
    let made = planning::make(context, prepared, target, &chosen, &apple, past).await;
    apple.stop().await?;
    let Made { plan, prepared, locations, .. } = made?;
    let streams = &context.streams;
    for location in &plan.locations {
        if let Some(reason) = &location.failed {
            let style = streams.err_styles().error;
            let text = format!("{}: not read: {reason}", location.name);
            let text = crate::render::escape::lines(&text);
            streams.say(|out| writeln!(out, "{style}error{style:#}: {text}"))?;
        }
    }
    for location in &plan.mdm_locations {
        streams.hint(&format!(
            "{}: its server owns the token and is told groups, so `vpp plan` shows what changes there",
            location.name
        ))?;
    }
    let is_chosen = |change: &Change| wanted.is_empty() || wanted.contains(&change.name);
    let changes: Vec<&Change> = plan.changes.iter().filter(|change| is_chosen(change)).collect();
    let styles = streams.out_styles();
    let look = Look { styles: &styles, ascii: streams.shape().ascii };
    let seats = seats(&plan, &locations, &prepared.roster, &wanted);
    streams.print(|out| {
        all(out, look, &changes, &locations, &prepared.roster)?;
        seats.iter().try_for_each(|one| seat_holdings::write(out, look, one))
    })?;
    hint(context, &plan)?;
    let differs = !changes.is_empty() || !seats.is_empty();
    Ok(match (plan.complete, *detailed_exitcode && differs) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Changes,
        (true, false) => Exit::Done,
    })
}

/// The names of the manifests that are asked for; none where all are meant.
fn chosen(prepared: &prepare::Prepared, asked: &[String]) -> Result<Vec<String>, Failure> {
    let Desired { assets, subscriptions, .. } = &prepared.desired;
    let assets = assets.iter().map(|one| (one.name.as_str(), one.asset.adam_id));
    let subscriptions = subscriptions.iter().map(|one| (one.name.as_str(), one.adam_id));
    let known: Vec<(&str, AdamId)> = assets.chain(subscriptions).collect();
    let mut names = Vec::new();
    for asked in asked {
        let found: Vec<&str> = known
            .iter()
            .filter(|(name, adam_id)| name == asked || adam_id.to_string() == *asked)
            .map(|(name, _)| *name)
            .collect();
        if found.is_empty() {
            let near = nearest(asked, known.iter().map(|(name, _)| *name));
            let near = near.map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?"));
            return Err(Failure::usage(format!(
                "there is no app, book or subscription `{asked}`{near}"
            )));
        }
        names.extend(found.into_iter().map(str::to_owned));
    }
    Ok(names)
}

/// One app after the other, so that no more than the holders of one are listed at a time.
fn all(
    out: &mut dyn Write,
    look: Look<'_>,
    changes: &[&Change],
    locations: &[(String, Result<Actual, String>)],
    roster: &Roster,
) -> io::Result<()> {
    // Changes are ordered by location and then asset.
    for of_one in changes.chunk_by(|a, b| (&a.location, a.asset) == (&b.location, b.asset)) {
        let Some(first) = of_one.first() else { continue };
        let actual = locations.iter().find(|(name, _)| *name == first.location);
        let held = actual
            .and_then(|(_, read)| read.as_ref().ok())
            .and_then(|actual| actual.held.get(&first.asset));
        let (mut losing, mut getting) = (Vec::new(), Vec::new());
        for change in of_one {
            let holders = match change.action {
                Action::Release | Action::Uninstall => &mut losing,
                Action::Assign => &mut getting,
            };
            let devices = change.devices.iter().map(|serial| HolderRef::Device(serial.as_str()));
            holders.extend(devices);
            holders.extend(change.users.iter().map(|user| HolderRef::User(user.as_str())));
        }
        let holdings = Holdings {
            location: &first.location,
            asset: first.asset,
            kind: first.kind,
            name: &first.name,
            bundle_id: first.bundle_id.as_deref(),
            held: held.map(|held| roster.sorted(held)).unwrap_or_default(),
            losing,
            getting,
        };
        holdings::write(out, look, holdings)?;
    }
    Ok(())
}

/// Subscriptions of which something changes, by location and number.
fn seats<'p>(
    plan: &'p Plan,
    locations: &'p [(String, Result<Actual, String>)],
    roster: &'p Roster,
    wanted: &[String],
) -> Vec<SeatHoldings<'p>> {
    let mut all = vec![];
    for location in &plan.locations {
        let Some(subscriptions) = &location.subscriptions else { continue };
        let actual = locations.iter().find(|(name, _)| *name == location.name);
        let actual = actual.and_then(|(_, read)| read.as_ref().ok()?.seats.as_ref());
        for row in &subscriptions.seats {
            let changes = subscriptions.changes.iter().filter(|one| one.adam_id == row.adam_id);
            let people = subscriptions.administrators.iter();
            let people = people.filter(|one| one.adam_id == row.adam_id);
            let (changes, appointments): (Vec<_>, Vec<_>) = (changes.collect(), people.collect());
            let is_chosen = wanted.is_empty() || wanted.contains(&row.name);
            if !is_chosen || (changes.is_empty() && appointments.is_empty()) {
                continue;
            }
            let held = actual.and_then(|actual| actual.held.get(&row.adam_id));
            let going = held.into_iter().flat_map(|held| names(roster, &held.renewing));
            let ending = held.into_iter().flat_map(|held| names(roster, &held.expiring));
            let administrators = actual.and_then(|one| one.administrators.get(&row.adam_id));
            all.push(SeatHoldings {
                location: &location.name,
                adam_id: row.adam_id,
                name: &row.name,
                held: going
                    .map(|name| (name, true))
                    .chain(ending.map(|name| (name, false)))
                    .collect(),
                administrators: administrators
                    .into_iter()
                    .flat_map(|set| names(roster, set))
                    .collect(),
                changes,
                appointments,
            });
        }
    }
    all
}

fn names<'r>(roster: &'r Roster, set: &'r HolderSet) -> impl Iterator<Item = &'r str> {
    roster.sorted(set).into_iter().map(HolderRef::text)
}

/// What a list of who moves cannot show.
fn hint(context: &Context, plan: &Plan) -> io::Result<()> {
    let left: u64 = plan.inactions.iter().map(|inaction| inaction.pairs).sum();
    if left > 0 {
        let left = counted(left, "license is", "licenses are");
        context.streams.hint(&format!(
            "{left} left as they are though the manifests differ; `vpp plan` says why"
        ))?;
    }
    if plan.complete && !plan.applyable {
        context.streams.hint("a guard blocks this; `vpp plan` says which")?;
    }
    Ok(())
}
