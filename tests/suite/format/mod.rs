//! `vpp fmt`: the library half.

mod cases;
mod command;
mod properties;

use camino::Utf8Path;
use vpp::format::format;

/// Formats a text, and holds what it says and how it is written against the promises.
pub(crate) fn checked(text: &str) -> String {
    let formatted = format(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let again = format(&formatted).unwrap_or_else(|error| panic!("{error}\n{formatted}"));
    pretty(&formatted, &again, text);
    assert!(!formatted.contains('\r') && !formatted.starts_with('\u{FEFF}'));
    formatted
}

fn pretty(once: &str, twice: &str, from: &str) {
    assert!(once == twice, "not settled:\n{once}\n--- and again:\n{twice}\n--- from:\n{from}");
}

#[test]
fn every_example_says_the_same_afterwards() {
    for folder in ["examples/quickstart", "examples/school"] {
        let before = vpp::manifest::load(Utf8Path::new(folder));
        assert!(before.diagnostics.is_empty(), "{:?}", before.diagnostics);
        let formatted = tempfile::tempdir().unwrap();
        for file in before.manifests.sources.files() {
            let path = formatted.path().join(&file.path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, checked(&file.text)).unwrap();
        }
        let after = vpp::manifest::load(Utf8Path::from_path(formatted.path()).unwrap());
        assert!(after.diagnostics.is_empty(), "{:?}", after.diagnostics);
        assert_eq!(
            vpp::manifest::semantic_digest(&before.manifests),
            vpp::manifest::semantic_digest(&after.manifests),
        );
    }
}
