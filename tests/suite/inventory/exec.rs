#![cfg(unix)]

use std::time::{Duration, Instant};

use vpp::inventory::{Freshness, LoadedInventories};

use super::world::{World, codes, only};

const LONG: Duration = Duration::from_secs(30);

fn world(script: &str, env: &[&str], timeout: Duration) -> World {
    let mut world = World::new();
    world.environment.allow_exec = true;
    if let Ok(path) = std::env::var("PATH") {
        world.environment.vars.insert("PATH".into(), path);
    }
    world.file("data.jsonl", "{\"serial\":\"S9\",\"user\":\"ann\"}\n");
    world.exec("serial=serial user=user", &["sh", "-c", script], env, timeout);
    world.filtered("all", "program", "size(row) > 0");
    world
}

fn load(script: &str) -> LoadedInventories {
    world(script, &[], LONG).load()
}

fn error(loaded: &LoadedInventories) -> String {
    assert!(loaded.tables.is_empty(), "rows in spite of an error");
    only(&loaded.diagnostics)
}

fn values(loaded: &LoadedInventories, column: &str) -> Vec<String> {
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let table = &loaded.tables["program"];
    (0..table.rows()).map(|row| table.value(row, column).unwrap_or("-").to_owned()).collect()
}

#[test]
fn every_line_is_a_row_of_plain_values() {
    let loaded = load(
        r#"cat <<'END'
{"serial": "s1", "user": "ann", "n": 12, "f": 1.5, "yes": true, "nothing": null}

{"user": "b\u00f6b", "serial": "S2", "late": "x", "n": -3}
END"#,
    );
    assert_eq!(values(&loaded, "serial"), ["S1", "S2"]);
    assert_eq!(values(&loaded, "user"), ["ann", "böb"]);
    assert_eq!(values(&loaded, "n"), ["12", "-3"]);
    assert_eq!(values(&loaded, "f"), ["1.5", ""]);
    assert_eq!(values(&loaded, "yes"), ["true", ""]);
    assert_eq!(values(&loaded, "nothing"), ["", ""]);
    assert_eq!(values(&loaded, "late"), ["", "x"]);
    assert_eq!(loaded.sources["program"].freshness, Freshness::Live);
}

#[test]
fn it_runs_in_the_folder_of_the_manifests() {
    assert_eq!(values(&load("cat data.jsonl"), "serial"), ["S9"]);
}

#[test]
fn output_that_is_no_row_is_an_error_with_its_line() {
    for (line, expected) in [
        (r#"{"serial": ["x"]}"#, "`serial` is a list"),
        (r#"{"serial": {"a": 1}}"#, "`serial` is an object"),
        (r#"{"serial": "S1", "serial": "S2"}"#, "`serial` is there twice"),
        (r#"{"serial": "S1"} {"serial": "S2"}"#, "trailing characters"),
        (r#"{"serial": 123456789012345678901234567890}"#, "too large to keep: quote it"),
        (r#"["S1"]"#, "expected an object"),
        ("progress: 10 %", "expected value"),
        (r#"{"serial": "S1""#, "EOF while parsing"),
    ] {
        let script = format!("cat data.jsonl\ncat <<'END'\n{line}\nEND");
        let found = error(&load(&script));
        assert!(found.starts_with("VPP-I012: sh: line 2 of its output is no row: "), "{found}");
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_program_that_fails_gives_no_rows_and_says_why() {
    let found = error(&load("cat data.jsonl; echo 'token\u{7} expired' >&2; exit 3"));
    assert!(
        found.starts_with("VPP-I011: sh: the inventory program failed: it ended with"),
        "{found}"
    );
    assert!(found.contains("exit status: 3"), "{found}");
    assert!(found.contains("it wrote to standard error: token? expired"), "{found}");
}

#[test]
fn a_program_that_is_not_there_or_writes_nothing_is_an_error() {
    let mut world = world("", &[], LONG);
    let found = error(&world.load());
    assert!(found.starts_with("VPP-I005"), "{found}");
    world.manifests.inventories.clear();
    world.exec("serial=serial", &["./no-such-program"], &[], LONG);
    let found = error(&world.load());
    assert!(found.contains("it could not be started"), "{found}");
}

#[test]
fn a_program_that_takes_too_long_is_stopped_with_its_children() {
    let script = "cat data.jsonl; (sleep 60; touch late) & sleep 60";
    let world = world(script, &[], Duration::from_millis(200));
    let started = Instant::now();
    let found = error(&world.load());
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(
        found.starts_with("VPP-I011: sh: the inventory program failed: it took longer"),
        "{found}"
    );
    assert!(!world.folder().join("late").exists());
}

#[test]
fn a_program_that_closes_its_output_and_goes_on_is_stopped() {
    let world = world("cat data.jsonl; exec >&- 2>&-; sleep 60", &[], Duration::from_millis(200));
    let started = Instant::now();
    assert!(error(&world.load()).contains("it took longer"));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn standard_error_never_blocks_the_program() {
    let script = "i=0; while [ $i -lt 3000 ]; do echo 'a long line of noise, again and again' >&2; i=$((i+1)); done; cat data.jsonl";
    assert_eq!(values(&load(script), "serial"), ["S9"]);
}

#[test]
fn it_sees_only_the_variables_it_names() {
    let script = r#"printf '{"serial":"S1","user":"%s|%s"}\n' "$GIVEN" "$SECRET""#;
    let mut world = world(script, &["GIVEN"], LONG);
    world.environment.vars.insert("GIVEN".into(), "yes".into());
    world.environment.vars.insert("SECRET".into(), "no".into());
    assert_eq!(values(&world.load(), "user"), ["yes|"]);
    world.environment.vars.remove("GIVEN");
    let loaded = world.load();
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I013"]);
    assert!(error(&loaded).contains("the environment variable `GIVEN` is not set"));
}

#[test]
fn no_shell_looks_at_the_arguments() {
    let mut world = world("", &[], LONG);
    world.manifests.inventories.clear();
    let row = r#"{"serial":"S1","user":"$HOME;`id`"}"#;
    world.exec("serial=serial user=user", &["printf", "%s\n", row], &[], LONG);
    assert_eq!(values(&world.load(), "user"), ["$HOME;`id`"]);
}

#[test]
fn nothing_runs_unless_it_was_allowed() {
    let mut world = world("touch ran; cat data.jsonl", &[], LONG);
    world.environment.allow_exec = false;
    let found = error(&world.load());
    assert!(found.starts_with("VPP-I010: the inventory program `sh` was not run"), "{found}");
    assert!(found.contains("--no-exec"), "{found}");
    assert!(!world.folder().join("ran").exists());
}
