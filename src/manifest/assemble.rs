//! All files together: read in parallel, put together in their order.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::discover::File;
use super::open::{self, Opened};
use super::read::{self, Found, Kind, Report, Typed};
use super::{Manifests, codes, secret};
use crate::diagnostic::{At, Diagnostic, FileId, Sources, Span};

/// What all files together held.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    pub(super) manifests: Manifests,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Kind and name of every document, made or not.
    pub(super) names: Vec<(Kind, At<String>)>,
    /// Documents, or whole files, that may have defined what others refer to.
    pub(super) unreadable: Vec<Span>,
    /// Whether there was any document.
    pub(super) any: bool,
}

/// Stack of the reading threads: the parser of conditions is deep at worst, and memory that is not
/// touched costs nothing.
const STACK_BYTES: usize = 64 * 1024 * 1024;

pub(super) fn read_all(files: Vec<File>) -> Assembled {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build() {
        Ok(pool) => pool.install(|| read_here(files)),
        // No threads to be had: the ones there are do.
        Err(_) => read_here(files),
    }
}

fn read_here(files: Vec<File>) -> Assembled {
    let opened: Vec<Opened> = files.par_iter().map(open::open).collect();
    let mut all = Assembled::default();
    let mut sources = Sources::new();
    let mut ids = Vec::with_capacity(opened.len());
    let mut to_read = Vec::new();
    for (file, Opened { text, tokens, problem }) in files.into_iter().zip(opened) {
        let id = sources.add(file.shown, text);
        ids.push(id);
        if let Some(problem) = problem {
            let place = problem.place;
            let span = Report::new(id).span(place);
            all.diagnostics.push(problem.diagnostic(span));
            all.unreadable.push(span);
            all.any = true;
        } else {
            to_read.push((id, tokens));
        }
    }
    let read: Vec<(Found, Vec<Diagnostic>)> =
        to_read.into_par_iter().map(|(id, tokens)| read_one(&sources, id, &tokens)).collect();
    let mut secrets = Vec::new();
    for (found, diagnostics) in read {
        all.diagnostics.extend(diagnostics);
        let Found { typed, names, unreadable, any, secrets: hidden } = found;
        all.names.extend(names);
        all.unreadable.extend(unreadable);
        all.any |= any;
        secrets.extend(hidden);
        for document in typed {
            all.manifests.take(document);
        }
    }
    all.manifests.sources = without(sources, &ids, &secrets);
    all
}

fn read_one(sources: &Sources, id: FileId, tokens: &[Range<usize>]) -> (Found, Vec<Diagnostic>) {
    let Some(file) = sources.get(id) else { return (Found::default(), Vec::new()) };
    let mut report = Report::new(id);
    let found = read::read_file(id, &file.text, &mut report);
    for token in tokens {
        let place = secret::place(&file.text, token);
        let span = report.span(place);
        if !report.says(&codes::SECRET, span.line) {
            report.add(
                Diagnostic::error(&codes::SECRET, "a token is written into a manifest")
                    .at(span, "hidden here")
                    .help("remove it, and download a new one: Apple then revokes this one"),
            );
        }
    }
    let diagnostics = report.finish(&file.path);
    (found, diagnostics)
}

impl Manifests {
    fn take(&mut self, document: Typed) {
        match document {
            Typed::Location(location) => self.locations.push(*location),
            Typed::Inventory(inventory) => self.inventories.push(*inventory),
            Typed::Group(group) => self.groups.push(group),
            Typed::Asset(asset) => self.assets.push(*asset),
            Typed::Subscription(subscription) => self.subscriptions.push(*subscription),
            Typed::Policy(policy) => self.policies.push(*policy),
            Typed::Mdm(mdm) => self.mdms.push(mdm),
        }
    }
}

/// The same sources with the given places made unreadable, byte for byte. `ids` are those of all
/// files, in order: the new ones are the same.
fn without(sources: Sources, ids: &[FileId], secrets: &[Span]) -> Sources {
    if secrets.is_empty() {
        return sources;
    }
    let mut places: HashMap<FileId, Vec<Range<usize>>> = HashMap::new();
    for span in secrets {
        places.entry(span.file).or_default().push(span.start..span.end);
    }
    let mut hidden = Sources::new();
    for (id, file) in ids.iter().zip(sources.files()) {
        match places.get(id) {
            Some(places) => hidden.add(file.path.clone(), secret::hide(&file.text, places)),
            None => hidden.add(file.path.clone(), file.text.clone()),
        };
    }
    hidden
}
