//! Plans that are approved first and applied later.

use super::apple::Apple;
use super::shell::Shell;

const HERE: &str = "--sandbox world.yaml --sandbox-state state.json";

fn planned() -> Shell {
    let shell = Shell::with_example("quickstart");
    shell.ok(&format!("plan --out p.json {HERE}"));
    shell
}

#[track_caller]
fn stale(shell: &Shell, line: &str, why: &str) {
    let ran = shell.run(line);
    assert_eq!(ran.code, 5, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(why), "expected `{why}`:\n{}", ran.err);
}

#[test]
fn exactly_that_plan_is_applied_once() {
    let shell = planned();
    let shown = shell.ok("show p.json");
    assert!(shown.contains("vpp apply p.json"), "{shown}");
    let ran = shell.run(&format!("apply p.json --auto-approve {HERE}"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    stale(&shell, &format!("apply p.json --auto-approve {HERE}"), "where the plan reaches");
}

#[test]
fn a_file_that_is_not_what_was_written_is_refused() {
    let shell = planned();
    let whole = shell.read("p.json");
    let apply = format!("apply p.json --auto-approve {HERE}");
    for (text, why) in [
        (whole.replacen("F9FXH7L2JF8J", "F9FXH7L2JF8K", 1), "was changed after it was written"),
        (whole[..whole.len() / 2].to_owned(), "ends in the middle"),
        (whole.replacen("\"format_version\":\"1.0\"", "\"format_version\":\"2.0\"", 1), "2.0"),
        ("{}".to_owned(), "no plan file"),
        (String::new(), "it is empty"),
    ] {
        shell.write("p.json", &text);
        stale(&shell, &apply, why);
        assert_eq!(shell.run("show p.json").code, 5);
    }
    assert!(!shell.path().join("state.json").exists() || shell.read("state.json").contains("F9FX"));
}

#[test]
fn a_plan_is_packed_where_its_name_says_so_and_read_back_wherever_a_plan_is() {
    let shell = planned();
    shell.ok(&format!("plan --out p.json.zst {HERE}"));
    let file = |name: &str| fs_err::read(shell.path().join(name)).unwrap();
    let (plain, packed) = (file("p.json"), file("p.json.zst"));
    assert!(packed.len() * 2 < plain.len(), "{} of {}", packed.len(), plain.len());
    // They were made one after the other, so their moments differ.
    let json = |name: &str| -> serde_json::Value {
        let text = shell.ok(&format!("show {name} --format json"));
        let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
        serde_json::json!([plan["fingerprint"], plan["changes"], plan["summary"]])
    };
    assert_eq!(json("p.json.zst"), json("p.json"));
    let same = shell.ok("show p.json.zst --diff p.json");
    assert_eq!(same, shell.ok("show p.json --diff p.json"));
    let against = shell.ok(&format!("plan --base-plan p.json.zst {HERE}"));
    assert!(against.contains("p.json.zst"), "{against}");

    // Cut short, and damaged.
    let apply = format!("apply p.json.zst --auto-approve {HERE}");
    let put = |bytes: &[u8]| fs_err::write(shell.path().join("p.json.zst"), bytes).unwrap();
    put(&packed[..packed.len() / 2]);
    stale(&shell, &apply, "ends in the middle");
    let mut damaged = packed.clone();
    damaged[packed.len() - 2] ^= 1;
    put(&damaged);
    stale(&shell, &apply, "cannot be unpacked");
    put(&packed);
    assert_eq!(shell.run(&apply).code, 0);
}

#[test]
fn manifests_that_changed_since_are_refused_and_comments_are_no_change() {
    let shell = planned();
    shell.edit("apps/notability.yaml", "assign:\n", "assign: # all of them\n");
    shell.edit("apps/pages.yaml", "  - to: macs\n", "");
    stale(&shell, &format!("apply p.json --auto-approve {HERE}"), "have changed since");
    let shell = planned();
    shell.edit("apps/notability.yaml", "assign:\n", "assign: # all of them\n");
    assert_eq!(shell.run(&format!("apply p.json --auto-approve {HERE}")).code, 0);
    let shell = planned();
    shell.edit("inventory/devices.csv", "DMPXK1A7HJ0T,iPad,7", "DMPXK1A7HJ0T,iPad,8");
    stale(&shell, &format!("apply p.json --auto-approve {HERE}"), "have changed since");
}

#[test]
fn a_plan_that_is_too_old_is_refused() {
    let aged = |shell: &Shell, by: i64| {
        let mut plan: serde_json::Value = serde_json::from_str(&shell.read("p.json")).unwrap();
        let made: jiff::Timestamp = plan["created_at"].as_str().unwrap().parse().unwrap();
        let older = made - jiff::SignedDuration::from_hours(by);
        plan["created_at"] = older.to_string().into();
        shell.write("p.json", &plan.to_string());
    };
    let shell = planned();
    aged(&shell, 25);
    stale(&shell, &format!("apply p.json --auto-approve {HERE}"), "is 25 h old");
    let policy = "apiVersion: vpp/v1\nkind: Policy\nname: p\nmaxPlanAge: 2h\n";
    let shell = Shell::with_example("quickstart");
    shell.write("policy.yaml", policy);
    // The policy's limits block it, which is looked at later.
    assert_eq!(shell.run(&format!("plan --out p.json {HERE}")).code, 4);
    aged(&shell, 3);
    stale(&shell, &format!("apply p.json --auto-approve {HERE}"), "older than 2 h");
}

#[test]
fn a_plan_for_a_location_that_is_gone_is_refused() {
    let shell = planned();
    shell.edit("location.yaml", "name: northfield\n", "name: southfield\n");
    for file in ["apps/notability.yaml", "apps/goodnotes.yaml", "apps/pages.yaml"] {
        shell.edit(file, "location: northfield", "location: southfield");
    }
    shell.edit("books/everyone-can-code.yaml", "location: northfield", "location: southfield");
    stale(&shell, &format!("apply p.json --auto-approve {HERE}"), "northfield");
}

#[test]
fn apple_may_move_where_the_plan_does_not_reach() {
    let change = |adam: &str| {
        let mut shell = Shell::with_example("quickstart");
        let unmanaged = "      - { adamId: \"999\", total: 3 }\n# Devices of the school:";
        shell.edit("world.yaml", "# Devices of the school:", unmanaged);
        let apple = Apple::of(&mut shell);
        shell.ok("plan --out p.json");
        let what = vpp::sandbox::ChangeAssignments {
            adam_id: adam.to_owned(),
            serial_numbers: vec!["DMPXK1A6HJ0R".to_owned()],
            ..Default::default()
        };
        apple.sandbox.change_assignments(vpp::sandbox::Change::Add, &what).unwrap();
        let ran = shell.run("apply p.json --auto-approve --quiet");
        (ran, apple.posts())
    };
    // A device the plan would give it to has it by now.
    let (ran, posts) = change("360593530");
    assert_eq!((ran.code, posts), (5, 0), "{}", ran.err);
    assert!(ran.err.contains("has moved since the plan was made, where the plan reaches"));
    // Something no manifest manages.
    let (ran, posts) = change("999");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(posts > 0);
}

#[test]
fn another_library_behind_the_token_is_refused() {
    let mut shell = Shell::with_example("quickstart");
    shell.edit("location.yaml", "uid: ", "# uid: ");
    let _first = Apple::of(&mut shell);
    shell.ok("plan --out p.json");
    shell.edit("world.yaml", "2049025000431439", "2049025000431999");
    let second = Apple::of(&mut shell);
    stale(&shell, "apply p.json --auto-approve", "another library");
    assert_eq!(second.posts(), 0);
}

#[test]
fn only_the_expected_fingerprint_is_applied() {
    let shell = planned();
    let plan: serde_json::Value = serde_json::from_str(&shell.read("p.json")).unwrap();
    let print = plan["fingerprint"].as_str().unwrap();
    stale(&shell, &format!("apply --expect 000000000000 {HERE}"), "was approved");
    assert_eq!(shell.run(&format!("apply --expect 0000 {HERE}")).code, 64);
    let ran = shell.run(&format!("apply --expect {} {HERE}", &print[..17]));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn nobody_at_the_terminal_must_approve() {
    let shell = planned();
    for line in ["apply", "apply p.json"] {
        let ran = shell.run(&format!("{line} {HERE}"));
        assert_eq!(ran.code, 64, "{}", ran.err);
        assert!(ran.err.contains("--auto-approve"));
    }
    assert_eq!(shell.run(&format!("plan --detailed-exitcode {HERE}")).code, 2, "nothing changed");
}
