//! `vpp receive`: takes in what device-management servers and Apple tell.

use std::sync::Arc;

use camino::Utf8Path;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::args::{Receive as Arguments, Target};
use super::choose::Chosen;
use super::connect::{self, Apple};
use super::exit::Exit;
use super::failure::Failure;
use super::{Context, clock, prepare, signals, state, token};
use crate::apple::{AppleError, ClientConfigChange, Notifications, Reader, Writer};
use crate::diagnostic::Diagnostic;
use crate::manifest::kind::{Location, Mdm, MdmDriver, TokenSource};
use crate::manifest::{self, Manifests};
use crate::receive::{Doors, Kind, Receiver, Secret};
use crate::render::escape;

/// What `apply` has a use for, where Apple offers it.
const TYPES: [&str; 5] = [
    "ASSET_MANAGEMENT",
    "USER_MANAGEMENT",
    "USER_ASSOCIATED",
    "ASSET_COUNT",
    "SUBSCRIPTION_MANAGEMENT",
];

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let manifest::Loaded { manifests, diagnostics } = manifest::load(&arguments.manifests.folder);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(prepare::refuse(context, &manifests, &diagnostics)?);
    }
    let folder = prepare::root(&arguments.manifests.folder);
    let doors = doors(context, arguments, &manifests, &folder)?;
    let paths = doors.paths();
    let target = Target { no_exec: arguments.no_exec, ..Target::default() };
    let store =
        state::open(context, &arguments.manifests.folder, &arguments.state, &target).await?;
    let receiver = Receiver::new(doors, store, Arc::new(clock::now));
    let listener = TcpListener::bind(arguments.listen)
        .await
        .map_err(|error| anyhow::anyhow!("cannot listen on {}: {error}", arguments.listen))?;
    let address = listener.local_addr()?;
    let mut signals = signals::listen()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = async move {
        let stopped = async {
            // Whoever would say so is gone: that is the end too.
            let _ = stopped.await;
        };
        receiver.serve(listener, stopped).await
    };
    let mut serving = tokio::spawn(serving);
    context
        .streams
        .print(|out| paths.iter().try_for_each(|path| writeln!(out, "http://{address}{path}")))?;
    context.streams.hint(
        "receiving until Ctrl-C; put a proxy with TLS in front of these addresses, and keep /metrics \
         and /healthz to yourself",
    )?;
    // Apple sends a test while it is told where to send: it must be answered already.
    let work = async {
        subscribe(context, arguments, &manifests, &folder).await?;
        signals.next().await;
        Ok(Exit::Done)
    };
    let ended = tokio::select! {
        ended = work => ended,
        served = &mut serving => {
            served.map_err(|error| anyhow::anyhow!("the receiver failed: {error}"))??;
            return Err(anyhow::anyhow!("the receiver stopped by itself").into());
        }
    };
    // The receiver hears of it, or has ended already.
    let _ = stop.send(());
    serving.await.map_err(|error| anyhow::anyhow!("the receiver failed: {error}"))??;
    ended
}

/// A door for every Mdm and location that was named, or that has a secret for it.
fn doors(
    context: &Context,
    arguments: &Arguments,
    manifests: &Manifests,
    folder: &Utf8Path,
) -> Result<Doors, Failure> {
    let mut doors = Doors::default();
    let read = |source: &TokenSource, of: &str| -> anyhow::Result<Secret> {
        let text = token::secret(source, folder, &context.environment, !arguments.no_exec, of)?;
        Secret::new(&text).map_err(|error| anyhow::anyhow!("{of}: {error}"))
    };
    for name in &arguments.mdms {
        let Some(mdm) = manifests.mdms.iter().find(|mdm| mdm.name.value == *name) else {
            return Err(Failure::usage(format!("there is no Mdm `{name}`")));
        };
        if kind(mdm).is_none() {
            let driver = mdm.driver.value.key();
            return Err(Failure::usage(format!("`{name}` is {driver}, which sends no events")));
        }
        if mdm.driver.value.webhook().is_none() {
            return Err(Failure::usage(format!(
                "the Mdm `{name}` has no `webhookKey`: nobody could tell its events from forged ones"
            )));
        }
    }
    for mdm in &manifests.mdms {
        let name = &mdm.name.value;
        let named = arguments.mdms.is_empty() || arguments.mdms.contains(name);
        if let (true, Some(kind), Some(source)) = (named, kind(mdm), mdm.driver.value.webhook()) {
            let secret = read(&source.value, &format!("the webhookKey of the Mdm {name}"))?;
            doors.add_mdm(name, kind, secret);
        }
    }
    for location in &manifests.locations {
        let Some(notifications) = &location.notifications else { continue };
        let name = &location.name.value;
        let of = format!("the notifications' token of the Location {name}");
        let uid = location.uid.as_ref().map(|uid| uid.value.clone());
        doors.add_location(name, uid, read(&notifications.value.token, &of)?);
    }
    if doors.is_empty() {
        return Err(anyhow::anyhow!(
            "there is nothing to receive\nhint: add `webhookKey:` to an Mdm, or `notifications:` to a \
             Location"
        )
        .into());
    }
    Ok(doors)
}

