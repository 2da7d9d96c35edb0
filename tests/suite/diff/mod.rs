//! `vpp diff`.

use std::path::Path;
use std::process::Command;

const FOLDER: &str = "examples/quickstart";
const WORLD: &str = "examples/quickstart/world.yaml";

fn vpp(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(assert_cmd::cargo::cargo_bin("vpp"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn diff(folder: &str, world: &str, extra: &[&str]) -> (i32, String, String) {
    vpp(&[&["diff", folder, "--sandbox", world][..], extra].concat())
}

/// How many lines begin so.
fn count(out: &str, mark: &str) -> u64 {
    u64::try_from(out.lines().filter(|line| line.starts_with(mark)).count()).unwrap()
}

#[test]
fn one_app_is_shown_holder_by_holder() {
    let (code, out, err) = diff(FOLDER, WORLD, &["--app", "Notability"]);
    assert_eq!(code, 0, "{err}");
    let lines = [
        "--- actual/northfield/Notability",
        "+++ desired/northfield/Notability",
        "@@ -9,5 +9,6 @@",
        "   - DMPXK1A3HJ0N",
        "   - DMPXK1A4HJ0P",
        "   - DMPXK1A5HJ0Q",
        "+  - DMPXK1A6HJ0R",
        "+  - DMPXK1A7HJ0T",
        "-  - F9FXH7L2JF8J",
        " users: []\n",
    ];
    assert_eq!(out, lines.join("\n"));
    assert_eq!(diff(FOLDER, WORLD, &["--app", "360593530"]).1, out);
}

#[test]
fn it_shows_what_the_plan_moves_and_nothing_else() {
    let (code, out, err) = diff(FOLDER, WORLD, &["--detailed-exitcode"]);
    assert_eq!(code, 2, "{err}");
    let (_, plan, _) = vpp(&["plan", FOLDER, "--sandbox", WORLD, "--format", "json"]);
    let plan = vpp::plan::file::read(plan.as_bytes()).unwrap();
    assert_eq!(count(&out, "+  - "), plan.summary.assign);
    assert_eq!(count(&out, "-  - "), plan.summary.reclaim);
    let (code, out, _) = vpp(&["diff", FOLDER, "--sandbox", WORLD, "--color", "always"]);
    assert_eq!(code, 0);
    assert!(out.contains("\u{1b}[31m-  - F9FXH7L2JF8J\u{1b}[0m"), "{out}");
}

#[test]
fn nothing_to_do_is_no_output() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("adopted");
    let into = into.to_str().unwrap();
    let (code, _, err) = vpp(&["export", into, "--sandbox", WORLD]);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = diff(into, WORLD, &["--detailed-exitcode"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    // What export writes needs no formatting.
    let (code, out, err) = vpp(&["fmt", "--check", into]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
}

#[test]
fn an_app_that_is_not_there_is_a_mistake() {
    let (code, out, err) = diff(FOLDER, WORLD, &["--app", "notability"]);
    assert_eq!((code, out.as_str()), (64, ""));
    assert!(err.contains("no app, book or subscription `notability`"), "{err}");
    assert!(err.contains("did you mean `Notability`?"), "{err}");
}

#[test]
fn a_location_that_cannot_be_read_is_said_and_fails() {
    let (code, out, err) = vpp(&["diff", FOLDER]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("northfield: not read") && err.contains("VPP_TOKEN"), "{err}");
}

#[test]
fn a_school_is_shown_whole() {
    assert!(Path::new("examples/school").is_dir());
    let (code, out, err) = diff("examples/school", "examples/school/world.yaml", &[]);
    assert_eq!(code, 0, "{err}");
    let (_, plan, _) = vpp(&[
        "plan",
        "examples/school",
        "--sandbox",
        "examples/school/world.yaml",
        "--format",
        "json",
    ]);
    let plan = vpp::plan::file::read(plan.as_bytes()).unwrap();
    assert_eq!(count(&out, "+  - "), plan.summary.assign);
    assert_eq!(count(&out, "-  - "), plan.summary.reclaim);
}
