//! Keeps holdings between processes: one JSON file, replaced as a whole.

use std::io::Write as _;
use std::sync::Mutex;

use camino::Utf8Path;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::library::SavedLibrary;
use super::mdm::{self, SavedServer};
use super::world::{DeviceSeed, LocationSeed};
use super::{Sandbox, SandboxError, lock};

/// One writer at a time.
#[derive(Debug, Default)]
pub(crate) struct Keeper(Mutex<()>);

const FORMAT: &str = "vpp-sandbox-state";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Saved {
    format: String,
    version: u32,
    /// Which world the holdings belong to.
    world: String,
    locations: Vec<SavedLibrary>,
    /// What time it was: time never runs backwards, not even between processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<Timestamp>,
    /// The device-management server, where anybody has used it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mdm: Option<SavedServer>,
}

/// The part that says whether the rest can be understood.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
    version: Option<u32>,
}

/// A fingerprint of what a world holds; its limits and how devices behave at large may change.
pub(crate) fn print_of(locations: &[LocationSeed], devices: &[DeviceSeed]) -> String {
    let text = serde_json::to_vec(locations).unwrap_or_default();
    if devices.is_empty() {
        return super::library::hex(&[&text], 32);
    }
    let devices = serde_json::to_vec(devices).unwrap_or_default();
    super::library::hex(&[&text, &devices], 32)
}

impl Sandbox {
    /// Writes the state file, where there is to be one. A reader sees the old file or the new one,
    /// never a part.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&self) -> Result<(), SandboxError> {
        let Some(path) = &self.inner.options.state_file else { return Ok(()) };
        // Taken before the holdings are read: a later save is never overtaken by an earlier one.
        let _turn = lock(&self.inner.keeper.0);
        let saved = Saved {
            format: FORMAT.to_owned(),
            version: VERSION,
            world: self.inner.print.clone(),
            locations: self.inner.shelves.iter().map(|one| lock(&one.library).save()).collect(),
            clock: Some(self.inner.clock.now()),
            mdm: lock(&self.inner.mdm).save(),
        };
        replace(path, &saved).map_err(|cause| SandboxError::StateFile {
            path: path.clone(),
            verb: "written",
            cause,
        })
    }

    /// [`Self::save`] without holding up other tasks.
    pub(crate) async fn save_later(&self) -> Result<(), SandboxError> {
        if self.inner.options.state_file.is_none() {
            return Ok(());
        }
        let sandbox = self.clone();
        match tokio::task::spawn_blocking(move || sandbox.save()).await {
            Ok(result) => result,
            Err(error) => Err(SandboxError::Serve(std::io::Error::other(error))),
        }
    }

    /// Takes the holdings from the state file, where there is one.
    pub(crate) fn load(&self) -> Result<(), SandboxError> {
        let Some(path) = &self.inner.options.state_file else { return Ok(()) };
        let text = match fs_err::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(corrupt(path, "it is not text"));
            }
            Err(cause) => {
                return Err(SandboxError::StateFile { path: path.clone(), verb: "read", cause });
            }
        };
        let header: Header = serde_json::from_str(&text).map_err(|error| corrupt(path, error))?;
        if header.format.as_deref() != Some(FORMAT) {
            return Err(corrupt(path, "it is not a sandbox state"));
        }
        if header.version != Some(VERSION) {
            let theirs = header.version.map_or_else(|| "none".to_owned(), |v| v.to_string());
            let problem = format!("its version is {theirs}, this program knows {VERSION}");
            return Err(corrupt(path, problem));
        }
        let saved: Saved = serde_json::from_str(&text).map_err(|error| corrupt(path, error))?;
        if saved.world != self.inner.print || saved.locations.len() != self.inner.shelves.len() {
            let list = |uids: Vec<&str>| uids.join(", ");
            return Err(SandboxError::StateOfAnotherWorld {
                path: path.clone(),
                theirs: list(saved.locations.iter().map(|one| one.uid.as_str()).collect()),
                ours: list(self.inner.shelves.iter().map(|one| one.uid.as_str()).collect()),
            });
        }
        for (shelf, library) in self.inner.shelves.iter().zip(saved.locations) {
            let mut held = lock(&shelf.library);
            held.restore(library, &self.inner.options).map_err(|problem| corrupt(path, problem))?;
        }
        if let Some(mdm) = saved.mdm {
            let server = mdm::Server::restore(mdm).map_err(|problem| corrupt(path, problem))?;
            *lock(&self.inner.mdm) = server;
        }
        if let Some(clock) = saved.clock {
            self.inner.clock.not_before(clock);
        }
        Ok(())
    }
}

fn corrupt(path: &Utf8Path, problem: impl std::fmt::Display) -> SandboxError {
    SandboxError::StateCorrupt { path: path.to_owned(), problem: format!("{problem}") }
}

fn replace(path: &Utf8Path, saved: &Saved) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        Some(_) | None => Utf8Path::new("."),
    };
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut writer = std::io::BufWriter::new(file.as_file_mut());
    serde_json::to_writer(&mut writer, saved)?;
    writer.write_all(b"\n")?;
    writer.flush()?;
    drop(writer);
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
