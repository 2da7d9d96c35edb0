//! What removes apps in each location: servers of the manifests, or a sandbox's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::args::Target;
use super::clock;
use super::connect::Apple;
use super::prepare::Prepared;
use super::token;
use crate::apply::{Hand, Hands};
use crate::inventory::{Environment, Patience};
use crate::manifest::kind::{self, LicenseOwner};
use crate::mdm::{self, Mdm, Surroundings};
use crate::store::Store;

type Opened = Result<Arc<dyn Mdm>, String>;

/// Opens the server of every location that names one. One that cannot be opened stops nothing but
/// its own reclaims, which say why.
pub(super) async fn open(
    context: &Context,
    prepared: &Prepared,
    target: &Target,
    apple: &Apple,
    store: &Arc<dyn Store>,
) -> Hands {
    let mut opened: BTreeMap<&str, Opened> = BTreeMap::new();
    let mut hands = Hands::new();
    // A server that owns the token is told groups, not devices.
    let locations = prepared.manifests.locations.iter();
    for location in locations.filter(|location| location.licenses == LicenseOwner::Apple) {
        let Some(name) = location.mdm.as_ref().map(|name| name.value.as_str()) else { continue };
        let manifest = prepared.manifests.mdms.iter().find(|mdm| mdm.name.value == name);
        let Some(manifest) = manifest else { continue };
        if !opened.contains_key(name) {
            let one = match apple {
                // Whatever the manifests name: a rehearsal must not reach real devices.
                Apple::Sandbox(running, _) => simulated(name, &running.url()),
                Apple::Real => real(context, prepared, target, manifest, store).await,
            };
            opened.insert(name, one);
        }
        let Some(mdm) = opened.get(name).cloned() else { continue };
        let hand = Hand { mdm, when_gone: location.when_gone };
        hands.insert(location.name.value.clone(), hand);
    }
    hands
}

fn simulated(name: &str, address: &str) -> Opened {
    let mdm = mdm::Sandbox::open(name, address).map_err(|error| error.to_string())?;
    Ok(Arc::new(mdm))
}

async fn real(
    context: &Context,
    prepared: &Prepared,
    target: &Target,
    manifest: &kind::Mdm,
    store: &Arc<dyn Store>,
) -> Opened {
    let secret = match mdm::secret(manifest) {
        None => None,
        Some(source) => {
            let environment = &context.environment;
            let read = token::read(source, &prepared.folder, environment, !target.no_exec);
            Some(read.map_err(|error| format!("{}: {error:#}", manifest.name.value))?)
        }
    };
    let around = Surroundings {
        folder: prepared.folder.clone(),
        environment: Environment {
            vars: context.environment.vars().clone(),
            allow_exec: !target.no_exec,
            now: clock::now(),
            memory: None,
            patience: Patience::default(),
        },
        store: Arc::clone(store),
        sandbox: context.environment.endpoint().map(str::to_owned),
        known: prepared.known.get(&manifest.name.value).cloned().unwrap_or_default(),
    };
    mdm::open(manifest, secret, around).await.map_err(|error| error.to_string())
}
