//! `vpp sync`: has servers that own tokens sync with Apple, and waits until they have.

use super::Context;
use super::args::Sync as Arguments;
use super::choose::Chosen;
use super::exit::Exit;
use super::failure::Failure;
use super::prepare;
use super::served;
use crate::intune::{self, Patience, Writer};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let folder = &arguments.manifests.folder;
    let prepared = prepare::prepare(context, folder, !arguments.target.no_exec)?;
    let (manifests, target) = (&prepared.manifests, &arguments.target);
    let chosen = Chosen::typed(manifests, &target.locations, None)?;
    let opened = served::open_all(context, manifests, &prepared.folder, target, &chosen);
    if opened.is_empty() {
        return Err(Failure::usage(
            "no location has `licenses: mdm`: Apple itself is always up to date",
        ));
    }
    let mut patience = Patience::default();
    if let Some(wait) = arguments.wait {
        patience.whole = wait;
        patience.pause = patience.pause.min(wait);
    }
    if let Some(interval) = context.environment.poll_interval()? {
        patience.pause = interval;
    }
    let mut exit = Exit::Done;
    for one in opened {
        let name = &one.location;
        let synced = match one.reader {
            Err(why) => Err(why),
            Ok(reader) => {
                let scope = served::scope(manifests, name);
                match intune::token_of(&reader, &scope).await {
                    Err(why) => Err(why),
                    Ok(token) => intune::sync(&Writer::new(reader), &token.id, patience).await,
                }
            }
        };
        let said = match synced {
            Ok(token) => {
                let at = token.last_sync.map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
                format!("{name}: synced {}", at.unwrap_or_default())
            }
            Err(why) => {
                exit = Exit::Failed;
                format!("{name}: not synced: {why}")
            }
        };
        context.streams.print(|out| writeln!(out, "{}", crate::render::escape::lines(&said)))?;
    }
    Ok(exit)
}
