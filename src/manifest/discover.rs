//! Which files are manifests.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{DirEntry, WalkBuilder};

use super::codes;
use super::open::{MAX_FILES, MAX_FOLDER_BYTES};
use crate::diagnostic::Diagnostic;

/// A file to be read.
#[derive(Debug)]
pub(super) struct File {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its path as shown to people: relative to the folder, with forward slashes.
    pub(super) shown: Utf8PathBuf,
}

/// The files of a folder, by their paths.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    pub(super) files: Vec<File>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

pub(super) fn files(folder: &Utf8Path) -> Discovered {
    let mut discovered = Discovered::default();
    let root = match folder.canonicalize() {
        Ok(root) => root,
        Err(error) => {
            discovered.diagnostics.push(
                Diagnostic::error(
                    &codes::FOLDER,
                    format!("cannot open {folder}: {}", error.kind()),
                )
                .help("check the path; it is read relative to the working directory"),
            );
            return discovered;
        }
    };
    if root.is_file() {
        let shown = folder.file_name().unwrap_or(folder.as_str()).into();
        discovered.files.push(File { path: root, shown });
        return discovered;
    }
    if !root.is_dir() {
        let message = format!("{folder} is neither a folder nor a file");
        discovered.diagnostics.push(Diagnostic::error(&codes::FOLDER, message));
        return discovered;
    }
    discovered.walk(&root);
    discovered
}

/// What following links came upon.
#[derive(Debug, Default)]
struct Links {
    /// Folders that were entered through a link.
    entered: HashSet<PathBuf>,
    /// Links that lead out of the folder.
    outside: Vec<PathBuf>,
    any: bool,
}

impl Discovered {
    fn walk(&mut self, root: &Path) {
        let links = Arc::new(Mutex::new(Links::default()));
        let (filter_root, filter_links) = (root.to_owned(), Arc::clone(&links));
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .hidden(true)
            .follow_links(true)
            .add_custom_ignore_filename(".vppignore")
            .filter_entry(move |entry| may_enter(entry, &filter_root, &filter_links))
            .build();
        let mut bytes = 0_u64;
        for entry in walk {
            match entry {
                Ok(entry) => bytes = bytes.saturating_add(self.entry(&entry, root)),
                Err(error) => self.walk_error(&error, root),
            }
        }
        let links = std::mem::take(&mut *links.lock().unwrap_or_else(PoisonError::into_inner));
        for link in &links.outside {
            self.error(
                root,
                link,
                "leads out of the folder",
                "copy what it leads to, or name it in `.vppignore`",
            );
        }
        if links.any {
            self.drop_second_ways();
        }
        self.files.sort_by(|a, b| a.shown.cmp(&b.shown));
        if self.files.len() > MAX_FILES || bytes > MAX_FOLDER_BYTES {
            let count = self.files.len();
            self.files.clear();
            self.diagnostics.push(
                Diagnostic::error(
                    &codes::TOO_LARGE,
                    format!("{count} manifests with {} MiB are more than can be read", bytes >> 20),
                )
                .help(format!(
                    "at most {MAX_FILES} files and {} MiB; is this the right folder?",
                    MAX_FOLDER_BYTES >> 20
                )),
            );
        }
    }

    /// Takes one entry in, and says how many bytes it has.
    fn entry(&mut self, entry: &DirEntry, root: &Path) -> u64 {
        if let Some(error) = entry.error() {
            // A line of `.vppignore` that is not obeyed.
            let message =
                format!("cannot use `.vppignore`: {}", super::read::shown(&error.to_string()));
            self.diagnostics.push(Diagnostic::error(&codes::FILE, message));
        }
        let path = entry.path();
        let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else { return 0 };
        if !is_yaml(path) {
            return 0;
        }
        if !kind.is_file() {
            self.error(
                root,
                path,
                "is not a regular file",
                "remove it, or name it in `.vppignore`",
            );
            return 0;
        }
        let relative = path.strip_prefix(root).unwrap_or(path);
        let Some(shown) = Utf8Path::from_path(relative) else {
            self.error(root, path, "has a name that is not UTF-8", "rename it");
            return 0;
        };
        let shown = Utf8PathBuf::from(shown.as_str().replace('\\', "/"));
        self.files.push(File { path: path.to_owned(), shown });
        entry.metadata().map_or(0, |metadata| metadata.len())
    }

    fn walk_error(&mut self, error: &ignore::Error, root: &Path) {
        let (path, error) = where_and_what(error);
        // What a loop leads back to is read by its own name.
        if matches!(error, ignore::Error::Loop { .. }) {
            return;
        }
        let path = path.unwrap_or(root);
        // A broken link that would not have been a manifest is none of ours.
        if is_yaml(path) || path.extension().is_none() || path.is_dir() {
            let what = match error.io_error() {
                Some(io) => format!("cannot be read: {}", io.kind()),
                None => format!("cannot be read: {}", super::read::shown(&error.to_string())),
            };
            self.error(root, path, &what, "repair it, or name it in `.vppignore`");
        }
    }

    fn error(&mut self, root: &Path, path: &Path, what: &str, help: &str) {
        let relative = path.strip_prefix(root).unwrap_or(path);
        let shown = super::read::shown(&relative.to_string_lossy());
        let diagnostic = Diagnostic::error(&codes::FILE, format!("{shown} {what}"));
        self.diagnostics.push(diagnostic.help(help));
    }

    /// Keeps one way to every file: its own name before links, else the first by path.
    fn drop_second_ways(&mut self) {
        let mut ways: Vec<_> = std::mem::take(&mut self.files)
            .into_iter()
            .map(|file| {
                let target = file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
                (target != file.path, file, target)
            })
            .collect();
        ways.sort_by(|a, b| (a.0, &a.1.shown).cmp(&(b.0, &b.1.shown)));
        let mut seen = HashSet::new();
        self.files = ways
            .into_iter()
            .filter_map(|(_, file, target)| seen.insert(target).then_some(file))
            .collect();
    }
}

/// The innermost error, and the innermost path on the way to it.
fn where_and_what(error: &ignore::Error) -> (Option<&Path>, &ignore::Error) {
    if let ignore::Error::WithPath { path, err } = error {
        let (inner, err) = where_and_what(err);
        (inner.or(Some(path.as_path())), err)
    } else if let ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } =
        error
    {
        where_and_what(err)
    } else {
        (None, error)
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
    })
}

/// Whether an entry is looked at. Links stay in the folder, and every folder is entered once: a
/// few links to each other could otherwise make the walk as long as they like.
fn may_enter(entry: &DirEntry, root: &Path, links: &Mutex<Links>) -> bool {
    if !entry.path_is_symlink() || entry.depth() == 0 {
        return true;
    }
    let Ok(target) = entry.path().canonicalize() else { return true };
    let is_folder = target.is_dir();
    if !is_folder && !is_yaml(entry.path()) {
        return false;
    }
    let mut links = links.lock().unwrap_or_else(PoisonError::into_inner);
    links.any = true;
    let Ok(inside) = target.strip_prefix(root) else {
        links.outside.push(entry.path().to_owned());
        return false;
    };
    let is_hidden =
        inside.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    // A folder that is not hidden is walked by its own name.
    !is_folder || (is_hidden && links.entered.insert(target))
}
