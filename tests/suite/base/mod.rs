//! A plan held against a git revision or a saved plan: what a change intends, and what would have
//! moved without it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use vpp::plan::{CauseKind, Origin, Plan, file};

struct Repository {
    place: tempfile::TempDir,
}

impl Repository {
    /// The quickstart under git, with one commit.
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        copy(Path::new("examples/quickstart"), place.path());
        let it = Self { place };
        // Room for one more, so that no guard blocks.
        it.edit("world.yaml", "total: 6", "total: 9");
        for arguments in [
            &["init", "-q"][..],
            &["add", "-A"],
            &["-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "-qm", "before"],
        ] {
            it.git(arguments);
        }
        it
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git").current_dir(&self.place).args(arguments).status().unwrap();
        assert!(done.success(), "git {arguments:?}");
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.place.path().join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} is not in {}", path.display());
        fs_err::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    fn vpp(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(cargo_bin("vpp"))
            .current_dir(&self.place)
            .env_remove("VPP_ENDPOINT")
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn plan(&self, extra: &[&str]) -> Plan {
        let arguments = ["plan", ".", "--sandbox", "world.yaml", "--format", "json"];
        let (code, out, err) = self.vpp(&[&arguments[..], extra].concat());
        assert_eq!(code, 0, "{err}");
        file::read(out.as_bytes()).unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs_err::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}

/// Pairs by origin, and by what caused the intended ones.
fn told(plan: &Plan) -> (BTreeMap<Option<Origin>, usize>, Vec<(String, u32, &'static str, usize)>) {
    let mut origins = BTreeMap::new();
    let mut causes = vec![];
    for change in &plan.changes {
        *origins.entry(change.origin).or_default() += change.pairs();
        if change.origin == Some(Origin::Intended) {
            let kind = match &change.cause.kind {
                CauseKind::Entry { .. } => "entry",
                CauseKind::Except { .. } => "except",
                CauseKind::Group { .. } => "group",
                CauseKind::Inventory { .. } => "inventory",
                CauseKind::Removed { .. } => "removed",
                CauseKind::Unnamed { .. } => "unnamed",
            };
            causes.push((change.cause.file.clone(), change.cause.line, kind, change.pairs()));
        }
    }
    causes.sort();
    (origins, causes)
}

#[test]
fn without_an_edit_everything_is_drift() {
    let repository = Repository::new();
    let plan = repository.plan(&["--base", "HEAD"]);
    let (origins, causes) = told(&plan);
    assert_eq!(origins, BTreeMap::from([(Some(Origin::Drift), 17)]));
    assert_eq!(causes, []);
    assert_eq!(plan.fingerprint, repository.plan(&[]).fingerprint, "a base changes no effect");
}

#[test]
fn each_edit_is_told_apart_by_the_line_that_was_edited() {
    let repository = Repository::new();
    // Three licenses that are in place lose their entry, ...
    repository.edit(
        "apps/pages.yaml",
        "  - to: macs\n",
        "  - to: loaners\n    intent: available\n",
    );
    // ... a group's own line lets somebody in, ...
    let to = "devices: [GG7YP3M1Q1GC, F9FXH7L2JF8J]";
    repository.edit("groups.yaml", "devices: [GG7YP3M1Q1GC]", to);
    // ... and the inventory moves.
    let row = "DMPXK1A9HJ0V,iPad,7,\nDMPXK1A7HJ0T,iPad,7,\n";
    repository.edit("inventory/devices.csv", "DMPXK1A7HJ0T,iPad,7,\n", row);
    let plan = repository.plan(&["--base", "HEAD"]);
    let (_, causes) = told(&plan);
    assert_eq!(
        causes,
        [
            // The entry for Macs is gone: the one that holds a license loses it.
            ("apps/pages.yaml".to_owned(), 10, "entry", 1),
            ("apps/pages.yaml".to_owned(), 10, "removed", 1),
            // The new iPad, once per app for year 7.
            ("groups.yaml".to_owned(), 4, "inventory", 1),
            ("groups.yaml".to_owned(), 4, "inventory", 1),
            ("groups.yaml".to_owned(), 4, "inventory", 1),
        ]
    );
    let base = plan.base.as_ref().unwrap();
    assert_eq!((base.intended_assign, base.intended_reclaim), (4, 1));
    let all: usize = plan.changes.iter().map(vpp::plan::Change::pairs).sum();
    let told =
        base.intended_assign + base.intended_reclaim + base.drift_assign + base.drift_reclaim;
    assert_eq!(u64::try_from(all).unwrap(), told);
}

#[test]
fn a_change_of_a_groups_own_lines_names_them() {
    let repository = Repository::new();
    let with = "from: devices\nwhere: 'row.family == \"iPad\" || row.serial == \"F9FXH7L2JF8J\"'";
    let from = "from: devices\nwhere: 'row.grade == \"7\" && row.family == \"iPad\"'";
    repository.edit("groups.yaml", from, with);
    repository.edit("inventory/devices.csv", "GG7YP3M1Q1GC,iPad,7,\n", "GG7YP3M1Q1GC,iPad,8,\n");
    let plan = repository.plan(&["--base", "HEAD"]);
    let (_, causes) = told(&plan);
    // Nobody new: the loaner of year 8 is an iPad. Its licenses were wanted before.
    assert_eq!(causes, []);
    repository.edit(
        "inventory/devices.csv",
        "C02ZW0ABLVDQ,Mac",
        "DMPXK1AZHJ0Z,iPad,9,\nC02ZW0ABLVDQ,Mac",
    );
    let plan = repository.plan(&["--base", "HEAD"]);
    let (_, causes) = told(&plan);
    let group = ("groups.yaml".to_owned(), 18, "group", 1);
    assert_eq!(causes, vec![group; 3]);
}

#[test]
fn a_saved_plan_is_a_base_too() {
    let repository = Repository::new();
    let (code, _, err) =
        repository.vpp(&["plan", ".", "--sandbox", "world.yaml", "--out", "before.json"]);
    assert_eq!(code, 0, "{err}");
    repository.edit("apps/pages.yaml", "  - to: macs\n", "");
    let plan = repository.plan(&["--base-plan", "before.json"]);
    let base = plan.base.as_ref().unwrap();
    assert_eq!((base.intended_assign, base.intended_reclaim, base.no_longer), (0, 1, 1));
}

#[test]
fn an_unknown_revision_and_a_folder_without_git_are_said() {
    let repository = Repository::new();
    let arguments = ["plan", ".", "--sandbox", "world.yaml", "--base"];
    let (code, out, err) = repository.vpp(&[&arguments[..], &["v9"]].concat());
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("git knows no revision `v9`") && err.contains("fetch-depth: 0"), "{err}");
    let (code, _, err) = repository.vpp(&[&arguments[..], &["--upload-pack=x"]].concat());
    assert_eq!(code, 64, "{err}");
}

#[test]
fn the_difference_of_two_plans_is_what_changed_since_the_last_push() {
    let repository = Repository::new();
    let plan = |to: &str| repository.vpp(&["plan", ".", "--sandbox", "world.yaml", "--out", to]);
    assert_eq!(plan("old.json").0, 0);
    repository.edit("apps/goodnotes.yaml", "except: [loaners]\n", "");
    assert_eq!(plan("new.json").0, 0);
    let (code, out, _) = repository.vpp(&["show", "new.json", "--diff", "old.json", "--detail"]);
    assert_eq!(code, 0);
    assert!(out.contains("1 difference: assigns +1 -0, reclaims +0 -0"), "{out}");
    assert!(out.contains("+ GG7YP3M1Q1GC"), "{out}");
    let (_, out, _) = repository.vpp(&["show", "new.json", "--diff", "new.json"]);
    assert!(out.contains("Both plans do the same."), "{out}");
}
