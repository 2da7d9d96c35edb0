//! Reading only what changed since the last run, with the memory in whatever state it is.

use std::sync::Mutex;

use camino::Utf8Path;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use vpp::actual::{Keep, ReadScope, read_since};
use vpp::apple::{Connection, Endpoint, Token};
use vpp::license::Roster;
use vpp::sandbox::{Change, ChangeAssignments};

use super::apple::Apple;
use super::shell::{Ran, Shell};

const UID: &str = "2049025000431439";
const PAGES: &str = "361309726";

/// The quickstart, of which no list fits on one page, and a memory that was named.
fn school() -> (Shell, Apple) {
    with(|_| ())
}

fn with(options: impl FnOnce(&mut vpp::sandbox::Options)) -> (Shell, Apple) {
    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::with(&mut shell, |all| {
        all.page_size = 4;
        // Runs follow each other faster than Apple would let them.
        all.paced = false;
        options(all);
    });
    shell.set("VPP_STATE", "state.db");
    (shell, apple)
}

/// Runs a command line that must end well and gives what it asked Apple for.
#[track_caller]
fn asked(shell: &Shell, apple: &Apple, line: &str) -> (Ran, Vec<String>) {
    let before = apple.sandbox.requests().len();
    let ran = shell.run(line);
    assert_eq!(ran.code, 0, "vpp {line}\n{}\n{}", ran.out, ran.err);
    let asked = apple.sandbox.requests().split_off(before);
    (ran, asked.into_iter().map(|one| format!("{}?{}", one.path, one.query)).collect())
}

/// Whether there are pages of the list of all holders.
fn is_whole(asked: &[String]) -> bool {
    asked.iter().any(|one| one.starts_with("assignments?includeUserState=true&pageIndex"))
}

/// What a plan would do, without when and how it was read.
fn effect(shell: &Shell, line: &str) -> Value {
    let plan: Value = serde_json::from_str(&shell.run(line).out).unwrap();
    let rows = |key: &str| plan["locations"][0][key].clone();
    Value::from(vec![
        plan["fingerprint"].clone(),
        plan["changes"].clone(),
        plan["inactions"].clone(),
        plan["summary"].clone(),
        rows("licenses"),
        rows("users"),
    ])
}

/// The plan from what is remembered, held against one that reads everything.
#[track_caller]
fn same_as_whole(shell: &Shell) {
    assert_eq!(effect(shell, "plan --format json"), effect(shell, "plan --format json --full"));
}

fn by_hand(apple: &Apple, change: Change, adam_id: &str, serial: &str) {
    let what = ChangeAssignments {
        adam_id: adam_id.to_owned(),
        serial_numbers: vec![serial.to_owned()],
        ..ChangeAssignments::default()
    };
    assert_eq!(apple.sandbox.change_assignments(change, &what).unwrap(), 1);
}

#[test]
fn where_nothing_changed_a_plan_takes_six_requests_and_no_page_of_holders() {
    let (shell, apple) = school();
    let (first, all) = asked(&shell, &apple, "plan");
    assert!(is_whole(&all) && !first.out.contains("only what changed"), "{}", first.out);
    let whole = effect(&shell, "plan --format json --full");
    for line in ["plan", "diff", "status", "plan"] {
        let (ran, asked) = asked(&shell, &apple, line);
        assert!(!is_whole(&asked), "{line}: {asked:#?}");
        assert_eq!(asked.len(), 6, "{line}: {asked:#?}");
        assert!(!ran.err.contains("warning"), "{}", ran.err);
        if line != "diff" {
            let said = "in 6 requests, only what changed since 20";
            assert!(ran.out.contains(said), "{line}: {}", ran.out);
        }
    }
    assert_eq!(effect(&shell, "plan --format json"), whole);
    let status: Value = serde_json::from_str(&shell.ok("status --format json")).unwrap();
    assert_eq!(status["locations"][0]["read_requests"], 6);
    assert!(status["locations"][0]["read_since"].is_string(), "{status}");
}

