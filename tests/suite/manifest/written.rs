//! Documents filled in by a program, written, and read again.

use super::folder::{Folder, lines};
use vpp::manifest::document::{
    App, AppEntry, Document, Group, Licenses, Location, Locations, Owner, Pricing, Token,
};
use vpp::manifest::kind::{Intent, ReclaimMode};
use vpp::yaml::to_string;

fn documents() -> Vec<Document> {
    vec![
        Document::Location(Location {
            name: "no".into(),
            uid: Some("0002049025000431439".into()),
            token: Some(Token::Env("VPP_TOKEN".into())),
            owner: Some(Owner { id: "1E10".into(), name: "IT: west #1".into(), metadata: None }),
            licenses: Some(Licenses::Apple),
            mdm: None,
            mdm_token: None,
            reclaim: Some(ReclaimMode::Keep),
            when_gone: None,
            install: None,
            endpoint: None,
            notifications: None,
            users: None,
            description: Some("~".to_owned()),
            labels: [("off".to_owned(), "12:30".to_owned())].into(),
        }),
        Document::Group(Group {
            name: "2026-12-20".into(),
            devices: Some(
                ["012345678901", "1E10", "DMPXK1A2HJ0M", "0x1F"].map(Into::into).to_vec(),
            ),
            users: Some(["yes", "a: b", "ü 🦊"].map(Into::into).to_vec()),
            from: None,
            filter: None,
            include: None,
            entra_group: None,
            minimum: Some(3),
            description: None,
        }),
        Document::App(App {
            name: "1_000".into(),
            adam_id: "360593530".into(),
            pricing: Some(Pricing::Plus),
            bundle_id: None,
            location: Locations::Several(vec!["no".into()]),
            assign: vec![AppEntry {
                to: "2026-12-20".into(),
                intent: Some(Intent::Available),
                license: None,
            }],
            except: vec![],
            reclaim: None,
            when_short: None,
            description: None,
            labels: [].into(),
        }),
    ]
}

#[test]
fn what_a_program_writes_is_read_as_it_was_meant() {
    let text = documents()
        .iter()
        .map(|document| to_string(document).unwrap())
        .collect::<Vec<_>>()
        .join("---\n");
    insta::assert_snapshot!(text, @r##"
apiVersion: vpp/v1
kind: Location
name: "no"
uid: "0002049025000431439"
token:
  env: VPP_TOKEN
owner:
  id: "1E10"
  name: "IT: west #1"
licenses: apple
reclaim: keep
description: "~"
labels:
  "off": "12:30"
---
apiVersion: vpp/v1
kind: Group
name: "2026-12-20"
devices:
- "012345678901"
- "1E10"
- DMPXK1A2HJ0M
- "0x1F"
users:
- "yes"
- "a: b"
- ü 🦊
minimum: 3
---
apiVersion: vpp/v1
kind: App
name: "1_000"
adamId: "360593530"
pricing: PLUS
location:
- "no"
assign:
- to: "2026-12-20"
  intent: available
"##);
    let folder = Folder::of(&[("m.yaml", &text)]);
    let loaded = folder.load();
    assert_eq!(lines(&loaded), "");
    let manifests = &loaded.manifests;
    assert_eq!(manifests.locations[0].name.value, "no");
    assert_eq!(manifests.locations[0].description.as_deref(), Some("~"));
    assert_eq!(manifests.locations[0].labels["off"], "12:30");
    let devices: Vec<_> =
        manifests.groups[0].devices.iter().map(|device| device.value.as_str()).collect();
    assert_eq!(devices, ["012345678901", "1E10", "DMPXK1A2HJ0M", "0X1F"]);
    let users: Vec<_> = manifests.groups[0].users.iter().map(|user| user.value.as_str()).collect();
    assert_eq!(users, ["yes", "a: b", "ü 🦊"]);
    assert_eq!(manifests.assets[0].asset.value.to_string(), "360593530 (PLUS)");
}
