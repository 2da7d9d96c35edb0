//! `vpp status`: licenses, tokens, owners and people as they stand at Apple.

use super::Context;
use super::args::{Status as Arguments, StatusFormat};
use super::choose::Chosen;
use super::clock;
use super::connect::{Apple, Opened};
use super::exit::Exit;
use super::failure::Failure;
use super::plan::{self as planning, Made};
use super::prepare;
use super::reclaims;
use super::remember;
use super::snapshots::Past;
use super::state;
use crate::apple::Reader;
use crate::render;
use crate::status;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.reclaims {
        return reclaims::run(context, arguments).await;
    }
    let Arguments { target, sharding, state, rereading, .. } = arguments;
    let folder = &arguments.manifests.folder;
    let store = state::keep(context, folder, state, target).await?;
    let prepared = prepare::prepare(context, folder, remember::means(target, store.as_ref()))?;
    let chosen = Chosen::typed(&prepared.manifests, target, sharding.shard)?;
    let apple = Apple::start(target).await?;
    let past = Past::new(store.as_deref(), *rereading, target);
    let made = planning::make(context, prepared, target, &chosen, &apple, past).await;
    apple.stop().await?;
    let Made { plan, opened, locations, .. } = made?;
    let link = |location: &str, code: &str| {
        reader(&opened, location).map(|reader| reader.invitation_url(code)).unwrap_or_default()
    };
    let now = clock::now();
    let status = if arguments.invitations {
        status::of(&plan, &locations, now, Some(&link))
    } else {
        status::of(&plan, &locations, now, None)
    };
    let streams = &context.streams;
    streams.print(|out| match arguments.format {
        StatusFormat::Human => {
            render::status::human(out, &streams.out_styles(), &streams.shape(), &status)
        }
        StatusFormat::Json => render::json::line(out, &status),
        StatusFormat::Csv => render::status::csv(out, &status),
    })?;
    Ok(if plan.complete { Exit::Done } else { Exit::Failed })
}

fn reader<'a>(opened: &'a [Opened], location: &str) -> Option<&'a Reader> {
    opened.iter().find(|one| one.name == location)?.reader.as_ref().ok()
}
