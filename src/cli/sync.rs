//! `vpp sync`: has servers that own tokens sync with Apple, and waits until they have.

use super::Context;
use super::args::Sync as Arguments;
use super::choose::Chosen;
use super::exit::Exit;
use super::failure::Failure;
use super::prepare;
use super::served;
use crate::diagnostic::Diagnostic;
use crate::intune::{self, Writer};
use crate::manifest;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let folder = &arguments.manifests.folder;
    let manifest::Loaded { mut manifests, diagnostics } = manifest::load(folder);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(prepare::refuse(context, &manifests, &diagnostics)?);
    }
    let target = &arguments.target;
    let chosen = Chosen::typed(&manifests, target, None)?;
    manifests.locations.retain(|location| chosen.has(&location.name.value));
    let opened = served::open_all(context, &manifests, &prepare::root(folder), target).await?;
    if opened.is_empty() {
        return Err(Failure::usage(
            "no location has `licenses: mdm`: Apple itself is always up to date",
        ));
    }
    let mut exit = Exit::Done;
    for one in opened {
        let name = &one.location;
        let mut patience = one.patience;
        if let Some(wait) = arguments.wait {
            patience.whole = wait;
            patience.pause = patience.pause.min(wait);
        }
        let synced = match one.token {
            Err(why) => Err(why),
            Ok((reader, token)) => intune::sync(&Writer::new(reader), &token, patience).await,
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
