//! Locations whose server owns the token: connections, reading, and what earlier runs remember.

use camino::Utf8Path;
use secrecy::SecretString;

use super::Context;
use super::args::Target;
use super::clock;
use super::failure::Failure;
use super::token;
use crate::actual::Actual;
use crate::apply::served::{self, Door, MdmOptions};
use crate::graph::{Address, Credential, Graph, Options, Proof};
use crate::intune::{self, Memory, Patience, Reader, Scope, Wanted, Writer};
use crate::manifest::Manifests;
use crate::manifest::kind::{
    EntraGroup, Intune, IntuneProof, LicenseOwner, Location, MdmDriver, TokenSource,
};
use crate::plan::served::Served;
use crate::store::Store;

/// One such location, its connection and the server's id of its token, or why there are none.
pub(super) struct OpenedServer {
    pub(super) location: String,
    pub(super) settings: Option<Intune>,
    pub(super) token: Result<(Reader, String), String>,
    /// How long a sync is waited for.
    pub(super) patience: Patience,
}

impl OpenedServer {
    /// What leases and memory call it.
    pub(super) fn place(&self) -> Option<String> {
        self.token.as_ref().ok().map(|(_, id)| intune::place(id))
    }
}

/// Opens every such location. One that cannot be opened does not hide the others.
pub(super) async fn open_all(
    context: &Context,
    manifests: &Manifests,
    folder: &Utf8Path,
    target: &Target,
) -> Result<Vec<OpenedServer>, Failure> {
    let locations = manifests.locations.iter();
    let mut patience = Patience::default();
    if let Some(interval) = context.environment.poll_interval()? {
        patience.pause = interval;
    }
    let mut opened = vec![];
    for location in locations.filter(|location| location.licenses == LicenseOwner::Mdm) {
        let name = &location.name.value;
        let settings = settings(manifests, location);
        let reader = match &settings {
            _ if target.sandbox.is_some() => {
                Err("the sandbox plays no Intune; leave the location out with --location"
                    .to_owned())
            }
            Some(settings) => {
                connect(context, settings, folder, target).map_err(|error| format!("{error:#}"))
            }
            None => Err("its `mdm` is no Intune".to_owned()),
        };
        let token = match reader {
            Err(why) => Err(why),
            Ok(reader) => {
                let token = intune::token_of(&reader, &scope(manifests, name)).await;
                token.map(|token| (reader, token.id))
            }
        };
        opened.push(OpenedServer { location: name.clone(), settings, token, patience });
    }
    Ok(opened)
}

fn settings(manifests: &Manifests, location: &Location) -> Option<Intune> {
    let name = location.mdm.as_ref()?;
    let mdm = manifests.mdms.iter().find(|mdm| mdm.name.value == name.value)?;
    match &mdm.driver.value {
        MdmDriver::Intune(settings) => Some((**settings).clone()),
        MdmDriver::Fleet(_)
        | MdmDriver::Nanomdm(_)
        | MdmDriver::Nanohub(_)
        | MdmDriver::Micromdm(_)
        | MdmDriver::Exec(_)
        | MdmDriver::Sandbox => None,
    }
}

fn connect(
    context: &Context,
    settings: &Intune,
    folder: &Utf8Path,
    target: &Target,
) -> anyhow::Result<Reader> {
    let secret = |source: &TokenSource| -> anyhow::Result<SecretString> {
        let text = token::read(source, folder, &context.environment, !target.no_exec)?;
        Ok(SecretString::from(secrecy::ExposeSecret::expose_secret(&text).trim()))
    };
    let proof = match &settings.proof {
        IntuneProof::Secret(source) => Proof::Secret(secret(&source.value)?),
        IntuneProof::Assertion(source) => Proof::Assertion(secret(&source.value)?),
        IntuneProof::GithubActions => {
            let variable = |name: &str| {
                context.environment.get(name).ok_or_else(|| {
                    anyhow::anyhow!(
                        "{name} is not set: `federated: githubActions` works in a job of GitHub \
                         Actions with `permissions: id-token: write`"
                    )
                })
            };
            let url = variable("ACTIONS_ID_TOKEN_REQUEST_URL")?;
            let token = variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?;
            Proof::github_actions(url, token)
                .map_err(|why| anyhow::anyhow!("ACTIONS_ID_TOKEN_REQUEST_URL: {why}"))?
        }
    };
    let mut options = Options::microsoft()?;
    if let Some(endpoint) = &settings.endpoint {
        options.graph = Address::parse(endpoint)?;
        options.login = Address::parse(endpoint)?;
    }
    let (tenant, client_id) = (settings.tenant.value.clone(), settings.client_id.value.clone());
    let credential = Credential { tenant, client_id, proof };
    Ok(Reader::new(Graph::connect(credential, options)?))
}

