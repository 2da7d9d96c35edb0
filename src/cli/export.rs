//! `vpp export`: manifests of what is at Apple.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;

use super::Context;
use super::args::{Export as Arguments, typed_folder};
use super::clock;
use super::connect::{self, Apple, Candidate};
use super::exit::Exit;
use super::failure::Failure;
use super::files;
use super::prepare;
use super::reading::Reading;
use crate::actual::{self, Actual, ReadScope};
use crate::apple::{Reader, lookup};
use crate::diagnostic::Diagnostic;
use crate::export::{self, Source, StoreItem};
use crate::format;
use crate::license::{AdamId, HolderSet, Roster};
use crate::manifest;
use crate::render::number::{count, counted};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    refuse_manifests(&arguments.into)?;
    let apple = Apple::start(&arguments.target).await?;
    let result = export(context, arguments, &apple).await;
    apple.stop().await?;
    result
}

async fn export(context: &Context, arguments: &Arguments, apple: &Apple) -> Result<Exit, Failure> {
    let candidates = candidates(context, arguments, apple)?;
    let Gathered { files: written, token_env, assets, assignments } =
        gather(context, candidates).await?;
    for file in &written {
        files::replace(&arguments.into.join(&file.path), |out| {
            out.write_all(file.text.as_bytes())
        })?;
    }
    context.streams.print(|out| {
        writeln!(
            out,
            "wrote {} into {}: {}, {}, {}",
            counted(count(written.len()), "file", "files"),
            arguments.into,
            counted(count(token_env.len()), "location", "locations"),
            counted(count(assets), "app or book", "apps and books"),
            counted(assignments, "assignment", "assignments"),
        )
    })?;
    context.streams.hint(&format!(
        "`vpp plan{}{}` has nothing to do now; licenses nobody names are kept until you change \
         `reclaim: keep`",
        typed_folder(&arguments.into),
        arguments.target.typed()
    ))?;
    Ok(Exit::Done)
}

/// Manifests of what is at Apple, and how much that is.
pub(super) struct Gathered {
    pub(super) files: Vec<export::File>,
    /// Of each location.
    pub(super) token_env: Vec<String>,
    pub(super) assets: usize,
    pub(super) assignments: u64,
}

/// Reads these locations whole and makes manifests of them.
pub(super) async fn gather(
    context: &Context,
    candidates: Vec<Candidate>,
) -> Result<Gathered, Failure> {
    let roster = Mutex::new(Roster::new());
    let scope = ReadScope { managed: BTreeSet::new(), full: true, subscriptions: true };
    let mut read: Vec<(Candidate, Actual)> = Vec::new();
    let mut items = BTreeMap::new();
    let progress = Reading::new(context);
    for candidate in candidates {
        let follow = progress.location();
        let actual = actual::read(&candidate.reader, &roster, &scope, clock::now(), &|step| {
            follow.step(step);
        })
        .await
        .map_err(|error| anyhow::anyhow!("{}: {error}", candidate.token_env))?;
        items.extend(store_items(context, &candidate.reader, &actual).await?);
        read.push((candidate, actual));
    }
    progress.finish();
    let roster = roster.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut names = BTreeSet::new();
    let sources: Vec<Source<'_>> = read
        .iter()
        .map(|(candidate, actual)| Source {
            name: unique(&mut names, candidate, actual),
            token_env: candidate.token_env.clone(),
            actual,
        })
        .collect();
    let mut files = export::manifests(&sources, &roster, &items)?;
    for file in &mut files {
        file.text = format::format(&file.text)
            .map_err(|error| anyhow::anyhow!("{}: {error}", file.path))?;
    }
    Ok(Gathered {
        files,
        token_env: read.iter().map(|(candidate, _)| candidate.token_env.clone()).collect(),
        assets: sources.iter().map(|source| source.actual.assets.len()).sum(),
        assignments: read
            .iter()
            .flat_map(|(_, actual)| actual.held.values())
            .map(HolderSet::len)
            .sum(),
    })
}

/// The locations to export, by manifests, by tokens or from a sandbox.
fn candidates(
    context: &Context,
    arguments: &Arguments,
    apple: &Apple,
) -> Result<Vec<Candidate>, Failure> {
    if let Some(folder) = &arguments.from {
        let manifest::Loaded { manifests, diagnostics } = manifest::load(folder);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(prepare::refuse(context, &manifests, &diagnostics)?);
        }
        let root = prepare::root(folder);
        return connect::candidates(context, &manifests, &root, &arguments.target, apple);
    }
    connect::by_token(context, &arguments.token_env, apple)
}

/// An export must not mix with manifests that are there.
pub(super) fn refuse_manifests(into: &Utf8Path) -> Result<(), Failure> {
    if !into.exists() {
        return Ok(());
    }
    let taken = fs_err::read_dir(into)?.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.ends_with(".yaml") || name.ends_with(".yml") || name == "apps" || name == "groups"
    });
    if taken {
        return Err(anyhow::anyhow!(
            "{into} holds manifests already; nothing was written\nhint: export into an empty folder \
             and compare"
        )
        .into());
    }
    Ok(())
}

/// What the store calls the assets; without an answer they are called by their numbers.
async fn store_items(
    context: &Context,
    reader: &Reader,
    actual: &Actual,
) -> Result<BTreeMap<AdamId, StoreItem>, Failure> {
    let ids: BTreeSet<AdamId> = actual.assets.keys().map(|asset| asset.adam_id).collect();
    match lookup::items(reader, &ids).await {
        Ok(found) => Ok(found
            .into_iter()
            .map(|(id, item)| (id, StoreItem { name: item.name, bundle_id: item.bundle_id }))
            .collect()),
        Err(error) => {
            context.streams.hint(&format!(
                "the store does not tell names ({error}); apps are named by their numbers"
            ))?;
            Ok(BTreeMap::new())
        }
    }
}

/// A name for a location: its own, else Apple's made plain, and never twice.
fn unique(taken: &mut BTreeSet<String>, candidate: &Candidate, actual: &Actual) -> String {
    let plain = |text: &str| {
        let dashed: String = text
            .to_ascii_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    };
    let apple = || actual.location_name.as_deref().map(plain).filter(|name| !name.is_empty());
    let name = candidate
        .name
        .clone()
        .or_else(apple)
        .unwrap_or_else(|| format!("location-{}", plain(&actual.uid)));
    let name = if taken.contains(&name) { format!("{name}-{}", plain(&actual.uid)) } else { name };
    taken.insert(name.clone());
    name
}
