//! The exit codes of every command.

use vpp::sandbox::PlannedFault;

use super::apple::Apple;
use super::shell::Shell;

#[test]
fn the_table() {
    let shell = Shell::with_example("quickstart");
    shell.write("broken/x.yaml", "apiVersion: vpp/v1\nkind: App\nnam: x\n");
    shell.write(".vppignore", "broken\nout\n");
    shell.write("later.txt", "no plan");
    shell.write("world2.yaml", &shell.read("world.yaml"));
    let state = "--sandbox world.yaml --sandbox-state state.json";
    for (code, line) in [
        (0, "--help".to_owned()),
        (0, "--version".to_owned()),
        (0, "help plan".to_owned()),
        (64, String::new()),
        (64, "frobnicate".to_owned()),
        (64, "plan --frobnicate".to_owned()),
        (64, "plan --format yaml".to_owned()),
        (64, "plan --sandbox-state x".to_owned()),
        (64, "plan --report json".to_owned()),
        (64, "apply --expect".to_owned()),
        (64, "sandbox world.yaml --listen 0.0.0.0:0".to_owned()),
        (64, "claim".to_owned()),
        (64, "explain G9999".to_owned()),
        (64, "schema nonsense".to_owned()),
        (64, "completions tcsh".to_owned()),
        (64, "apply --manifests . --sandbox world.yaml".to_owned()),
        (64, "plan --location nowhere --sandbox world.yaml".to_owned()),
        (3, "validate broken".to_owned()),
        (3, "plan broken --sandbox world.yaml".to_owned()),
        (3, "apply broken --auto-approve --sandbox world.yaml".to_owned()),
        (3, "status broken --sandbox world.yaml".to_owned()),
        (3, "claim northfield broken --sandbox world.yaml".to_owned()),
        (3, "export out --from broken --sandbox world.yaml".to_owned()),
        (3, "validate nowhere".to_owned()),
        (1, "plan".to_owned()),
        (1, "status".to_owned()),
        (1, "apply --auto-approve".to_owned()),
        (1, "claim northfield --auto-approve".to_owned()),
        (1, "export out".to_owned()),
        (1, "show nowhere.json".to_owned()),
        (1, "plan --sandbox nowhere.yaml".to_owned()),
        (1, "plan --sandbox groups.yaml".to_owned()),
        (1, "sandbox nowhere.yaml".to_owned()),
        (5, "show later.txt".to_owned()),
        (5, "apply later.txt --auto-approve --sandbox world.yaml".to_owned()),
        (0, "validate".to_owned()),
        (0, "explain".to_owned()),
        (0, "explain g101".to_owned()),
        (0, format!("plan {state}")),
        (2, format!("plan --detailed-exitcode {state}")),
        (0, format!("status {state}")),
        (0, format!("apply --auto-approve {state}")),
        (0, format!("plan --detailed-exitcode {state}")),
        (0, format!("apply --auto-approve --detailed-exitcode {state}")),
        (1, "plan --sandbox world2.yaml --sandbox-state location.yaml".to_owned()),
    ] {
        let ran = shell.run(&line);
        assert_eq!(ran.code, code, "vpp {line}\n{}\n{}", ran.out, ran.err);
        if code != 0 && code != 2 {
            assert!(!ran.err.is_empty() || !ran.out.is_empty(), "vpp {line} says nothing");
            assert!(!ran.err.contains("panicked"), "{}", ran.err);
        }
    }
}

#[test]
fn guards_block_with_four() {
    let shell = Shell::with_example("quickstart");
    shell.edit("groups.yaml", "minimum: 5", "minimum: 50");
    for line in ["plan", "plan --detailed-exitcode", "apply --auto-approve", "plan --format json"] {
        let ran = shell.run(&format!("{line} --sandbox world.yaml"));
        assert_eq!(ran.code, 4, "vpp {line}: {}", ran.err);
    }
    // To look is allowed.
    assert_eq!(shell.run("status --sandbox world.yaml").code, 0);
}

