//! `--shard I/N` from outside.

use super::place::{Place, said};

#[test]
fn a_wrong_shard_is_a_wrong_command_line() {
    let place = Place::new();
    let output = place.vpp(&["plan", ".", "--shard", "4/4"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(said(&output).contains("shards count from 0: the last of 4 is 3/4"));
    let output = place.vpp(&["plan", ".", "--shard", "0/2", "--location", "northfield"]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn an_empty_shard_reads_and_changes_nothing_even_from_its_saved_plan() {
    let place = Place::new();
    let count = |output: &std::process::Output| said(output).contains("has 0 of 1 locations");
    let shards = ["0/2", "1/2"];
    let planned =
        shards.map(|shard| place.vpp(&["plan", ".", "--shard", shard, "--out", "p.json"]));
    let empty = usize::from(!count(&planned[0]));
    assert!(count(&planned[empty]) && !count(&planned[1 - empty]), "{}", said(&planned[0]));

    let out = ["plan", ".", "--shard", shards[empty], "--out", "p.json"];
    assert!(place.vpp(&out).status.success());
    let output = place.vpp(&["apply", "p.json", "--auto-approve"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(place.writes(), 0, "no location is not every location");
    let output = place.vpp(&["apply", "p.json", "--auto-approve", "--shard", "0/2"]);
    assert_eq!(output.status.code(), Some(64), "{}", said(&output));

    let status = place.vpp(&["status", ".", "--shard", shards[1 - empty]]);
    assert!(said(&status).contains("northfield"), "{}", said(&status));
}
