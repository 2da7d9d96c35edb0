//! From locations in manifests to connections, real or to a sandbox in this process.

use camino::Utf8Path;
use secrecy::ExposeSecret;

use super::Context;
use super::args::Target;
use super::choose::Chosen;
use super::clock;
use super::failure::Failure;
use super::token;
use crate::apple::{Connection, Endpoint, OwnerPolicy, Reader, Token};
use crate::manifest::Manifests;
use crate::manifest::kind::{LicenseOwner, Location, TokenSource};
use crate::sandbox::{self, Sandbox};
use crate::yaml;

/// Where Apple is in this run.
pub(super) enum Apple {
    /// At the addresses that manifests and environment name.
    Real,
    /// In this process.
    Sandbox(sandbox::Running, Sandbox),
}

impl Apple {
    /// Starts the sandbox, if one is asked for.
    pub(super) async fn start(target: &Target) -> Result<Self, Failure> {
        let Some(path) = &target.sandbox else { return Ok(Self::Real) };
        let world = world(path)?;
        let options = sandbox::Options {
            state_file: target.sandbox_state.clone(),
            chaos_seed: target.chaos,
            // It announces Apple's rate, so that estimates are right, and nobody waits for it.
            paced: false,
            ..sandbox::Options::at(clock::now())
        };
        let sandbox = Sandbox::new(world, options)?;
        let running = sandbox.start().await?;
        Ok(Self::Sandbox(running, sandbox))
    }

    /// Stops the sandbox and saves its state.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        match self {
            Self::Real => Ok(()),
            Self::Sandbox(running, _) => Ok(running.stop().await?),
        }
    }
}

/// Reads a sandbox's seed.
pub(super) fn world(path: &Utf8Path) -> Result<sandbox::World, Failure> {
    let text = fs_err::read_to_string(path)?;
    yaml::from_str(&text)
        .map_err(|error| Failure::from(anyhow::anyhow!("{path} is not a sandbox world: {error}")))
}

/// One location and its connection, or why there is none.
pub(super) struct Opened {
    pub(super) name: String,
    pub(super) reader: Result<Reader, String>,
}

/// Opens Apple beside the servers that own tokens, where there is a token to read with.
pub(super) fn open_beside(
    context: &Context,
    manifests: &Manifests,
    folder: &Utf8Path,
    target: &Target,
    apple: &Apple,
) -> Vec<Opened> {
    let locations = manifests
        .locations
        .iter()
        .filter(|location| location.licenses == LicenseOwner::Mdm && location.token.is_some());
    let opened = locations.map(|location| Opened {
        name: location.name.value.clone(),
        reader: open(context, location, folder, target, apple)
            .map_err(|error| format!("{error:#}")),
    });
    opened.collect()
}

/// Opens every location that was chosen. One that cannot be opened does not hide the others.
pub(super) fn open_all(
    context: &Context,
    manifests: &Manifests,
    folder: &Utf8Path,
    target: &Target,
    chosen: &Chosen,
    apple: &Apple,
) -> Vec<Opened> {
    let chosen = manifests.locations.iter().filter(|location| {
        location.licenses == LicenseOwner::Apple && chosen.has(&location.name.value)
    });
    let opened = chosen.map(|location| Opened {
        name: location.name.value.clone(),
        reader: open(context, location, folder, target, apple)
            .map_err(|error| format!("{error:#}")),
    });
    opened.collect()
}

fn open(
    context: &Context,
    location: &Location,
    folder: &Utf8Path,
    target: &Target,
    apple: &Apple,
) -> anyhow::Result<Reader> {
    let (endpoint, token) = match apple {
        Apple::Sandbox(running, sandbox) => {
            let uid = location.uid.as_ref().map(|uid| uid.value.as_str());
            let token = uid
                .and_then(|uid| sandbox.token(uid))
                .or_else(|| sandbox.token(&location.name.value))
                .ok_or_else(|| {
                    let known: Vec<_> =
                        sandbox.locations().into_iter().map(|(name, _)| name).collect();
                    anyhow::anyhow!(
                        "the sandbox's world has no location with this uid or name; it has: {}",
                        known.join(", ")
                    )
                })?;
            (Endpoint::parse(&running.url())?, Token::parse(&token)?)
        }
        Apple::Real => {
            let source = location
                .token
                .as_ref()
                .ok_or_else(|| anyhow::anyhow!("the location has no token; its server owns it"))?;
            let text = token::read(&source.value, folder, &context.environment, !target.no_exec)?;
            let endpoint = match (context.environment.endpoint(), &location.endpoint) {
                (Some(endpoint), _) => Endpoint::parse(endpoint)?,
                (None, Some(endpoint)) => Endpoint::parse(&endpoint.value)?,
                (None, None) => Endpoint::apple()?,
            };
            (endpoint, Token::parse(text.expose_secret())?)
        }
    };
    // Between two programs of one machine packing costs twice and saves nothing.
    let packed = !endpoint.is_loopback();
    let mut connection = Connection::new(token)
        .endpoint(endpoint)
        .location(&location.name.value)
        .expected_uid(location.uid.as_ref().map(|uid| uid.value.clone()));
    if !packed {
        connection = connection.uncompressed();
    }
    if let Some(owner) = &location.owner {
        connection = connection.owner(OwnerPolicy::Only(owner.value.id.clone()));
    }
    connect(context, connection, apple)
}

