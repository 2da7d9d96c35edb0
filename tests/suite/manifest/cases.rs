//! One manifest a file in `cases/`, its diagnostics in `snapshots/`.

use super::folder::lines_of;

#[test]
fn every_case_reads_as_its_snapshot() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/manifest/cases");
    let mut cases: Vec<_> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    cases.sort();
    assert!(cases.len() > 20, "the cases are gone");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for case in cases {
            let name = case.file_stem().unwrap().to_str().unwrap().to_owned();
            let lines = lines_of(fs_err::read(&case).unwrap());
            let lines = if lines.is_empty() { "nothing to say".to_owned() } else { lines };
            insta::assert_snapshot!(name, lines);
        }
    });
}
