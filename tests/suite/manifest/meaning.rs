//! What manifests mean, whatever they look like.

use super::folder::{Folder, lines};
use vpp::manifest::kind::{InventorySource, ReclaimMode, TokenSource};
use vpp::manifest::semantic_digest;

const A: &str = "apiVersion: vpp/v1\nkind: Group\nname: g\ndevices: [A1, B2]\nusers: [x]\n";
const B: &str = "apiVersion: vpp/v1\nkind: Location\nname: l\nuid: \"12\"\ntoken: { env: T }\nlabels: { a: b, c: d }\n";
const C: &str = "apiVersion: vpp/v1\nkind: App\nname: a\nadamId: 12\nlocation: l\nassign: [{ to: g, intent: required }]\npricing: STDQ\n";
const D: &str = "apiVersion: vpp/v1\nkind: Mdm\nname: m\nintune: { tenant: northfield.example, clientId: c-1, secret: { env: S }, syncDevices: true }\n";
const E: &str = "apiVersion: vpp/v1\nkind: Policy\nname: p\nlimits: { app: { reclaim: { share: 10% } } }\nrun: { canary: 1 }\n\
    freeze: [{ from: 2026-12-20, until: 2026-12-21T00:00, timeZone: Europe/Berlin }]\n";

fn digest(files: &[(&str, &str)]) -> String {
    let loaded = Folder::of(files).load();
    let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    assert_eq!(errors, 0, "{}", lines(&loaded));
    semantic_digest(&loaded.manifests)
}

fn all_in_one() -> String {
    [A, B, C, D, E].join("---\n")
}

