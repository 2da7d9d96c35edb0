//! Options that several commands share, and how they are typed again.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::cli::choose::Label;
use crate::cli::shard::Shard;

/// Which manifests.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Manifests {
    /// Folder of the manifests.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(in crate::cli) folder: Utf8PathBuf,
}

/// Which Apple.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Apple")]
pub(in crate::cli) struct Target {
    /// Only these locations.
    #[arg(long = "location", value_name = "NAME")]
    pub(in crate::cli) locations: Vec<String>,
    /// Only locations with this label; may be repeated: all of them must fit.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(in crate::cli) labels: Vec<Label>,
    /// Use a sandbox made from this world instead of Apple.
    #[arg(long, value_name = "WORLD")]
    pub(in crate::cli) sandbox: Option<Utf8PathBuf>,
    /// Keep the sandbox in this file between runs.
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    pub(in crate::cli) sandbox_state: Option<Utf8PathBuf>,
    /// Let the sandbox throttle, fail, lose replies and move pages, reproducibly.
    #[arg(long, value_name = "SEED", requires = "sandbox")]
    pub(in crate::cli) chaos: Option<u64>,
    /// Do not run programs that manifests name (inventories and tokens).
    #[arg(long)]
    pub(in crate::cli) no_exec: bool,
}

/// Where runs are remembered.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Memory")]
pub(in crate::cli) struct State {
    /// Where runs are remembered: a file, or a postgres:// address for runs on several machines.
    ///
    /// Else `VPP_STATE` says where, else it is .vpp/state.db in the folder of the manifests. With
    /// --sandbox only this option counts; without it a sandbox's memory lies beside its
    /// --sandbox-state, or goes away with the run.
    #[arg(long, value_name = "PLACE")]
    pub(in crate::cli) state: Option<String>,
}

impl State {
    /// The same option again, ready for a shell. An address is not repeated: it may hold a password.
    pub(in crate::cli) fn typed(&self) -> String {
        match &self.state {
            Some(place) if !place.contains("://") => format!(" --state {}", quoted(place)),
            Some(_) | None => String::new(),
        }
    }
}

/// How much of what is at Apple is read.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Memory")]
pub(in crate::cli) struct Rereading {
    /// Read everything at Apple, not only what changed since the last run.
    ///
    /// A read that goes on from what was remembered leads to the same result; once a week everything
    /// is read anyway.
    #[arg(long)]
    pub(in crate::cli) full: bool,
}

/// What the plan is held against, so that what a change intends stands apart from what would have
/// moved without it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Base")]
#[group(multiple = false)]
pub(in crate::cli) struct Base {
    /// Tell what this change intends from what would move with the manifests of this git revision.
    #[arg(long = "base", value_name = "REV")]
    pub(in crate::cli) revision: Option<String>,
    /// Tell it from what this saved plan would move.
    #[arg(long = "base-plan", value_name = "PLAN")]
    pub(in crate::cli) plan: Option<Utf8PathBuf>,
}

impl Target {
    /// The same options again, ready for a shell: what to type next must reach the same Apple.
    pub(in crate::cli) fn typed(&self) -> String {
        let mut words = vec![];
        for location in &self.locations {
            words.extend(["--location".to_owned(), quoted(location)]);
        }
        for label in &self.labels {
            words.extend(["--label".to_owned(), quoted(&label.to_string())]);
        }
        if let Some(world) = &self.sandbox {
            words.extend(["--sandbox".to_owned(), quoted(world.as_str())]);
        }
        if let Some(state) = &self.sandbox_state {
            words.extend(["--sandbox-state".to_owned(), quoted(state.as_str())]);
        }
        if let Some(seed) = self.chaos {
            words.extend(["--chaos".to_owned(), seed.to_string()]);
        }
        if self.no_exec {
            words.push("--no-exec".to_owned());
        }
        words.into_iter().flat_map(|word| [" ".to_owned(), word]).collect()
    }
}

/// A folder as an argument again; nothing where it is the working directory.
pub(in crate::cli) fn typed_folder(folder: &Utf8Path) -> String {
    if folder == "." { String::new() } else { format!(" {}", quoted(folder.as_str())) }
}

/// One word for a POSIX shell.
pub(in crate::cli) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Which part of the work, where several runs share it.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Apple")]
pub(in crate::cli) struct Sharding {
    /// Only part I of N (from 0) of the locations, for several runs side by side.
    ///
    /// Each location is in exactly one part, whichever run asks; locations that one app or book
    /// lists stay together. Every Location needs its `uid`.
    #[arg(long, value_name = "I/N", conflicts_with = "locations")]
    pub(in crate::cli) shard: Option<Shard>,
}