/// How the events of an Mdm prove themselves; `None` where it sends none.
fn kind(mdm: &Mdm) -> Option<Kind> {
    match &mdm.driver.value {
        MdmDriver::Nanomdm(_) | MdmDriver::Nanohub(_) => Some(Kind::Signed),
        MdmDriver::Micromdm(_) => Some(Kind::Password),
        MdmDriver::Exec(_) => Some(Kind::Program),
        MdmDriver::Fleet(_) | MdmDriver::Sandbox | MdmDriver::Intune(_) => None,
    }
}

/// Tells Apple where to send the notifications of the locations that were named.
async fn subscribe(
    context: &Context,
    arguments: &Arguments,
    manifests: &Manifests,
    folder: &Utf8Path,
) -> Result<(), Failure> {
    if arguments.subscribe.is_empty() {
        return Ok(());
    }
    let chosen = Chosen::these(manifests, arguments.subscribe.clone())?;
    let target = Target { no_exec: arguments.no_exec, ..Target::default() };
    let opened = connect::open_all(context, manifests, folder, &target, &chosen, &Apple::Real);
    for one in opened {
        let location = manifests.locations.iter().find(|location| location.name.value == one.name);
        let Some(location) = location else { continue };
        let reader = one.reader.map_err(|reason| anyhow::anyhow!("{}: {reason}", one.name))?;
        let Some(door) = &location.notifications else {
            return Err(Failure::usage(format!(
                "the Location `{}` has no `notifications:` to subscribe with",
                one.name
            )));
        };
        let of = format!("the notifications' token of the Location {}", one.name);
        let auth_token = token::secret(
            &door.value.token,
            folder,
            &context.environment,
            !arguments.no_exec,
            &of,
        )?;
        let url = door.value.url.clone();
        own(&reader, location).await?;
        let offered = reader.service_config().await?.notification_types.clone();
        let types: Vec<_> = TYPES
            .iter()
            .filter(|kind| offered.is_empty() || offered.iter().any(|offered| offered == *kind))
            .map(|kind| (*kind).to_owned())
            .collect();
        let notifications = Notifications { url: url.clone(), auth_token, types };
        let change = ClientConfigChange { owner: None, notifications: Some(notifications) };
        let writer = Writer::new(reader);
        writer.set_client_config(&change).await.map_err(|error| unreachable(&error, &url))?;
        let now = writer.reader().client_config().await?;
        if now.notification_url.as_deref() != Some(url.as_str()) {
            return Err(anyhow::anyhow!(
                "{}: Apple took the subscription, and reads back another address; run it again",
                one.name
            )
            .into());
        }
        let kinds = now.notification_types.join(", ");
        context.streams.hint(&format!(
            "{}: Apple sends {} to {}",
            one.name,
            escape::terminal(&kinds),
            escape::terminal(&url)
        ))?;
    }
    Ok(())
}

/// Refuses to redirect the notifications of somebody else's location.
async fn own(reader: &Reader, location: &Location) -> Result<(), Failure> {
    let found = reader.client_config().await?.owner;
    let ours = location.owner.as_ref().map(|owner| owner.value.id.as_str());
    match found {
        Some(found) if ours.is_some_and(|ours| ours != found.id) => Err(Failure::new(
            Exit::Blocked,
            format!(
                "{} is claimed by {} (id {}); its notifications are not ours to redirect",
                location.name.value,
                escape::terminal(&found.name),
                escape::terminal(&found.id)
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Apple tries the address before it takes it (9728).
fn unreachable(error: &AppleError, url: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "{error}\nhint: Apple sends a test to {} while it subscribes; it must reach this receiver, by \
         https",
        escape::terminal(url)
    )
}