#[test]
fn the_digest_is_a_number_of_its_own() {
    let digest = digest(&[("m.yaml", &all_in_one())]);
    assert_eq!(digest.len(), 64);
    // Saved plans carry it: a change of the encoding must be a decision.
    insta::assert_snapshot!(digest, @r##"7302d17c0a2a80b551b10c9487ae627d28c2e42b5696fe9d54988f354aff4106"##);
}

#[test]
fn looks_do_not_count() {
    let expected = digest(&[("m.yaml", &all_in_one())]);
    let crlf = all_in_one().replace('\n', "\r\n");
    let commented = all_in_one().replace("---\n", "# c\n\n---   # d\n");
    let same: [&[(&str, &str)]; 7] = [
        &[("m.yaml", &crlf)],
        &[("m.yaml", &commented)],
        &[("z/x.yml", E), ("y.yaml", D), ("c.yaml", C), ("b.yaml", B), ("a.yaml", A)],
        &[
            (
                "b.yaml",
                "users: ['x']\nname: \"g\"\nkind: Group\ndevices:\n  - b2\n  - ' a1 '\n  - a1\napiVersion: vpp/v1\n",
            ),
            ("c.yaml", &[B, C, D, E].join("---\n")),
        ],
        &[
            ("b.yaml", &[A, C, D, E].join("---\n")),
            (
                "c.yaml",
                "apiVersion: vpp/v1\nkind: Location\nname: l\nuid: 12\nlicenses: apple\nusers: {retire: never}\ntoken:\n  env: T\nlabels: { c: d, a: b }\n",
            ),
        ],
        &[
            ("b.yaml", &[A, B, E].join("---\n")),
            (
                "c.yaml",
                "apiVersion: vpp/v1\nkind: App\nname: a\nadamId: '12'\nlocation: [l]\nwhenShort: block\nassign:\n- to: g\n",
            ),
            (
                "d.yaml",
                "apiVersion: vpp/v1\nkind: Mdm\nname: m\nintune:\n  syncDevices: true\n  secret: { env: S }\n  clientId: \"c-1\"\n  tenant: northfield.example\n",
            ),
        ],
        &[
            ("b.yaml", &[A, B, C, D].join("---\n")),
            (
                "c.yaml",
                "apiVersion: vpp/v1\nkind: Policy\nname: p\nlimits: { app: { reclaim: { share: 10.0% } }, group: {} }\nallow: []\n\
                freeze: [{ from: '2026-12-20T00:00:00', until: 2026-12-21, timeZone: Europe/Berlin }]\n",
            ),
        ],
    ];
    for files in same {
        assert_eq!(digest(files), expected, "{files:?}");
    }
}

#[test]
fn every_value_counts() {
    let text = all_in_one();
    let expected = digest(&[("m.yaml", &text)]);
    let changes = [
        ("name: g\ndevices: [A1, B2]", "name: g\ndevices: [A1]"),
        ("users: [x]", "users: [X]"),
        ("uid: \"12\"", "uid: \"13\""),
        ("env: T", "file: T"),
        ("env: T", "env: U"),
        ("a: b, c: d", "a: b, c: e"),
        ("a: b, c: d", "ab: c, c: d"),
        ("env: T }", "env: T }\nnotifications: { url: https://n/apple/l, token: { env: NT } }"),
        ("adamId: 12", "adamId: 13"),
        ("adamId: 12", "bundleId: x\nadamId: 12"),
        ("STDQ", "PLUS"),
        ("intent: required", "intent: available"),
        ("intent: required", "license: user"),
        ("location: l\n", "location: l\nexcept: [g]\n"),
        ("location: l\n", "location: l\nreclaim: keep\n"),
        ("location: l\n", "location: l\nwhenShort: fill\n"),
        ("location: l\n", "location: l\ndescription: x\n"),
        ("clientId: c-1", "clientId: c-2"),
        ("northfield.example", "southfield.example"),
        ("{ env: S }", "{ env: S2 }"),
        ("secret: { env: S }", "assertion: { env: S }"),
        ("secret: { env: S }", "federated: githubActions"),
        ("syncDevices: true", "syncDevices: false"),
        ("syncDevices: true", "syncDevices: true, revokeAfter: 7d"),
        ("syncDevices: true", "syncDevices: true, endpoint: \"http://127.0.0.1:9\""),
        ("users: [x]", "users: [x]\nentraGroup: allDevices"),
        ("token: { env: T }", "token: { env: T }\nmdmToken: t-1"),
        ("share: 10%", "share: 11%"),
        ("share: 10%", "count: 10"),
        ("app: {", "group: {"),
        ("canary: 1", "canary: 2"),
        ("Europe/Berlin", "Europe/Paris"),
        ("until: 2026-12-21T00:00", "until: 2026-12-21T00:01"),
        ("name: p\n", "name: q\n"),
        ("name: p\n", "name: p\nmaxPlanAge: 24h\n"),
        ("name: p\n", "name: p\ntokenExpiry: { warn: 31d, block: 3d }\n"),
        ("name: p\n", "name: p\nstock: { warnBelow: 20 }\n"),
        ("name: p\n", "name: p\nprotect: [{ app: a }]\n"),
        (
            "name: p\n",
            "name: p\nallow: [{ guard: G101, reclaimUpTo: 1, until: 2026-12-01, reason: x }]\n",
        ),
    ];
    let mut seen = vec![expected];
    for (old, new) in changes {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text, "{old}");
        let digest = digest(&[("m.yaml", &changed)]);
        assert!(!seen.contains(&digest), "{old} → {new}");
        seen.push(digest);
    }
}

