//! What a hostile or huge folder costs.

use super::folder::{Folder, lines, lines_of};
use vpp::manifest::{MAX_FILE_BYTES, load};

const HEADER: &str = "apiVersion: vpp/v1\nkind: Group\nname: g\n";

#[test]
fn a_file_above_the_limit_is_refused_before_it_is_parsed() {
    let folder = Folder::new();
    folder.write("b.yaml", format!("{HEADER}devices: []\ncolor: x\n"));
    let path = folder.write("a.yaml", "");
    // A file with a hole in it: 100 MB that no disk holds.
    fs_err::OpenOptions::new().write(true).open(&path).unwrap().set_len(100_000_000).unwrap();
    insta::assert_snapshot!(folder.lines(), @r##"
a.yaml:1:1 error VPP-M004 a.yaml is larger than 32 MiB
  | "" 
  = split it, or keep long lists of devices in an Inventory
b.yaml:5:1 error VPP-M012 a Group has no key `color`
  | "color" unknown key
  = known keys: apiVersion, kind, name, devices, users, from, where, include, entraGroup, minimum, description
"##);
}

#[test]
fn the_limits_fit_each_other() {
    // The densest list of serial numbers that fits into a file is within the node limit.
    let densest = usize::try_from(MAX_FILE_BYTES).unwrap() / "DMPXK1A2HJ0M,".len();
    assert!(densest < vpp::yaml::MAX_NODES);
}

#[test]
fn a_million_mistakes_are_a_thousand_lines() {
    let text = format!("{HEADER}devices: [{}]\n", "0123, ".repeat(100_000));
    let lines = lines_of(text);
    assert_eq!(lines.matches("VPP-M015").count(), 1_000);
    assert!(lines.contains("VPP-M036 99000 more errors in m.yaml are not shown"), "{lines:.500}");
    let text = format!("{HEADER}devices: []\n{}", "devices: []\n".repeat(100_000));
    let lines = lines_of(text);
    assert_eq!(lines.matches("VPP-M010").count(), 1_000);
    assert!(lines.contains("VPP-M036 99000 more errors in m.yaml are not shown"), "{lines:.500}");
    let text = format!("{HEADER}devices: [{}]\n", "a, ".repeat(100_000));
    let lines = lines_of(text);
    assert!(lines.contains("VPP-M036 98999 more warnings in m.yaml are not shown"), "{lines:.500}");
}

#[test]
fn long_words_are_not_compared_letter_by_letter() {
    let long = "x".repeat(2_000_000);
    let text = format!(
        "{HEADER}? {long}\n: 1\ndevices: [A1]\ninclude: [{long}]\n---\napiVersion: {long}\nkind: Group\n---\napiVersion: vpp/v1\nkind: {long}\n---\n\
         apiVersion: vpp/v1\nkind: Policy\nname: p\nfreeze: [{{ from: 2026-12-20, until: 2026-12-21, timeZone: {long} }}]\n"
    );
    let lines = lines_of(text);
    for code in ["VPP-M012", "VPP-M017", "VPP-M018", "VPP-M019", "VPP-M023"] {
        assert!(lines.contains(code), "{code}");
    }
}

#[test]
fn billions_of_laughs_stay_small() {
    let mut text = "a: &a [lol, lol]\n".to_owned();
    for (name, last) in ('b'..='z').zip('a'..='y') {
        let item = format!("*{last}, ").repeat(9);
        text.push_str(&format!("{name}: &{name} [{item}]\n"));
    }
    let read = vpp::yaml::read(&text);
    assert_eq!(read.documents.len(), 1);
    assert_eq!(read.documents[0].faults.len(), 26 + 25 * 9);
}

#[test]
fn hostile_conditions_neither_crash_nor_linger() {
    let hostile = [
        "(".repeat(4_000),
        "!".repeat(4_000),
        "-".repeat(4_000),
        "[".repeat(4_000),
        "row.a + ".repeat(500) + "1",
        "row.a && ".repeat(450) + "true",
        "1+".repeat(2_000) + "1",
        "row".to_owned() + &".a".repeat(2_000),
        "a?".repeat(1_300) + &":a".repeat(700),
        "{".repeat(4_000),
        "\"".repeat(4_000),
        "row.a ==".repeat(500),
        "row.exists(x,".repeat(300),
        "row".to_owned() + &"[0]".repeat(1_300),
        "x".repeat(10_000),
    ];
    for condition in hostile {
        let text = format!("{HEADER}from: i\nwhere: '{condition}'\n");
        let lines = lines_of(text);
        assert!(lines.contains("VPP-M023"), "{condition:.40}: {lines}");
    }
}

#[test]
fn long_chains_of_groups_do_not_exhaust_the_stack() {
    let folder = Folder::new();
    let mut text = String::new();
    for at in 0..50_000 {
        let next = (at + 1) % 50_000;
        text.push_str(&format!(
            "---\n{{apiVersion: vpp/v1, kind: Group, name: g{at}, include: [g{next}]}}\n"
        ));
    }
    folder.write("chain.yaml", text);
    let loaded = load(folder.path());
    assert_eq!(loaded.diagnostics.len(), 1);
    assert!(lines(&loaded).contains("VPP-M024"));
}
