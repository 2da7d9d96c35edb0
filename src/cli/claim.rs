//! `vpp claim`: a location is this installation's from now on.

use std::io::{self, IsTerminal};

use super::Context;
use super::args::{Claim as Arguments, quoted, typed_folder};
use super::choose::Chosen;
use super::connect::{self, Apple};
use super::exit::Exit;
use super::failure::Failure;
use super::prepare;
use crate::actual::MdmInfo;
use crate::apple::{ClientConfigChange, Writer};
use crate::diagnostic::Diagnostic;
use crate::manifest::kind::{Location, Owner};
use crate::manifest::{self, Manifests};
use crate::render::escape;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let manifest::Loaded { manifests, diagnostics } = manifest::load(&arguments.manifests.folder);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(prepare::refuse(context, &manifests, &diagnostics)?);
    }
    let apple = Apple::start(&arguments.target).await?;
    let result = claim(context, arguments, &manifests, &apple).await;
    apple.stop().await?;
    result
}

async fn claim(
    context: &Context,
    arguments: &Arguments,
    manifests: &Manifests,
    apple: &Apple,
) -> Result<Exit, Failure> {
    let folder = prepare::root(&arguments.manifests.folder);
    let chosen = Chosen::these(manifests, vec![arguments.location.clone()])?
        .labeled(manifests, &arguments.target.labels)?;
    let opened = connect::open_all(context, manifests, &folder, &arguments.target, &chosen, apple);
    let Some(one) = opened.into_iter().next() else {
        return Err(Failure::usage(format!("`{}` does not have the label", arguments.location)));
    };
    let reader = one.reader.map_err(|reason| anyhow::anyhow!(reason))?;
    let location = manifests.locations.iter().find(|location| location.name.value == one.name);
    let Some(owner) = location.and_then(owner) else {
        return Err(anyhow::anyhow!(
            "the Location `{}` does not say who owns it\nhint: add\n  owner: {{ id: {}, name: … }}",
            one.name,
            uuid::Uuid::new_v4()
        )
        .into());
    };
    let found = reader.client_config().await?.owner;
    let streams = &context.streams;
    match &found {
        Some(found) if found.id == owner.id && found.name == owner.name => {
            streams
                .print(|out| writeln!(out, "{}: already claimed by {}", one.name, told(&owner)))?;
            return Ok(Exit::Done);
        }
        Some(found) if found.id != owner.id => {
            if arguments.from_owner.as_deref() != Some(found.id.as_str()) {
                return Err(Failure::new(
                    Exit::Blocked,
                    format!(
                        "{} is claimed by {}; two tools on one location take licenses from each \
                         other\nhint: agree with that owner, stop it there, then run: vpp claim \
                         {}{}{} --from-owner {}",
                        one.name,
                        told(found),
                        quoted(&one.name),
                        typed_folder(&arguments.manifests.folder),
                        arguments.target.typed(),
                        quoted(&escape::terminal(&found.id))
                    ),
                ));
            }
        }
        Some(_) | None => {}
    }
    let from = found.as_ref().map_or_else(|| "nobody".to_owned(), told);
    confirm(context, arguments, &format!("{}: from {from} to {}", one.name, told(&owner)))?;
    let change = ClientConfigChange { owner: Some(owner.clone()), notifications: None };
    let writer = Writer::new(reader);
    writer.set_client_config(&change).await?;
    let now = writer.reader().client_config().await?.owner;
    if now.as_ref().map(|now| now.id.as_str()) != Some(owner.id.as_str()) {
        let now = now.as_ref().map_or_else(|| "nobody".to_owned(), told);
        return Err(anyhow::anyhow!(
            "Apple took the claim, and reads back as owned by {now}; run it again"
        )
        .into());
    }
    streams
        .print(|out| writeln!(out, "{}: claimed by {}, before: {from}", one.name, told(&owner)))?;
    Ok(Exit::Done)
}

/// The owner a Location declares, as Apple stores it.
fn owner(location: &Location) -> Option<MdmInfo> {
    let Owner { id, name, metadata } = &location.owner.as_ref()?.value;
    Some(MdmInfo {
        id: id.clone(),
        name: name.clone(),
        metadata: metadata.clone().unwrap_or_else(|| "vpp".to_owned()),
    })
}

fn told(owner: &MdmInfo) -> String {
    format!("{} (id {})", escape::terminal(&owner.name), escape::terminal(&owner.id))
}

fn confirm(context: &Context, arguments: &Arguments, what: &str) -> Result<(), Failure> {
    if arguments.auto_approve {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "claim changes the owner and nobody is at the terminal to approve it\nhint: add \
             --auto-approve",
        ));
    }
    context.streams.say(|out| write!(out, "{what}\nType yes to claim, anything else to stop: "))?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    if typed.trim() == "yes" {
        Ok(())
    } else {
        Err(Failure::new(Exit::Failed, "not approved; nothing was changed"))
    }
}