#[test]
fn typed_documents_say_what_was_written() {
    let folder = Folder::new();
    folder.write(
        "m.yaml",
        fs_err::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/suite/manifest/cases/design.yaml"
        ))
        .unwrap(),
    );
    let loaded = folder.load();
    assert_eq!(lines(&loaded), "");
    let manifests = &loaded.manifests;
    let location = &manifests.locations[0];
    assert_eq!(location.uid.as_ref().unwrap().value, "2049025000431439");
    assert_eq!(location.token.as_ref().unwrap().value, TokenSource::Env("VPP_TOKEN".to_owned()));
    assert_eq!(location.owner.as_ref().unwrap().value.name, "Northfield IT");
    assert_eq!(location.reclaim.as_ref().unwrap().value, ReclaimMode::Uninstall);
    let inventory = &manifests.inventories[0];
    let path = "inventory/devices.csv".into();
    assert_eq!(inventory.source.value, InventorySource::Csv { path });
    assert_eq!(inventory.columns.user.as_ref().unwrap().value, "owner");
    let [year_7, loaners, ..] = manifests.groups.as_slice() else { panic!("groups") };
    assert_eq!(
        year_7.filter.as_ref().unwrap().value,
        r#"row.grade == "7" && row.family == "iPad""#
    );
    assert_eq!(year_7.minimum.as_ref().unwrap().value, 200);
    assert_eq!(loaners.devices[1].value.as_str(), "012345678901");
    let [app, book] = manifests.assets.as_slice() else { panic!("assets") };
    assert_eq!(app.asset.value.to_string(), "360593530");
    assert_eq!(app.assign.len(), 3);
    assert!(book.irrevocable && !app.irrevocable);
    let policy = &manifests.policies[0];
    assert_eq!(policy.freeze[0].from.to_string(), "2026-12-20T00:00:00+01:00[Europe/Berlin]");
    assert_eq!(policy.freeze[0].until.to_string(), "2027-01-04T08:00:00+01:00[Europe/Berlin]");
    assert_eq!(policy.allow[0].until.value.to_string(), "2026-12-01");
    assert_eq!(
        policy.limits.location.as_ref().unwrap().reclaim.as_ref().unwrap().value.count,
        Some(500)
    );
    assert_eq!(policy.token_expiry.as_ref().unwrap().value.block_days, 3);
    // Places are those of the words themselves.
    let file = &manifests.sources.files()[0].text;
    let written = |span: vpp::diagnostic::Span| &file[span.start..span.end];
    assert_eq!(written(app.name.span), "notability");
    assert_eq!(written(app.asset.span), "\"360593530\"");
    assert_eq!(written(app.assign[2].span), "year-6-2025");
    assert_eq!(written(app.assign_span), "assign");
    assert_eq!(written(loaners.devices[1].span), "\"012345678901\"");
}

#[test]
fn every_setting_of_an_mdm_counts() {
    let head = "apiVersion: vpp/v1\nkind: Mdm\nname: m\n";
    let inventory =
        "apiVersion: vpp/v1\nkind: Inventory\nname: i\ncsv: { path: d.csv, serial: s }\n---\n";
    let nano = "url: https://x, key: { env: K }, webhookKey: { env: W }, devices: { inventory: i, reference: r }";
    let settings = [
        "fleet: { url: https://x, token: { env: K } }".to_owned(),
        "fleet: { url: https://y, token: { env: K } }".to_owned(),
        "fleet: { url: https://x, token: { file: K } }".to_owned(),
        "fleet: { url: https://x, token: { env: K }, timeout: 31s }".to_owned(),
        format!("nanomdm: {{ {nano} }}"),
        format!("nanohub: {{ {nano} }}"),
        format!("nanomdm: {{ {} }}", nano.replace("env: W", "env: V")),
        format!("nanomdm: {{ {} }}", nano.replace("reference: r", "reference: s")),
        "nanomdm: { url: https://x, key: { env: K } }".to_owned(),
        "micromdm: { url: https://x, key: { env: K } }".to_owned(),
        "exec: { command: [a, b] }".to_owned(),
        "exec: { command: [b, a] }".to_owned(),
        "exec: { command: [a, b], env: [X] }".to_owned(),
        "exec: { command: [a, b], timeout: 2m }".to_owned(),
        "exec: { command: [a, b], webhookKey: { env: W } }".to_owned(),
        "sandbox: {}".to_owned(),
    ];
    let of = |settings: &str| digest(&[("m.yaml", &format!("{inventory}{head}{settings}\n"))]);
    let digests: std::collections::BTreeSet<_> = settings.iter().map(|one| of(one)).collect();
    assert_eq!(digests.len(), settings.len());
    assert_eq!(of(&settings[0]), of("fleet: { timeout: 30s, token: { env: K }, url: https://x }"));
}
