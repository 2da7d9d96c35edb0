//! Opens the memory between runs: where it is, and what happens where it cannot be opened.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::args::{State, Target};
use super::failure::Failure;
use super::files;
use super::prepare;
use crate::store::{self, Store};

/// Where the memory is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Somebody named it.
    Named(String),
    /// In the manifests' own hidden folder.
    Beside(Utf8PathBuf),
    /// Beside the file of a sandbox.
    Sandbox(String),
    /// Nowhere: it goes away with the process.
    Memory,
}

/// What was typed, else what the environment says, else beside the manifests. A rehearsal must not
/// mix with the real memory: with a sandbox in this process only what was typed counts.
fn place(context: &Context, folder: &Utf8Path, state: &State, target: &Target) -> Place {
    if let Some(place) = &state.state {
        return Place::Named(place.clone());
    }
    match (&target.sandbox, &target.sandbox_state) {
        (Some(_), Some(file)) => Place::Sandbox(format!("{file}.db")),
        (Some(_), None) => Place::Memory,
        (None, _) => match context.environment.get("VPP_STATE") {
            Some(place) => Place::Named(place.to_owned()),
            None => Place::Beside(prepare::root(folder).join(".vpp/state.db")),
        },
    }
}

impl Place {
    fn text(&self) -> &str {
        match self {
            Self::Named(place) | Self::Sandbox(place) => place,
            Self::Beside(path) => path.as_str(),
            Self::Memory => "memory",
        }
    }

    /// Whether there is something to read. A server is asked.
    fn exists(&self) -> bool {
        match self {
            Self::Memory => false,
            Self::Named(_) | Self::Beside(_) | Self::Sandbox(_) => {
                self.text().contains("://") || Utf8Path::new(self.text()).exists()
            }
        }
    }

    async fn open(&self, context: &Context) -> Result<Arc<dyn Store>, Failure> {
        if *self == Self::Memory {
            return Ok(store::in_memory().await?);
        }
        if let Self::Beside(path) = self
            && let Some(folder) = path.parent()
            && !folder.join(".gitignore").exists()
        {
            files::replace(&folder.join(".gitignore"), |out| {
                out.write_all(b"# What vpp remembers between runs belongs to this machine.\n*\n")
            })?;
        }
        Ok(store::open(self.text(), context.environment.get("PGPASSWORD")).await?)
    }

    async fn open_or_warn(&self, context: &Context) -> Result<Option<Arc<dyn Store>>, Failure> {
        match self.open(context).await {
            Ok(store) => Ok(Some(store)),
            Err(failure) => {
                let why = failure.message.unwrap_or_default();
                warn(context, &format!("this goes on without memory of earlier runs: {why}"))?;
                Ok(None)
            }
        }
    }
}

/// The memory of a command that writes to it: made where there is none.
///
/// # Errors
/// Where it cannot be opened: nothing is changed without a journal.
pub(super) async fn open(
    context: &Context,
    folder: &Utf8Path,
    state: &State,
    target: &Target,
) -> Result<Arc<dyn Store>, Failure> {
    place(context, folder, state, target).open(context).await
}

/// The memory of a command that only reads. `None` where there is none yet, and where it cannot be
/// opened: then one warning says so.
pub(super) async fn look(
    context: &Context,
    folder: &Utf8Path,
    state: &State,
    target: &Target,
) -> Result<Option<Arc<dyn Store>>, Failure> {
    let place = place(context, folder, state, target);
    if place.exists() { place.open_or_warn(context).await } else { Ok(None) }
}

/// The memory of a command that changes nothing and keeps what it read: made where somebody named
/// it, else as in [`look`]. A plan does not begin a folder of its own beside the manifests.
pub(super) async fn keep(
    context: &Context,
    folder: &Utf8Path,
    state: &State,
    target: &Target,
) -> Result<Option<Arc<dyn Store>>, Failure> {
    let place = place(context, folder, state, target);
    let named = matches!(place, Place::Named(_));
    if named || place.exists() { place.open_or_warn(context).await } else { Ok(None) }
}

/// The memory of a command that writes to it, before it has said that it will: `None` where there is
/// none yet. What is wrong with it is told when it is opened for writing.
pub(super) async fn glance(
    context: &Context,
    folder: &Utf8Path,
    state: &State,
    target: &Target,
) -> Option<Arc<dyn Store>> {
    let place = place(context, folder, state, target);
    if place.exists() { place.open(context).await.ok() } else { None }
}

/// A warning on standard error.
pub(super) fn warn(context: &Context, text: &str) -> std::io::Result<()> {
    let style = context.streams.err_styles().warn;
    context.streams.say(|out| writeln!(out, "{style}warning{style:#}: {text}"))
}