#[test]
fn everything_is_read_where_that_is_asked_for() {
    let (shell, apple) = school();
    shell.ok("plan");
    for line in ["plan --full", "diff --full", "status --full"] {
        let (ran, asked) = asked(&shell, &apple, line);
        assert!(is_whole(&asked), "{line}: {asked:#?}");
        assert!(!asked.iter().any(|one| one.contains("sinceVersionId")), "{line}: {asked:#?}");
        assert!(!ran.out.contains("only what changed"), "{line}: {}", ran.out);
    }
}

#[test]
fn what_hands_did_between_two_runs_is_in_the_second_as_in_a_full_read() {
    let (shell, apple) = school();
    let before = effect(&shell, "plan --format json");
    by_hand(&apple, Change::Remove, PAGES, "DMPXK1A2HJ0M");
    let (_, seen) = asked(&shell, &apple, "plan");
    assert!(!is_whole(&seen), "{seen:#?}");
    assert!(seen.iter().any(|one| one.contains("adamId=361309726")), "{seen:#?}");
    assert_ne!(effect(&shell, "plan --format json"), before);
    same_as_whole(&shell);

    by_hand(&apple, Change::Add, PAGES, "STRANGER1");
    let (_, seen) = asked(&shell, &apple, "plan");
    assert_eq!(seen.len(), 6, "what was added comes with what is asked anyway: {seen:#?}");
    assert!(shell.ok("plan --detail").contains("STRANGER1"));
    same_as_whole(&shell);

    // One goes and another comes: the count is as it was.
    by_hand(&apple, Change::Remove, PAGES, "DMPXK1A3HJ0N");
    by_hand(&apple, Change::Add, PAGES, "STRANGER2");
    let (ran, seen) = asked(&shell, &apple, "plan --detail");
    assert!(!is_whole(&seen) && ran.out.contains("STRANGER2"), "{seen:#?}");
    same_as_whole(&shell);
}

#[test]
fn an_app_that_is_managed_only_now_is_read() {
    let (shell, _apple) = school();
    let pages = shell.read("apps/pages.yaml");
    fs_err::remove_file(shell.path().join("apps/pages.yaml")).unwrap();
    shell.ok("plan");
    shell.write("apps/pages.yaml", &pages);
    same_as_whole(&shell);
}

#[test]
fn an_apply_goes_on_from_what_was_read_and_so_does_the_next_plan() {
    let (mut shell, apple) = school();
    shell.set("VPP_STATE", "");
    shell.ok("plan");
    assert!(!shell.path().join(".vpp").exists(), "a plan begins no memory beside the manifests");
    let (_, seen) = asked(&shell, &apple, "apply --auto-approve");
    assert!(is_whole(&seen), "{seen:#?}");
    shell.ok("plan");
    by_hand(&apple, Change::Remove, PAGES, "DMPXK1A2HJ0M");
    let (_, seen) = asked(&shell, &apple, "apply --auto-approve");
    assert!(!is_whole(&seen), "{seen:#?}");
    let (ran, seen) = asked(&shell, &apple, "plan --detailed-exitcode");
    assert!(!is_whole(&seen) && ran.out.contains("NOTHING TO DO"), "{}\n{seen:#?}", ran.out);
    same_as_whole(&shell);
    let (_, seen) = asked(&shell, &apple, "apply --auto-approve --full");
    assert!(is_whole(&seen), "{seen:#?}");
    same_as_whole(&shell);
}

#[test]
fn a_version_that_apple_has_forgotten_means_a_full_read() {
    let (mut shell, apple) = with(|options| options.version_retention = 2);
    shell.ok("plan");
    for n in 0..4 {
        by_hand(&apple, Change::Add, PAGES, &format!("STRANGER{n}"));
    }
    shell.set("VPP_LOG", "info");
    let (ran, seen) = asked(&shell, &apple, "plan --detail");
    assert!(is_whole(&seen) && ran.out.contains("STRANGER3"), "{seen:#?}");
    assert!(ran.err.contains("Apple does not know its version (9721)"), "{}", ran.err);
    let (_, seen) = asked(&shell, &apple, "plan");
    assert!(!is_whole(&seen), "{seen:#?}");
}

