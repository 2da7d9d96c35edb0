//! `vpp groups`: sizes and sources, and why each member is in.

use serde_json::Value;

use super::shell::{Shell, steady};

const MANIFESTS: &str = r#"apiVersion: vpp/v1
kind: Inventory
name: devices
csv: { path: devices.csv, serial: serial, user: owner }
---
apiVersion: vpp/v1
kind: Group
name: year-7
from: devices
where: 'row.grade == "7"'
minimum: 2
---
apiVersion: vpp/v1
kind: Group
name: mixed
devices: [DMPX00000009, DMPX00000001]
users: [ann]
include: [year-7]
"#;

const DEVICES: &str =
    "serial,owner,grade\nDMPX00000001,ann,7\nDMPX00000002,bob,7\nDMPX00000003,cid,8\n";

fn shell() -> Shell {
    Shell::with_files(&[("all.yaml", MANIFESTS), ("devices.csv", DEVICES)])
}

#[test]
fn all_groups_are_listed_with_sizes_and_sources() {
    let shell = shell();
    insta::assert_snapshot!("groups", steady(&shell.ok("groups")));
    let json: Value = serde_json::from_str(&shell.ok("groups --format json")).unwrap();
    let year = &json["groups"][0];
    assert_eq!((&year["devices"], &year["people"]), (&2.into(), &0.into()));
    assert_eq!((&year["from"]["rows"], &year["place"]["line"]), (&3.into(), &8.into()));
    assert_eq!(year["from"]["where"], r#"row.grade == "7""#);
    let csv = shell.ok("groups --format csv");
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(
        csv.lines().nth(2).unwrap().starts_with("mixed,3,1,,0,3,,,,,,year-7,all.yaml,"),
        "{csv}"
    );
}

#[test]
fn each_member_says_why_it_is_in() {
    let shell = shell();
    insta::assert_snapshot!("groups_show", shell.ok("groups show mixed"));
    let csv = shell.ok("groups show mixed --format csv");
    assert!(csv.contains("DMPX00000001,device,listed at all.yaml:16"), "{csv}");
    assert!(csv.contains("DMPX00000001,device,\"in year-7, included by all.yaml:18\""), "{csv}");
    let json: Value = serde_json::from_str(&shell.ok("groups show year-7 --format json")).unwrap();
    let row = &json["members"][1]["because"][0]["row"];
    assert_eq!(row["row"], "devices.csv:3");
    assert_eq!(row["chosen_by"]["line"], 10);
}

#[test]
fn a_group_that_is_not_there_is_suggested() {
    let ran = shell().run("groups show yaer-7");
    assert_eq!(ran.code, 64, "{}", ran.err);
    assert!(ran.err.contains("did you mean `year-7`?"), "{}", ran.err);
}

#[test]
fn an_inventory_that_cannot_be_read_shows_no_group() {
    let shell = shell();
    shell.write("devices.csv", "serial,owner,grade\n");
    let ran = shell.run("groups");
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{}", ran.err);
}