/// What every such location has, and what earlier runs remember of it.
pub(super) async fn read_all(
    manifests: &Manifests,
    opened: &[OpenedServer],
    mut beside: Vec<(String, Result<Actual, String>)>,
    store: Option<&dyn Store>,
) -> Vec<Served> {
    let mut all = vec![];
    for one in opened {
        let memory = match (store, one.place()) {
            (Some(store), Some(place)) => served::recall(store, &place).await,
            (_, _) => Ok(Memory::default()),
        };
        let (memory, seen) = match (memory, &one.token) {
            (Err(why), _) => (Memory::default(), Err(why)),
            (Ok(_), Err(why)) => (Memory::default(), Err(why.clone())),
            (Ok(memory), Ok((reader, _))) => {
                let scope = scope(manifests, &one.location);
                let seen = intune::read(reader, &scope, &memory, clock::now()).await;
                (memory, seen)
            }
        };
        let apple = beside.iter().position(|(name, _)| *name == one.location);
        let apple = apple.map(|place| beside.swap_remove(place).1);
        all.push(Served { location: one.location.clone(), seen, memory, apple });
    }
    all
}

/// What carries out each of these locations' part of a plan; one that could not be read has none.
pub(super) fn doors<'a>(opened: &'a [OpenedServer], served: &'a [Served]) -> Vec<Door<'a>> {
    let door = |one: &'a OpenedServer| {
        let (reader, token) = one.token.as_ref().ok()?;
        let settings = one.settings.as_ref()?;
        let seen = served.iter().find(|other| other.location == one.location);
        let after = settings.revoke_after.as_ref();
        Some(Door {
            location: &one.location,
            token,
            writer: Writer::new(reader.clone()),
            seen: seen?.seen.as_ref().ok()?,
            options: MdmOptions {
                sync_devices: settings.sync_devices,
                revoke_after: after.and_then(|after| after.value.try_into().ok()),
                patience: one.patience,
            },
        })
    };
    opened.iter().filter_map(door).collect()
}

/// What is asked of one location's server.
pub(super) fn scope(manifests: &Manifests, name: &str) -> Scope {
    let here = || {
        let all = manifests.assets.iter();
        all.filter(|asset| asset.locations.iter().any(|location| location.value == name))
    };
    let named =
        here().flat_map(|asset| asset.assign.iter().map(|entry| &entry.to).chain(&asset.except));
    let groups = named.filter_map(|to| {
        let group = manifests.groups.iter().find(|group| group.name.value == to.value)?;
        match &group.entra_group.as_ref()?.value {
            EntraGroup::Id(id) => Some(id.clone()),
            EntraGroup::AllDevices | EntraGroup::AllUsers => None,
        }
    });
    let location = manifests.locations.iter().find(|location| location.name.value == name);
    let token = location.and_then(|location| location.mdm_token.as_ref());
    Scope {
        token: token.map(|token| token.value.clone()),
        apps: here()
            .map(|asset| Wanted {
                asset: asset.asset.value,
                bundle_id: asset.bundle_id.as_ref().map(|id| id.value.clone()),
            })
            .collect(),
        groups: groups.collect(),
    }
}
