//! From a folder to the desired state, with everything wrong with it said at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::clock;
use super::exit::Exit;
use super::failure::Failure;
use crate::desired::{self, Desired};
use crate::diagnostic::Diagnostic;
use crate::inventory::{self, LoadedInventories, Memory, Table};
use crate::license::{Roster, SerialNumber};
use crate::manifest::{self, Manifests};
use crate::render;

/// What inventories are read with.
#[derive(Debug, Clone)]
pub(super) struct Means {
    /// Whether programs that manifests name may be run.
    pub(super) allow_exec: bool,
    /// What sources keep for the next run; without it they read whole.
    pub(super) memory: Option<Arc<dyn Memory>>,
}

/// What manifests and inventories say.
pub(super) struct Prepared {
    pub(super) folder: Utf8PathBuf,
    pub(super) manifests: Manifests,
    pub(super) desired: Desired,
    pub(super) roster: Roster,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) digest: String,
    /// How servers address devices, by the Mdm's name, where an inventory says so.
    pub(super) known: BTreeMap<String, Vec<(SerialNumber, String)>>,
    /// What the inventories were read with.
    pub(super) means: Means,
}

/// Reads manifests and inventories and resolves them. Warnings are printed, errors end it.
pub(super) fn prepare(
    context: &Context,
    folder: &Utf8Path,
    means: Means,
) -> Result<Prepared, Failure> {
    prepare_with(context, folder, means, Roster::new())
}

/// The same, with holders numbered on in a roster that has numbered some already.
pub(super) fn prepare_with(
    context: &Context,
    folder: &Utf8Path,
    means: Means,
    roster: Roster,
) -> Result<Prepared, Failure> {
    let Read { folder, manifests, loaded, desired, roster, diagnostics } =
        read(context, folder, means.clone(), roster)?;
    let digest = desired::digest(&desired, &roster);
    let known = known(&manifests, &loaded.tables);
    Ok(Prepared { folder, manifests, desired, roster, diagnostics, digest, known, means })
}

/// What manifests and inventories say, with the inventories' rows.
pub(super) struct Read {
    pub(super) folder: Utf8PathBuf,
    pub(super) manifests: Manifests,
    pub(super) loaded: LoadedInventories,
    pub(super) desired: Desired,
    pub(super) roster: Roster,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Reads manifests and inventories and resolves them. Errors end it.
pub(super) fn read(
    context: &Context,
    folder: &Utf8Path,
    Means { allow_exec, memory }: Means,
    mut roster: Roster,
) -> Result<Read, Failure> {
    let manifest::Loaded { manifests, mut diagnostics } = manifest::load(folder);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(refuse(context, &manifests, &diagnostics)?);
    }
    let root = root(folder);
    let environment = inventory::Environment {
        vars: context.environment.vars().clone(),
        allow_exec,
        now: clock::now(),
        memory,
        patience: inventory::Patience::default(),
    };
    let mut loaded = inventory::load_all(&manifests, &root, &environment);
    diagnostics.append(&mut loaded.diagnostics);
    let resolved = desired::resolve(&manifests, &loaded.tables, &mut roster);
    diagnostics.extend(resolved.diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(refuse(context, &manifests, &diagnostics)?);
    }
    let desired = resolved.desired;
    Ok(Read { folder: root, manifests, loaded, desired, roster, diagnostics })
}

/// How servers address devices, from the inventories their manifests name.
fn known(
    manifests: &Manifests,
    tables: &BTreeMap<String, Table>,
) -> BTreeMap<String, Vec<(SerialNumber, String)>> {
    let of = |mdm: &manifest::kind::Mdm| {
        let column = mdm.driver.value.device_column()?;
        let table = tables.get(&column.inventory.value)?;
        let serials = table.serials()?;
        let rows = (0..table.rows()).filter_map(|row| {
            let serial: SerialNumber = serials.get(row)?.parse().ok()?;
            let reference = table.value(row, &column.reference.value)?;
            (!reference.is_empty()).then(|| (serial, reference.to_owned()))
        });
        Some((mdm.name.value.clone(), rows.collect()))
    };
    manifests.mdms.iter().filter_map(of).collect()
}

/// The folder that paths in manifests are relative to.
pub(super) fn root(given: &Utf8Path) -> Utf8PathBuf {
    if given.is_file() {
        given.parent().unwrap_or(Utf8Path::new(".")).to_owned()
    } else {
        given.to_owned()
    }
}

/// Prints what is wrong and ends with exit code 3.
pub(super) fn refuse(
    context: &Context,
    manifests: &Manifests,
    diagnostics: &[Diagnostic],
) -> std::io::Result<Failure> {
    let streams = &context.streams;
    streams.say(|out| {
        render::diagnostics::human(
            out,
            &streams.err_styles(),
            &streams.shape(),
            &manifests.sources,
            diagnostics,
        )
    })?;
    Ok(Failure::said(Exit::Invalid))
}
