//! The JSON Schema for editors, and that it says the same as the reader.

use super::folder::Folder;
use serde_json::{Value, json};
use vpp::manifest::json_schema;

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&json_schema()).unwrap()
}

#[test]
fn the_file_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/manifest.json");
    let mut made = serde_json::to_string_pretty(&json_schema()).unwrap();
    made.push('\n');
    if std::env::var_os("VPP_BLESS").is_some() {
        fs_err::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/schema")).unwrap();
        fs_err::write(path, &made).unwrap();
    }
    let kept = fs_err::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "schema/manifest.json is out of date: run the tests with VPP_BLESS=1");
}

#[test]
fn it_is_a_schema_and_every_key_is_explained() {
    let schema = json_schema();
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    let mut keys = 0;
    walk(&schema, &mut |value| {
        if let Some(Value::Object(properties)) = value.get("properties") {
            for (key, property) in properties {
                keys += 1;
                // Of several forms each is explained as a whole.
                let is_form = properties.len() == 1 && value["description"].is_string();
                let known = is_form || value["title"] == "World";
                assert!(known || property["description"].is_string(), "{key} is not explained");
            }
            let closed = value.get("additionalProperties") == Some(&json!(false));
            assert!(closed || value["title"] == "World", "{properties:?} is open");
        }
        assert!(value.get("$ref").is_none(), "references hide descriptions");
        assert_ne!(value.get("type"), Some(&json!("null")));
    });
    assert!(keys > 100, "{keys}");
}

#[test]
fn examples_fit_the_keys_they_explain() {
    let mut examples = 0;
    walk(&json_schema(), &mut |value| {
        let Some(Value::Array(given)) = value.get("examples") else { return };
        let validator = jsonschema::draft7::new(value).unwrap();
        for example in given {
            examples += 1;
            assert!(validator.is_valid(example), "{example} in {value}");
        }
    });
    assert!(examples > 40, "{examples}");
}

fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(entries) => {
            // Not below examples and defaults, which hold values and no schemas, nor below conditions,
            // which explain nothing.
            visit(value);
            for (key, value) in entries {
                if key != "examples" && key != "default" && key != "if" {
                    walk(value, visit);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A document of each kind with every key, and some with as few as can be.
fn documents() -> Vec<Value> {
    vec![
        json!({
            "apiVersion": "vpp/v1", "kind": "Location", "name": "l", "uid": "12", "token": { "env": "T" },
            "owner": { "id": "x1", "name": "me", "metadata": "z z" }, "licenses": "apple", "mdm": "m",
            "reclaim": "uninstall", "install": true, "endpoint": "http://127.0.0.1:8080", "users": { "retire": "unreferenced" },
            "notifications": { "url": "https://hooks.example/apple/l", "token": { "env": "N" } }, "description": "d d", "labels": { "a": "b" }
        }),
        json!({ "apiVersion": "vpp/v1", "kind": "Location", "name": "l", "token": { "file": "a/b" } }),
        json!({ "apiVersion": "vpp/v1", "kind": "Location", "name": "l", "token": { "command": ["op", "read"] } }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "csv": { "path": "d.csv", "serial": "s", "user": "u", "email": "e", "managedAppleId": "m" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "exec": { "command": ["x", "--all"], "env": ["A_B"], "timeout": "1m30s", "serial": "s", "user": "u",
                      "email": "e", "managedAppleId": "m" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "appleBusiness": { "clientId": "c", "keyId": "k", "key": { "env": "K" }, "rows": "people",
                               "servers": { "a": "S1" }, "userGroups": { "b": 1 }, "user": "email",
                               "email": "email", "managedAppleId": "managedAppleAccount",
                               "endpoint": "http://127.0.0.1:8080", "timeout": "5m" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "appleSchool": { "clientId": "c", "keyId": "k", "key": { "file": "k.pem" }, "servers": { "a": "S1" } }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "entra": { "tenant": "n.example", "clientId": "c", "secret": { "env": "S" }, "rows": "devices",
                       "groups": { "a": "g" }, "user": "userId", "email": "mail",
                       "managedAppleId": "userPrincipalName", "endpoint": "http://localhost:1/", "timeout": "1h" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "entra": { "tenant": "n.example", "clientId": "c", "federated": "githubActions" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "fleet": { "url": "https://x", "token": { "env": "T" }, "team": 3, "labels": { "a": 12 }, "timeout": "30s" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "jamf": { "url": "https://x", "clientId": "c", "secret": { "env": "S" }, "smartGroups": { "b": 1 },
                      "staticGroups": { "c": 2 }, "user": "username", "timeout": "30s" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "oneroster": { "path": "r.zip", "classes": { "b": "c" }, "schools": { "c": "o" }, "user": "username",
                           "email": "email", "managedAppleId": "email" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "asmRoster": { "path": "r", "classes": { "b": "c" }, "schools": { "c": "o" }, "user": "person_id",
                           "email": "email_address", "managedAppleId": "email_address",
                           "devices": { "from": "j", "person": "p", "by": "sis_username" } }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Inventory", "name": "i",
            "oneroster": { "path": "r", "devices": { "from": "j", "by": "email" } }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Group", "name": "g", "devices": ["A1", "0123", " b2 "], "users": ["u"],
            "from": "i", "where": "row.a == \"b\"", "include": ["h"], "minimum": 5, "description": "d"
        }),
        json!({ "apiVersion": "vpp/v1", "kind": "Group", "name": "g", "devices": [] }),
        json!({
            "apiVersion": "vpp/v1", "kind": "App", "name": "a", "adamId": "360593530", "pricing": "PLUS",
            "bundleId": "com.example.a-b", "location": ["l", "k"],
            "assign": [{ "to": "g", "intent": "required", "license": "user" }, { "to": "h" }],
            "except": ["x"], "reclaim": "release", "whenShort": "fill", "description": "d", "labels": { "a": "b" }
        }),
        json!({ "apiVersion": "vpp/v1", "kind": "App", "name": "a", "adamId": 360_593_530, "location": "l", "assign": [] }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Book", "name": "b", "adamId": 1, "pricing": "STDQ", "irrevocable": true,
            "location": "l", "assign": [{ "to": "g", "intent": "available" }], "except": ["x"], "reclaim": "keep",
            "whenShort": "block", "description": "d", "labels": { "a": "b" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Policy", "name": "p",
            "limits": {
                "location": { "reclaim": { "share": "10%", "count": 5 }, "assign": { "count": 7 } },
                "app": { "reclaim": { "share": "2.5%" } }, "group": {}
            },
            "protect": [{ "app": "360593530", "group": "g", "reason": "r" }, { "group": "g" }],
            "freeze": [{ "from": "2026-12-20", "until": "2027-01-04T08:00", "timeZone": "Europe/Berlin", "reason": "r" }],
            "stock": { "warnBelow": 20 }, "tokenExpiry": { "warn": "30d", "block": "3d" }, "maxPlanAge": "24h",
            "allow": [{ "guard": "G101", "app": "a", "reclaimUpTo": 1, "assignUpTo": 2, "until": "2026-12-01", "reason": "r" }],
            "run": { "canary": 1, "stop": { "errorShare": "5%", "inARow": 20 } }
        }),
        json!({ "apiVersion": "vpp/v1", "kind": "Policy", "name": "p", "stock": { "warnBelow": "5%" } }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m",
            "fleet": { "url": "https://x", "token": { "env": "T" }, "timeout": "10s" }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m",
            "nanomdm": { "url": "http://127.0.0.1:9000", "key": { "file": "k" }, "webhookKey": { "env": "W" },
                         "devices": { "inventory": "i", "reference": "r" }, "timeout": "10s" }
        }),
        json!({ "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m", "nanohub": { "url": "https://x", "key": { "env": "K" } } }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m",
            "micromdm": { "url": "https://x", "key": { "command": ["op", "read"] }, "webhookKey": { "env": "W" } }
        }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m",
            "exec": { "command": ["x", "--all"], "env": ["A_B"], "webhookKey": { "env": "W" }, "timeout": "1m30s" }
        }),
        json!({ "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m", "sandbox": {} }),
        json!({
            "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m",
            "intune": { "tenant": "x", "clientId": "c-1", "secret": { "env": "S" },
                "endpoint": "http://127.0.0.1:9", "syncDevices": true, "revokeAfter": "2d" }
        }),
        json!({ "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m", "intune": { "tenant": "x", "clientId": "c", "federated": "githubActions" } }),
        json!({ "apiVersion": "vpp/v1", "kind": "Location", "name": "l", "licenses": "mdm", "mdm": "m", "mdmToken": "t-1" }),
        json!({ "apiVersion": "vpp/v1", "kind": "Group", "name": "g", "entraGroup": "5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11" }),
        json!({ "apiVersion": "vpp/v1", "kind": "Group", "name": "g", "entraGroup": "allDevices" }),
        json!({ "apiVersion": "vpp/v1", "kind": "World", "anything": [1] }),
    ]
}

#[test]
fn valid_documents_pass_and_others_do_not() {
    let validator = validator();
    for document in documents() {
        assert!(validator.is_valid(&document), "{document}");
    }
    for bad in [
        json!({}),
        json!([]),
        json!({ "apiVersion": "vpp/v2", "kind": "Group", "name": "g", "devices": [] }),
        json!({ "apiVersion": "vpp/v1", "kind": "Grop", "name": "g", "devices": [] }),
        json!({ "apiVersion": "vpp/v1", "kind": "Subscription", "name": "g" }),
        json!({ "apiVersion": "vpp/v1", "kind": "Group", "name": "g" }),
        json!({ "apiVersion": "vpp/v1", "kind": "Group", "name": "g", "devices": [], "where": "true" }),
        json!({ "apiVersion": "vpp/v1", "kind": "App", "name": "a", "adamId": "1", "location": "l" }),
        json!({ "apiVersion": "vpp/v1", "kind": "Book", "name": "a", "adamId": "1", "location": "l", "assign": [] }),
        json!({ "apiVersion": "vpp/v1", "kind": "Mdm", "name": "m", "fleet": {}, "exec": {} }),
        json!({ "apiVersion": "vpp/v1", "kind": "Location", "name": "l", "token": { "env": "A", "file": "b" } }),
    ] {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}

/// Codes of what a schema cannot know: other documents, and what a text means.
const BEYOND_SCHEMAS: [&str; 14] = [
    "VPP-M002", "VPP-M022", "VPP-M023", "VPP-M024", "VPP-M027", "VPP-M028", "VPP-M029", "VPP-M032",
    "VPP-M037", "VPP-M038", "VPP-M039", "VPP-M040", "VPP-M041", "VPP-M042",
];

#[test]
fn schema_and_reader_agree_on_every_change_of_one_value() {
    let validator = validator();
    let tried: Vec<Value> = documents().iter().flat_map(changes).collect();
    assert!(tried.len() > 3_000, "{}", tried.len());
    let folder = Folder::new();
    for (at, document) in tried.iter().enumerate() {
        folder.write(&format!("{at}.yaml"), vpp::yaml::to_string(document).unwrap());
    }
    let loaded = folder.load();
    let mut refused = std::collections::HashMap::new();
    for diagnostic in &loaded.diagnostics {
        // Two documents that pin one library differ only in the change that was made.
        if !BEYOND_SCHEMAS.contains(&diagnostic.code.id) && diagnostic.code.id != "VPP-M030" {
            let file = loaded.manifests.sources.path(diagnostic.labels[0].span);
            refused.entry(file.file_stem().unwrap()).or_insert(diagnostic);
        }
    }
    assert!(refused.len() > 1_000 && tried.len() - refused.len() > 300, "{}", refused.len());
    for (at, document) in tried.iter().enumerate() {
        let by_schema = validator.is_valid(document);
        let by_reader = refused.get(at.to_string().as_str());
        assert_eq!(
            by_schema,
            by_reader.is_none(),
            "schema says {by_schema}, reader says {by_reader:?} of {document}"
        );
    }
}

/// The document with each value in turn removed, renamed, and replaced by values of every type.
fn changes(document: &Value) -> Vec<Value> {
    let mut paths = Vec::new();
    paths_of(document, &mut Vec::new(), &mut paths);
    let others = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(7),
        json!(-1),
        json!(1.5),
        json!(10_000_000),
        json!(""),
        json!("  "),
        json!("word"),
        json!("two words"),
        json!("uninstall"),
        json!("keep"),
        json!("required"),
        json!("0123"),
        json!("10%"),
        json!("101%"),
        json!("5d"),
        json!("2h"),
        json!("2026-12-24"),
        json!("no"),
        json!("-x"),
        json!([]),
        json!(["word"]),
        json!([7]),
        json!([[]]),
        json!({}),
        json!({ "a": "b" }),
        json!({ "a": 5 }),
        json!({ "env": "X" }),
        json!([{ "to": "word" }]),
    ];
    let mut changed = vec![];
    for path in paths {
        let is_world = document["kind"] == "World" && path[0] != "kind" && path[0] != "apiVersion";
        if is_world {
            continue;
        }
        for other in &others {
            let mut copy = document.clone();
            *copy.pointer_mut(&pointer(&path)).unwrap() = other.clone();
            if !is_beyond(&path, other) {
                changed.push(copy);
            }
        }
        let (last, parent) = path.split_last().unwrap();
        let mut copy = document.clone();
        if let Some(Value::Object(entries)) = copy.pointer_mut(&pointer(parent)) {
            let value = entries.remove(last).unwrap();
            changed.push(copy.clone());
            if let Some(Value::Object(entries)) = copy.pointer_mut(&pointer(parent))
                && last != "a"
            {
                entries.insert(format!("{last}x"), value);
                changed.push(copy);
            }
        }
    }
    changed
}

/// What only the reader can tell: dates against each other, a zone's or guard's existence, the order
/// of two numbers, which host an address is.
fn is_beyond(path: &[String], other: &Value) -> bool {
    let last = path.last().map_or("", String::as_str);
    let text = other.as_str().unwrap_or_default();
    match last {
        "timeZone" => !text.trim().is_empty(),
        "from" | "until" => text.starts_with("2026"),
        "warn" | "block" => text.ends_with('d'),
        "timeout" | "maxPlanAge" | "revokeAfter" => text.ends_with(['d', 'h']),
        _ => false,
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().flat_map(|part| ["/", part]).collect()
}

fn paths_of(value: &Value, at: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    };
    for (part, value) in inner {
        at.push(part);
        paths.push(at.clone());
        paths_of(value, at, paths);
        at.pop();
    }
}
