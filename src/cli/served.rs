//! Locations whose server owns the token: connections, reading, and what earlier runs remember.

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use secrecy::SecretString;
use uuid::Uuid;

use super::Context;
use super::args::Target;
use super::choose::Chosen;
use super::clock;
use super::failure::Failure;
use super::files;
use super::token;
use crate::actual::Actual;
use crate::apply::served::{Keeper, MdmLocationReport, MdmOptions, apply as apply_served};
use crate::graph::{Address, Credential, Graph, Options, Proof};
use crate::intune::{self, Memory, Patience, Reader, Scope, Wanted, Writer};
use crate::manifest::Manifests;
use crate::manifest::kind::{
    EntraGroup, Intune, IntuneProof, LicenseOwner, Location, MdmDriver, TokenSource,
};
use crate::plan::Plan;
use crate::plan::served::Served;
use crate::store::Outcome;

/// One such location and its connection, or why there is none.
pub(super) struct OpenedServer {
    pub(super) location: String,
    pub(super) settings: Option<Intune>,
    pub(super) reader: Result<Reader, String>,
}

/// Opens every such location that was chosen.
pub(super) fn open_all(
    context: &Context,
    manifests: &Manifests,
    folder: &Utf8Path,
    target: &Target,
    chosen: &Chosen,
) -> Vec<OpenedServer> {
    let locations = manifests.locations.iter();
    locations
        .filter(|location| location.licenses == LicenseOwner::Mdm)
        .filter(|location| chosen.has(&location.name.value))
        .map(|location| {
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
            OpenedServer { location: location.name.value.clone(), settings, reader }
        })
        .collect()
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
    if let Some(graph) = &settings.graph {
        options.graph = Address::parse(&graph.value)?;
    }
    if let Some(login) = &settings.login {
        options.login = Address::parse(&login.value)?;
    }
    let (tenant, client_id) = (settings.tenant.value.clone(), settings.client_id.value.clone());
    let credential = Credential { tenant, client_id, proof };
    Ok(Reader::new(Graph::connect(credential, options)?))
}

/// What every such location has, and what earlier runs remember of it.
pub(super) async fn read_all(
    manifests: &Manifests,
    folder: &Utf8Path,
    opened: &[OpenedServer],
    mut beside: Vec<(String, Result<Actual, String>)>,
) -> Result<Vec<Served>, anyhow::Error> {
    let mut all = vec![];
    for one in opened {
        let memory = Files::of(folder, &one.location).load().await.map_err(anyhow::Error::msg)?;
        let seen = match &one.reader {
            Err(why) => Err(why.clone()),
            Ok(reader) => {
                let scope = scope(manifests, &one.location);
                intune::read(reader, &scope, &memory, clock::now()).await
            }
        };
        let apple = beside.iter().position(|(name, _)| *name == one.location);
        let apple = apple.map(|place| beside.swap_remove(place).1);
        all.push(Served { location: one.location.clone(), seen, memory, apple });
    }
    Ok(all)
}

/// Carries out what the plan has for every such location, and moves on what is under way there.
pub(super) async fn carry_out(
    plan: &Plan,
    folder: &Utf8Path,
    opened: Vec<OpenedServer>,
    servers: &[Served],
) -> Vec<MdmLocationReport> {
    let mut reports = vec![];
    for location in &plan.mdm_locations {
        let here = opened.iter().find(|one| one.location == location.name);
        let seen = servers.iter().find(|one| one.location == location.name);
        let seen = seen.and_then(|one| one.seen.as_ref().ok());
        let reader = here.and_then(|one| Some((one.settings.as_ref()?, one.reader.as_ref().ok()?)));
        let (Some((settings, reader)), Some(seen)) = (reader, seen) else {
            let why = "there is no connection to its server";
            reports.push(MdmLocationReport::without_connection(location, why));
            continue;
        };
        let after = settings.revoke_after.as_ref();
        let options = MdmOptions {
            sync_devices: settings.sync_devices,
            revoke_after: after.and_then(|after| after.value.try_into().ok()),
            patience: Patience::default(),
        };
        let keeper = Files::of(folder, &location.name);
        let writer = Writer::new(reader.clone());
        let report = apply_served(location, seen, &writer, &keeper, options, &clock::now).await;
        reports.push(report);
    }
    reports
}

/// What is under way at one location, in the hidden folder beside the manifests.
struct Files {
    memory: Utf8PathBuf,
    journal: Utf8PathBuf,
}

impl Files {
    fn of(folder: &Utf8Path, location: &str) -> Self {
        let at = |kind: &str| folder.join(".vpp").join(format!("intune-{location}.{kind}"));
        Self { memory: at("json"), journal: at("journal") }
    }

    fn note(&self, line: &serde_json::Value) -> Result<(), String> {
        self.folder()?;
        files::append(self.journal.as_str(), |out| writeln!(out, "{line}")).map_err(said)
    }

    fn folder(&self) -> Result<(), String> {
        let Some(folder) = self.memory.parent() else { return Ok(()) };
        let ignore = folder.join(".gitignore");
        fs_err::create_dir_all(folder).map_err(|error| error.to_string())?;
        if ignore.exists() {
            return Ok(());
        }
        files::replace(&ignore, |out| {
            out.write_all(b"# What vpp remembers between runs belongs to this machine.\n*\n")
        })
        .map_err(said)
    }
}

fn said(failure: Failure) -> String {
    failure.message.unwrap_or_default()
}

#[async_trait]
impl Keeper for Files {
    async fn load(&self) -> Result<Memory, String> {
        if !self.memory.exists() {
            return Ok(Memory::default());
        }
        let bytes = fs_err::read(&self.memory).map_err(|error| error.to_string())?;
        Memory::read(&bytes).ok_or_else(|| {
            format!(
                "{} is no memory of this version\nhint: move it away; reclaims it remembers are then \
                 left alone, nothing else",
                self.memory
            )
        })
    }

    async fn save(&self, memory: &Memory, _: Timestamp) -> Result<(), String> {
        self.folder()?;
        files::replace(&self.memory, |out| out.write_all(&memory.write())).map_err(said)
    }

    async fn intend(
        &self,
        id: Uuid,
        count: u64,
        body: serde_json::Value,
        at: Timestamp,
    ) -> Result<(), String> {
        self.note(&serde_json::json!({ "intent": id, "at": at, "count": count, "body": body }))
    }

    async fn settle(&self, id: Uuid, outcome: Outcome, at: Timestamp) -> Result<(), String> {
        self.note(&serde_json::json!({ "settled": id, "at": at, "outcome": outcome }))
    }
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
