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
use crate::diagnostic::nearest;
use crate::license::{HolderRef, Roster};
use crate::plan::{Action, Change, Plan};
use crate::render::diff::Look;
use crate::render::holdings::{self, Holdings};
use crate::render::number::counted;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { manifests, sharding, apps, detailed_exitcode, target, state, rereading } =
        arguments;
    let prepared = prepare::prepare(context, &manifests.folder, remember::means(target, None))?;
    let wanted = chosen(&prepared, apps)?;
    let chosen = planning::choose(context, &prepared, target, *sharding)?;
    let apple = Apple::start(target).await?;
    let store = state::keep(context, &manifests.folder, state, target).await?;
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
    streams.print(|out| all(out, look, &changes, &locations, &prepared.roster))?;
    hint(context, &plan)?;
    Ok(match (plan.complete, *detailed_exitcode && !changes.is_empty()) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Changes,
        (true, false) => Exit::Done,
    })
}

/// The names of the manifests that are asked for; none where all are meant.
fn chosen(prepared: &prepare::Prepared, asked: &[String]) -> Result<Vec<String>, Failure> {
    let known = &prepared.desired.assets;
    let mut names = Vec::new();
    for asked in asked {
        let found: Vec<&str> = known
            .iter()
            .filter(|one| one.name == *asked || one.asset.adam_id.to_string() == *asked)
            .map(|one| one.name.as_str())
            .collect();
        if found.is_empty() {
            let near = nearest(asked, known.iter().map(|one| one.name.as_str()));
            let near = near.map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?"));
            return Err(Failure::usage(format!("there is no app or book `{asked}`{near}")));
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