#[test]
fn a_damaged_snapshot_and_one_of_another_version_of_vpp_mean_a_full_read() {
    let (mut shell, apple) = school();
    shell.ok("plan");
    let whole = effect(&shell, "plan --format json --full");
    let changes = [
        "UPDATE vpp_blobs SET value = substr(value, 1, length(value) / 2)",
        "UPDATE vpp_blobs SET value = CAST('vppsnap0, and what followed then' AS BLOB)",
        "UPDATE vpp_blobs SET value = x''",
    ];
    for change in changes {
        let state = rusqlite::Connection::open(shell.path().join("state.db")).unwrap();
        assert_eq!(state.execute(change, []).unwrap(), 1);
        drop(state);
        shell.set("VPP_LOG", "info");
        let (ran, seen) = asked(&shell, &apple, "plan");
        assert!(is_whole(&seen), "{change}: {seen:#?}");
        assert!(ran.err.contains("there is no snapshot to go on from"), "{change}: {}", ran.err);
        assert!(!ran.err.contains("WARN"), "{change}: {}", ran.err);
        shell.set("VPP_LOG", "error");
        let (_, seen) = asked(&shell, &apple, "plan");
        assert!(!is_whole(&seen), "it is kept anew: {seen:#?}");
        assert_eq!(effect(&shell, "plan --format json"), whole);
    }
}

#[test]
fn a_memory_that_was_deleted_costs_a_full_read_and_begins_anew() {
    let (shell, apple) = school();
    shell.ok("plan");
    fs_err::remove_file(shell.path().join("state.db")).unwrap();
    let (_, seen) = asked(&shell, &apple, "plan");
    assert!(is_whole(&seen), "{seen:#?}");
    let (_, seen) = asked(&shell, &apple, "plan");
    assert!(!is_whole(&seen), "{seen:#?}");
    same_as_whole(&shell);
}

#[test]
fn a_plan_does_not_fail_where_nothing_can_be_remembered() {
    let (mut shell, apple) = school();
    shell.ok("plan");
    let state = rusqlite::Connection::open(shell.path().join("state.db")).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON vpp_blobs BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    state.execute(full, []).unwrap();
    drop(state);
    by_hand(&apple, Change::Add, PAGES, "STRANGER1");
    let (ran, _) = asked(&shell, &apple, "plan --detail");
    assert!(ran.out.contains("STRANGER1"), "{}", ran.out);
    let said = "warning: northfield: the next run cannot go on from what was read now: ";
    assert_eq!(ran.err.matches(said).count(), 1, "{}", ran.err);
    assert!(ran.err.contains("disk full"), "{}", ran.err);

    fs_err::create_dir(shell.path().join("folder")).unwrap();
    shell.set("VPP_STATE", "folder");
    let (ran, seen) = asked(&shell, &apple, "plan");
    assert!(is_whole(&seen), "{seen:#?}");
    let said = "warning: this goes on without memory of earlier runs: ";
    assert_eq!(ran.err.matches(said).count(), 1, "{}", ran.err);
}

/// Keeps a snapshot as a run of that moment would have.
fn read_at(shell: &Shell, apple: &Apple, now: Timestamp) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let reader = Connection::new(Token::parse(&apple.sandbox.token(UID).unwrap()).unwrap())
            .endpoint(Endpoint::parse(&apple.tap.url()).unwrap())
            .connect()
            .unwrap();
        let roster = Mutex::new(Roster::new());
        let scope = ReadScope { full: true, ..ReadScope::default() };
        let read = read_since(&reader, &roster, &scope, None, now, &|_| ()).await.unwrap();
        let Keep::New(snapshot) = read.1 else { panic!("nothing to keep") };
        let bytes = snapshot.encode(&roster.into_inner().unwrap()).unwrap();
        let path = shell.path().join("state.db");
        let store = vpp::store::open(path.as_str(), None).await.unwrap();
        store.remember(&format!("snapshot/{UID}"), &bytes, now).await.unwrap();
    });
}

