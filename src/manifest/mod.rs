//! YAML manifests to typed documents with spans. No network, no inventory is read here.
//!
//! [`load`] finds the files, reads each by itself and in parallel, and then holds the documents
//! against each other. It never stops at the first problem. What a key means is written once, on
//! the types of [`document`], which the JSON Schema for editors is made from.

mod assemble;
mod check;
pub mod codes;
mod digest;
mod discover;
pub mod document;
pub mod kind;
mod open;
mod read;
mod schema;
mod secret;

pub use codes::CODES;
pub use digest::semantic_digest;
pub use open::{MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_BYTES};
pub use schema::json_schema;

use camino::Utf8Path;

use crate::diagnostic::{Diagnostic, Sources};
use kind::{AssetManifest, Group, Inventory, Location, Mdm, Policy, SubscriptionManifest};

/// Every document of one folder, typed and checked against the others.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// The texts they came from.
    pub sources: Sources,
    /// Locations, by file and then by place in the file, as all lists here.
    pub locations: Vec<Location>,
    /// Inventories.
    pub inventories: Vec<Inventory>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Apps and books.
    pub assets: Vec<AssetManifest>,
    /// Subscriptions.
    pub subscriptions: Vec<SubscriptionManifest>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Device-management servers.
    pub mdms: Vec<Mdm>,
}

/// What a folder of manifests says, and everything wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// Every document that could be made. Only to be planned from where no diagnostic is an error.
    pub manifests: Manifests,
    /// Every error and warning, by file and place; those without a place first.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads every manifest below a folder, or a single file.
///
/// Manifests are the files ending in `.yaml` or `.yml`. Hidden files and folders and whatever
/// `.vppignore` names (gitignore syntax) are skipped; `.gitignore` is not looked at. Links are
/// followed as long as they stay in the folder, and a file that can be reached twice is read once.
/// Paths in the diagnostics are relative to the folder.
pub fn load(folder: &Utf8Path) -> Loaded {
    let discover::Discovered { files, mut diagnostics } = discover::files(folder);
    let found_none = files.is_empty() && diagnostics.is_empty();
    let assembled = assemble::read_all(files);
    diagnostics.extend(assembled.diagnostics);
    let manifests = assembled.manifests;
    diagnostics.extend(check::all(&manifests, &assembled.names, &assembled.unreadable));
    if found_none || (diagnostics.is_empty() && !assembled.any) {
        diagnostics.push(
            Diagnostic::error(&codes::NOTHING, format!("no manifests in {folder}"))
                .help("manifests end in `.yaml` or `.yml` and begin with `apiVersion: vpp/v1`"),
        );
    }
    diagnostics.sort_by(|a, b| place_of(a).cmp(&place_of(b)));
    Loaded { manifests, diagnostics }
}

/// By what diagnostics are sorted: where, then which, then the words, so that runs are alike.
fn place_of(diagnostic: &Diagnostic) -> (Option<crate::diagnostic::Span>, &str, &str) {
    let span = diagnostic.labels.first().map(|label| label.span);
    (span, diagnostic.code.id, &diagnostic.message)
}