#[test]
fn a_run_that_is_done_in_part_ends_with_six_and_the_next_one_goes_on() {
    let mut shell = Shell::with_example("quickstart");
    shell.edit("location.yaml", "reclaim: uninstall", "reclaim: release");
    let apple = Apple::of(&mut shell);
    // Every write to a device is refused for once, and for good.
    apple.sandbox.fail(PlannedFault {
        number: Some(9707),
        path: Some("assets/associate".to_owned()),
        times: Some(7),
        ..PlannedFault::default()
    });
    let first = shell.run("apply --auto-approve");
    assert_eq!(first.code, 6, "{}{}", first.out, first.err);
    assert!(first.out.contains("IN PART"), "{}", first.out);
    let second = shell.run("apply --auto-approve");
    assert_eq!(second.code, 0, "{}{}", second.out, second.err);
    assert_eq!(shell.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn waiting_reclaims_are_seven_when_asked() {
    let shell = Shell::with_example("quickstart");
    let offline = "devices: [{ serial: [F9FXH7L2JF8J], behaves: { offline: 4d } }]\nlocations:";
    shell.edit("world.yaml", "locations:", offline);
    let state = "--sandbox world.yaml --sandbox-state state.json";
    let plan = shell.run(&format!("plan {state}"));
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    let ran = shell.run(&format!("apply --auto-approve --detailed-exitcode {state}"));
    assert_eq!(ran.code, 7, "{}{}", ran.out, ran.err);
    let ran = shell.run(&format!("apply --auto-approve {state}"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn nothing_that_could_be_done_is_one() {
    let mut shell = Shell::with_example("quickstart");
    shell.edit("location.yaml", "reclaim: uninstall", "reclaim: release");
    let apple = Apple::of(&mut shell);
    apple.sandbox.fail(PlannedFault {
        number: Some(9637),
        path: Some("assets/disassociate".to_owned()),
        times: Some(100),
        ..PlannedFault::default()
    });
    shell.ok("claim northfield --auto-approve");
    let ran = shell.run("apply --auto-approve");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("STOPPED"), "{}", ran.out);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let shell = Shell::with_example("school");
    for line in ["plan --detail --sandbox world.yaml", "explain", "schema", "completions bash"] {
        let mut child = shell.spawn(line);
        drop(child.stdout.take());
        let status = child.wait().unwrap();
        let wanted = if line.starts_with("plan") { 4 } else { 0 };
        assert_eq!(status.code(), Some(wanted), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn signals_end_a_run_with_their_numbers() {
    use std::io::{BufRead, BufReader};

    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut shell = Shell::with_example("quickstart");
        let apple = Apple::of(&mut shell);
        apple.sandbox.hold_events(true);
        let mut child = shell.spawn("apply --auto-approve");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // The trial is under way.
        while !lines.next().unwrap().unwrap().contains("sent, ") {}
        let kill = |signal: &str| {
            let id = child.id().to_string();
            let status = std::process::Command::new("kill").args([signal, &id]).status();
            assert!(status.unwrap().success());
        };
        kill(signal);
        while !lines.next().unwrap().unwrap().contains("nothing new is started") {}
        apple.sandbox.hold_events(false);
        let out = child.wait_with_output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        assert_eq!(out.status.code(), Some(code), "{text}");
        assert!(text.contains("INTERRUPTED"), "{text}");
        assert_eq!(shell.run("apply --auto-approve").code, 0, "it goes on");
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_it_at_once() {
    use std::io::{BufRead, BufReader};

    let mut shell = Shell::with_example("quickstart");
    let apple = Apple::of(&mut shell);
    apple.sandbox.hold_events(true);
    let mut child = shell.spawn("apply --auto-approve");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().contains("sent, ") {}
    let id = child.id().to_string();
    let kill = || std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(kill().success());
    while !lines.next().unwrap().unwrap().contains("nothing new is started") {}
    assert!(kill().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn nothing_is_read_from_a_terminal_that_is_not_there() {
    let shell = Shell::with_example("quickstart");
    let mut command = shell.command("apply --sandbox world.yaml");
    let output = command.write_stdin("yes\n").output().unwrap();
    assert_eq!(output.status.code(), Some(64));
}
