//! The small school of the examples.

use crate::export::File;

macro_rules! quickstart {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../examples/quickstart/", $path)))),*]
    };
}

/// Its files, without the lines for editors, which are different in every folder.
pub(super) fn files() -> Vec<File> {
    quickstart![
        "location.yaml",
        "groups.yaml",
        "inventory/devices.csv",
        "inventory/staff.csv",
        "apps/goodnotes.yaml",
        "apps/notability.yaml",
        "apps/pages.yaml",
        "books/everyone-can-code.yaml",
        "world.yaml",
    ]
    .into_iter()
    .map(|(path, text)| {
        let is_for_editors = |line: &&str| line.starts_with("# yaml-language-server:");
        let text = text.split_inclusive('\n').filter(|line| !is_for_editors(line)).collect();
        File { path: path.to_owned(), text }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn no_file_of_the_example_is_forgotten() {
        fn walk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
            for entry in fs_err::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, found);
                } else if path.file_name().is_some_and(|name| name != "README.md") {
                    found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        let mut there = BTreeSet::new();
        walk(&root, &root, &mut there);
        let embedded: BTreeSet<String> = files().into_iter().map(|file| file.path).collect();
        assert_eq!(embedded, there);
    }
}
