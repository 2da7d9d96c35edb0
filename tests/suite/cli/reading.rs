//! What only looks never writes.

use super::apple::Apple;
use super::shell::Shell;

#[test]
fn commands_that_look_send_no_write() {
    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::of(&mut shell);
    shell.write(".vppignore", "out\nother\n");
    shell.ok("plan --out p.json --detail --report json=r.json");
    for line in [
        "plan --format json",
        "plan --detailed-exitcode",
        "status",
        "status --invitations",
        "export out",
        "export other --from .",
        "validate",
        "show p.json",
        // Refused before anything is sent.
        "apply",
        "apply p.json",
        "apply --expect 000000000000",
        "claim northfield",
    ] {
        let ran = shell.run(line);
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        assert_eq!(apple.posts(), 0, "vpp {line} wrote");
    }
    assert!(apple.sandbox.requests().len() > 30);
    // The same eyes see a write.
    shell.ok("apply --auto-approve");
    assert!(apple.posts() > 5);
}
