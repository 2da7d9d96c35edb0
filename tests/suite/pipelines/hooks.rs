//! The git hook, called by git, and the hooks of pre-commit.

use std::process::Output;

use super::files;
use super::place::{Place, said};

fn git(place: &Place, arguments: &[&str]) -> Output {
    let who =
        ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "init.defaultBranch=main"];
    place.command("git", false).args(who).args(arguments).output().unwrap()
}

fn committed(place: &Place, output: &Output) -> bool {
    let head = git(place, &["rev-parse", "--verify", "--quiet", "HEAD"]);
    assert_eq!(output.status.success(), head.status.success(), "{}", said(output));
    output.status.success()
}

fn repository() -> Place {
    let place = Place::new();
    assert!(git(&place, &["init"]).status.success());
    let hook = place.repository().join(".git/hooks/pre-commit");
    fs_err::copy(files::top().join("git-hooks/pre-commit"), hook).unwrap();
    place
}

#[test]
fn valid_and_formatted_manifests_are_committed() {
    let place = repository();
    let formatted = place.vpp(&["fmt", "."]);
    assert!(formatted.status.success(), "{}", said(&formatted));
    git(&place, &["add", "."]);
    let commit = git(&place, &["commit", "-m", "Start"]);
    assert!(committed(&place, &commit), "{}", said(&commit));
}

#[test]
fn what_is_staged_is_checked_and_not_what_lies_around() {
    let place = repository();
    place.edit("apps/pages.yaml", "adamId:", "adamid:");
    git(&place, &["add", "."]);
    // Mended in the working tree, and not in what would be committed.
    place.edit("apps/pages.yaml", "adamid:", "adamId:");
    let commit = git(&place, &["commit", "-m", "Start"]);
    assert!(!committed(&place, &commit));
    assert!(said(&commit).contains("adamid") && said(&commit).contains("not committed"));
}

#[test]
fn without_vpp_nothing_passes_unseen() {
    let place = repository();
    fs_err::remove_file(place.path("bin/vpp")).unwrap();
    git(&place, &["add", "."]);
    let mut command = place.command("git", false);
    let who = ["-c", "user.name=t", "-c", "user.email=t@t.example"];
    command.args(who).args(["commit", "-m", "Start"]).env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let commit = command.output().unwrap();
    assert!(!committed(&place, &commit));
    assert!(said(&commit).contains("vpp is not on PATH"), "{}", said(&commit));
}

#[test]
fn the_hooks_of_pre_commit_check_the_whole_folder() {
    let place = Place::new();
    let config = files::read("pre-commit/.pre-commit-config.yaml");
    let hooks = config["repos"][0]["hooks"].as_array().unwrap();
    assert_eq!(hooks.len(), 2);
    let formatted = place.vpp(&["fmt", "."]);
    assert!(formatted.status.success(), "{}", said(&formatted));
    for hook in hooks {
        assert_eq!((&hook["language"], &hook["pass_filenames"]), (&"system".into(), &false.into()));
        let entry = hook["entry"].as_str().unwrap().strip_prefix("vpp ").unwrap();
        let folder = hook["args"][0].as_str().unwrap();
        let arguments: Vec<&str> = entry.split(' ').chain([folder]).collect();
        let output = place.vpp(&arguments);
        assert!(output.status.success(), "{}", said(&output));
        place.edit("apps/pages.yaml", "kind: App", "kind:   Application");
        let output = place.vpp(&arguments);
        assert!(!output.status.success(), "{}", said(&output));
        place.edit("apps/pages.yaml", "kind:   Application", "kind: App");
    }
}
