//! `vpp claim`.

use super::shell::Shell;

const HERE: &str = "--auto-approve --sandbox world.yaml --sandbox-state state.json";
const THEIRS: &str = "    uid: \"2049025000431439\"\n    owner: { id: theirs, name: Other MDM }\n";

#[test]
fn a_location_nobody_owns_is_claimed_once() {
    let shell = Shell::with_example("quickstart");
    let ask = shell.run("claim northfield --sandbox world.yaml");
    assert_eq!(ask.code, 64, "{}", ask.err);
    let told = shell.ok(&format!("claim northfield {HERE}"));
    assert!(told.starts_with("northfield: claimed by Northfield IT (id 5c1f"), "{told}");
    assert!(told.trim_end().ends_with("before: nobody"), "{told}");
    let again = shell.ok(&format!("claim northfield {HERE}"));
    assert!(again.starts_with("northfield: already claimed by Northfield IT"), "{again}");
    let plan = shell.ok("plan --sandbox world.yaml --sandbox-state state.json");
    assert!(plan.contains("owned by Northfield IT"), "{plan}");
}

#[test]
fn somebody_elses_is_taken_over_only_by_name() {
    let shell = Shell::with_example("quickstart");
    shell.edit("world.yaml", "    uid: \"2049025000431439\"\n", THEIRS);
    for wrong in ["", "--from-owner others"] {
        let ran = shell.run(&format!("claim northfield {wrong} {HERE}"));
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains("--from-owner theirs"), "{}", ran.err);
    }
    let plan = shell.run("plan --sandbox world.yaml --sandbox-state state.json");
    assert_eq!(plan.code, 4, "a foreign owner blocks: {}", plan.out);
    let told = shell.ok(&format!("claim northfield --from-owner theirs {HERE}"));
    assert!(told.trim_end().ends_with("before: Other MDM (id theirs)"), "{told}");
}

#[test]
fn a_location_that_does_not_say_whose_it_is_cannot_be_claimed() {
    let shell = Shell::with_example("quickstart");
    shell.edit("location.yaml", "owner: ", "# owner: ");
    let ran = shell.run(&format!("claim northfield {HERE}"));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("does not say who owns it"), "{}", ran.err);
    assert_eq!(shell.run(&format!("claim southfield {HERE}")).code, 64);
}
