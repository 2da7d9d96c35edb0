//! `vpp init`: what it leaves behind works.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn vpp(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(assert_cmd::cargo::cargo_bin("vpp"))
        .current_dir(folder)
        .env_clear()
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn files(folder: &Path) -> BTreeSet<String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder, folder, &mut found);
    found
}

/// Whatever was begun validates, is formatted, and every line for editors finds the schema.
fn works(folder: &Path) {
    let (code, _, err) = vpp(folder, &["validate"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let (code, out, err) = vpp(folder, &["fmt", "--check"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let schema: Value =
        serde_json::from_str(&fs_err::read_to_string(folder.join("schema/manifest.json")).unwrap())
            .unwrap();
    let schema = jsonschema::draft7::new(&schema).unwrap();
    let mut checked = 0;
    for path in files(folder) {
        if path.starts_with('.') || !path.ends_with(".yaml") || path == "world.yaml" {
            continue;
        }
        let text = fs_err::read_to_string(folder.join(&path)).unwrap();
        let line = text.lines().next().unwrap();
        let to = line
            .strip_prefix("# yaml-language-server: $schema=")
            .unwrap_or_else(|| panic!("{path}: {line}"));
        let to = folder.join(&path).parent().unwrap().join(to).canonicalize().unwrap();
        assert_eq!(to, folder.join("schema/manifest.json").canonicalize().unwrap(), "{path}");
        for document in text.split("\n---\n") {
            let document: Value = yaml_serde::from_str(document).unwrap();
            assert!(schema.is_valid(&document), "{path}");
            checked += 1;
        }
    }
    assert!(checked > 4, "{checked}");
}

#[test]
fn the_sample_is_a_working_repository() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("licenses");
    let (code, out, told) = vpp(place.path(), &["init", "licenses", "--sample", "--ci", "github"]);
    assert_eq!(code, 0, "{told}");
    let written: BTreeSet<String> =
        out.lines().map(|line| line.strip_prefix("licenses/").unwrap().to_owned()).collect();
    assert_eq!(written, files(&folder));
    for path in [".gitignore", ".vppignore", "README.md", "policy.yaml", ".github/CODEOWNERS"] {
        assert!(written.contains(path), "{path}: {out}");
    }
    works(&folder);
    let (code, out, err) = vpp(&folder, &["plan", "--sandbox", "world.yaml"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("READY"), "{out}");
    // What is said to type next is what works.
    let hint = "vpp plan licenses --sandbox licenses/world.yaml";
    assert!(told.contains(&format!("  {hint}\n")), "{told}");
    let typed: Vec<&str> = hint.split(' ').skip(1).collect();
    assert_eq!(vpp(place.path(), &typed).0, 0);
}

#[test]
fn what_a_world_holds_is_adopted_and_the_first_plan_is_empty() {
    let place = tempfile::tempdir().unwrap();
    let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/school/world.yaml");
    let world = world.to_str().unwrap();
    let (code, _, err) = vpp(place.path(), &["init", "--sandbox", world, "--ci", "github"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains(&format!("vpp plan --sandbox {world}")), "{err}");
    works(place.path());
    let (code, out, err) = vpp(place.path(), &["plan", "--sandbox", world, "--detailed-exitcode"]);
    assert_eq!(code, 0, "{out}{err}");
    let workflow = fs_err::read_to_string(place.path().join(".github/workflows/vpp-plan.yml"));
    assert!(workflow.unwrap().contains("secrets.VPP_TOKEN_NORTH_CAMPUS"), "every token is there");
}

#[test]
fn each_pipeline_brings_its_own_files() {
    let common = |ci: &str| {
        let place = tempfile::tempdir().unwrap();
        let (code, _, err) = vpp(place.path(), &["init", "--sample", "--ci", ci]);
        assert_eq!(code, 0, "{err}");
        works(place.path());
        files(place.path())
    };
    let (github, gitlab, none) = (common("github"), common("gitlab"), common("none"));
    assert!(github.contains(".github/workflows/vpp-apply.yml"));
    assert!(gitlab.contains(".gitlab-ci.yml") && gitlab.contains(".gitlab/CODEOWNERS"));
    assert!(none.contains("CODEOWNERS"));
    assert!(!none.iter().any(|path| path.contains("github") || path.contains("gitlab")));
}

#[test]
fn nothing_is_overwritten_and_nothing_is_written_where_anything_is_in_the_way() {
    let place = tempfile::tempdir().unwrap();
    fs_err::create_dir(place.path().join("apps")).unwrap();
    for (path, text) in [(".gitignore", "mine\n"), ("policy.yaml", "mine\n")] {
        fs_err::write(place.path().join(path), text).unwrap();
    }
    let before = files(place.path());
    let (code, out, err) = vpp(place.path(), &["init", "--sample"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("./.gitignore") && err.contains("./policy.yaml"), "{err}");
    assert!(err.contains("nothing was written"), "{err}");
    assert_eq!(files(place.path()), before);
    // The same folder twice.
    let place = tempfile::tempdir().unwrap();
    assert_eq!(vpp(place.path(), &["init", "--sample"]).0, 0);
    assert_eq!(vpp(place.path(), &["init", "--sample"]).0, 1);
}

#[test]
fn a_token_that_is_not_there_is_said_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = vpp(place.path(), &["init", "--token-env", "VPP_TOKEN_NORTH"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("VPP_TOKEN_NORTH"), "{err}");
    assert!(files(place.path()).is_empty());
    assert_eq!(vpp(place.path(), &["init", "--sample", "--token-env", "X"]).0, 64);
}

#[test]
fn packagers_get_a_page_per_command_and_a_script_per_shell() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = vpp(place.path(), &["man", "--out", "man"]);
    assert_eq!(code, 0, "{err}");
    let help = vpp(place.path(), &["--help"]).1;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut expected: BTreeSet<String> = commands
        .lines()
        .map(|line| format!("man/vpp-{}.1", line.split_whitespace().next().unwrap()))
        .filter(|page| page != "man/vpp-help.1")
        .collect();
    expected.insert("man/vpp.1".to_owned());
    assert_eq!(out.lines().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    let page = fs_err::read_to_string(place.path().join("man/vpp-plan.1")).unwrap();
    assert!(page.contains("detailed\\-exitcode"), "{page}");
    let (code, out, err) = vpp(place.path(), &["completions", "--out", "completions"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 5, "{out}");
    for path in out.lines() {
        let script = fs_err::read_to_string(place.path().join(path)).unwrap();
        assert!(script.contains("detailed-exitcode"), "{path}");
    }
    assert_eq!(vpp(place.path(), &["completions"]).0, 64);
    assert!(vpp(place.path(), &["completions", "zsh"]).1.starts_with("#compdef vpp"));
}