#[test]
fn a_week_after_the_last_full_read_everything_is_read() {
    let (shell, apple) = school();
    #[expect(clippy::disallowed_methods, reason = "the program's clock is the real one")]
    let now = Timestamp::now();
    let days = |days: i64| now - SignedDuration::from_hours(24 * days);
    read_at(&shell, &apple, days(6));
    let (ran, seen) = asked(&shell, &apple, "plan");
    assert!(!is_whole(&seen), "six days: {seen:#?}");
    let since = days(6).strftime("%Y-%m-%d").to_string();
    assert!(ran.out.contains(&format!("only what changed since {since}")), "{}", ran.out);

    // However often only the changes were read meanwhile.
    by_hand(&apple, Change::Add, PAGES, "STRANGER1");
    let (ran, _) = asked(&shell, &apple, "plan");
    assert!(ran.out.contains(&format!("only what changed since {since}")), "{}", ran.out);

    for wrong in [days(8), days(-1)] {
        read_at(&shell, &apple, wrong);
        let (_, seen) = asked(&shell, &apple, "plan");
        assert!(is_whole(&seen), "{wrong}: {seen:#?}");
        let (_, seen) = asked(&shell, &apple, "plan");
        assert!(!is_whole(&seen), "{wrong}: {seen:#?}");
    }
    same_as_whole(&shell);
}

#[test]
fn what_is_kept_of_one_apple_says_nothing_of_another_with_the_same_library() {
    let (mut shell, apple) = school();
    shell.ok("plan");
    drop(apple);
    // One device for another: no count differs, and no version either.
    shell.edit("world.yaml", "DMPXK1A6HJ0R", "STRANGER1");
    let other = Apple::with(&mut shell, |options| {
        options.page_size = 4;
        options.paced = false;
    });
    let (ran, seen) = asked(&shell, &other, "plan --detail");
    assert!(is_whole(&seen) && ran.out.contains("STRANGER1"), "{}\n{seen:#?}", ran.out);
    same_as_whole(&shell);
}

#[test]
fn a_rehearsal_goes_on_from_nothing_and_leaves_nothing_to_go_on_from() {
    let (shell, apple) = school();
    shell.ok("plan");
    let kept = |path: &Utf8Path| -> Vec<u8> {
        let state = rusqlite::Connection::open(path).unwrap();
        state.query_row("SELECT value FROM vpp_blobs", [], |row| row.get(0)).unwrap()
    };
    let state = shell.path().join("state.db");
    let before = kept(&state);
    let rehearsal = "plan --detail --sandbox world.yaml --state state.db";
    shell.edit("world.yaml", "DMPXK1A6HJ0R", "STRANGER1");
    assert!(shell.ok(rehearsal).contains("STRANGER1"));
    shell.edit("world.yaml", "STRANGER1", "STRANGER2");
    let again = shell.ok(rehearsal);
    assert!(again.contains("STRANGER2") && !again.contains("STRANGER1"), "{again}");
    let boxed = format!("{rehearsal} --sandbox-state box.json");
    assert!(shell.ok(&boxed).contains("STRANGER2"));
    assert_eq!(kept(&state), before);
    let (_, seen) = asked(&shell, &apple, "plan");
    assert_eq!(seen.len(), 6, "{seen:#?}");
    same_as_whole(&shell);
}

#[test]
fn a_location_whose_lists_are_short_is_read_whole() {
    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::with(&mut shell, |options| options.paced = false);
    shell.set("VPP_STATE", "state.db");
    for _ in 0..2 {
        let (_, seen) = asked(&shell, &apple, "plan");
        assert_eq!(seen.len(), 5, "one request fewer than asking what changed: {seen:#?}");
    }
}