fn connect(context: &Context, connection: Connection, apple: &Apple) -> anyhow::Result<Reader> {
    let (connection, interval) = match apple {
        Apple::Real => (connection, context.environment.poll_interval()?),
        Apple::Sandbox(..) => (connection.unpaced().uncompressed(), Some(SANDBOX_POLL)),
    };
    let connection = match interval {
        Some(interval) => connection.poll_interval(interval),
        None => connection,
    };
    Ok(connection.connect()?)
}

/// A location to export.
pub(super) struct Candidate {
    /// Its name in the manifests, where there are some.
    pub(super) name: Option<String>,
    pub(super) token_env: String,
    pub(super) reader: Reader,
}

/// Every location of these manifests; all of them must open.
pub(super) fn candidates(
    context: &Context,
    manifests: &Manifests,
    folder: &Utf8Path,
    target: &Target,
    apple: &Apple,
) -> Result<Vec<Candidate>, Failure> {
    let chosen = Chosen::typed(manifests, target, None)?;
    let opened = open_all(context, manifests, folder, target, &chosen, apple);
    let candidate = |one: Opened| {
        let location = manifests.locations.iter().find(|location| location.name.value == one.name);
        let token_env = match location.and_then(|location| Some(&location.token.as_ref()?.value)) {
            Some(TokenSource::Env(name)) => name.clone(),
            Some(TokenSource::File(_) | TokenSource::Command(_)) | None => "VPP_TOKEN".to_owned(),
        };
        let reader = one.reader.map_err(|reason| anyhow::anyhow!("{}: {reason}", one.name))?;
        Ok(Candidate { name: Some(one.name), token_env, reader })
    };
    opened.into_iter().map(candidate).collect()
}

/// A location for each of these environment variables (`VPP_TOKEN` where none is named), or every
/// location of the sandbox.
pub(super) fn by_token(
    context: &Context,
    token_env: &[String],
    apple: &Apple,
) -> Result<Vec<Candidate>, Failure> {
    if let Apple::Sandbox(running, sandbox) = apple {
        let several = sandbox.locations().len() > 1;
        let candidate = |(name, uid): (String, String)| {
            let token = sandbox.token(&uid).unwrap_or_default();
            let connection = Connection::new(Token::parse(&token)?)
                .endpoint(Endpoint::parse(&running.url())?)
                .location(&name);
            let token_env = if several { variable(&name) } else { "VPP_TOKEN".to_owned() };
            let reader = connect(context, connection, apple)?;
            Ok(Candidate { name: Some(name), token_env, reader })
        };
        return sandbox.locations().into_iter().map(candidate).collect();
    }
    let default = ["VPP_TOKEN".to_owned()];
    let names = if token_env.is_empty() { &default[..] } else { token_env };
    let candidate = |name: &String| {
        let source = TokenSource::Env(name.clone());
        let text = token::read(&source, Utf8Path::new("."), &context.environment, false)?;
        let mut connection = Connection::new(Token::parse(text.expose_secret())?).location(name);
        if let Some(endpoint) = context.environment.endpoint() {
            connection = connection.endpoint(Endpoint::parse(endpoint)?);
        }
        let reader = connect(context, connection, apple)?;
        Ok(Candidate { name: None, token_env: name.clone(), reader })
    };
    names.iter().map(candidate).collect()
}

/// The environment variable a location's token is offered under.
pub(super) fn variable(location: &str) -> String {
    let upper = location.to_ascii_uppercase();
    let name: String =
        upper.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("VPP_TOKEN_{name}")
}

/// A sandbox in this process is done in milliseconds.
const SANDBOX_POLL: std::time::Duration = std::time::Duration::from_millis(10);
