//! A folder of manifests on disk, and diagnostics as plain lines.

use camino::{Utf8Path, Utf8PathBuf};
use vpp::diagnostic::{Diagnostic, Level, Sources};
use vpp::manifest::{Loaded, load};

/// A folder that goes away with the test.
pub(super) struct Folder {
    root: tempfile::TempDir,
}

impl Folder {
    pub(super) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    pub(super) fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.root.path()).unwrap()
    }

    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path
    }

    pub(super) fn load(&self) -> Loaded {
        load(self.path())
    }

    /// Every diagnostic of the folder, a line or more each, without the folder's own path.
    pub(super) fn lines(&self) -> String {
        lines(&self.load()).replace(self.path().as_str(), "<folder>")
    }
}

/// Every diagnostic of one manifest.
pub(super) fn lines_of(text: impl AsRef<[u8]>) -> String {
    let folder = Folder::new();
    folder.write("m.yaml", text);
    folder.lines()
}

pub(super) fn lines(loaded: &Loaded) -> String {
    let sources = &loaded.manifests.sources;
    loaded.diagnostics.iter().map(|diagnostic| line(diagnostic, sources)).collect()
}

/// `file:line:col level code message`, then what is underlined and what helps, indented.
fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    use std::fmt::Write as _;
    let Diagnostic { code, level, message, labels, help } = diagnostic;
    let level = match level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let place = labels.first().map_or("-".to_owned(), |label| {
        format!("{}:{}:{}", sources.path(label.span), label.span.line, label.span.column)
    });
    let mut text = format!("{place} {level} {code} {message}\n");
    for (at, label) in labels.iter().enumerate() {
        let source = &sources.get(label.span.file).unwrap().text;
        let underlined = source.get(label.span.start..label.span.end).expect("span is in the text");
        let place = if at == 0 {
            String::new()
        } else {
            format!("{}:{}:{} ", sources.path(label.span), label.span.line, label.span.column)
        };
        writeln!(text, "  | {place}{underlined:?} {}", label.text).unwrap();
    }
    for help in help {
        writeln!(text, "  = {help}").unwrap();
    }
    text
}
