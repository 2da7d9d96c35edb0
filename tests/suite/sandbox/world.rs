use super::apple::{options, world};
use vpp::sandbox::{Sandbox, SandboxError, World};

fn problems(body: &str) -> Vec<String> {
    let yaml = format!("apiVersion: vpp/v1\nkind: World\nlocations:\n{body}");
    match Sandbox::new(world(&yaml), options()) {
        Err(SandboxError::World(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_world_that_contradicts_itself_is_refused_with_everything_wrong() {
    let found = problems(
        r#"
  - name: a
    uid: "1"
    users: [{ clientUserId: ada }, { clientUserId: ada }, { clientUserId: old, status: Retired }]
    assets:
      - { adamId: 1, name: Notes, total: 1, assigned: { devices: [A, B] } }
      - { adamId: 2, total: 9, type: Book, assigned: { devices: [A] } }
      - { adamId: 3, total: 9, assigned: { users: [nobody] } }
      - { adamId: 4, total: 9, assigned: { devices: [A, A, "no serial"] } }
      - { adamId: 5, total: 9, assigned: { users: [old] } }
      - { adamId: 1, total: 1 }
  - { name: a, uid: "1" }
"#,
    );
    let all = found.join("\n");
    for part in [
        "two locations have the name `a`",
        "two locations have the uid `1`",
        "user `ada`: is there twice",
        "app 1 (Notes): 2 hold it, but 1 are owned",
        "book 2: devices hold it",
        "app 3: user `nobody` is not among the users",
        "app 4: device `A` holds it twice",
        "app 4: `no serial` is not a serial number",
        "app 5: user `old` is retired",
        "app 1: is there twice",
    ] {
        assert!(all.contains(part), "{part} not in\n{all}");
    }
    assert_eq!(found.len(), 10, "{all}");
}

#[test]
fn unknown_keys_and_unquoted_names_are_refused() {
    for (body, part) in [
        ("locations: [{ name: a, uid: '1', asset: [] }]", "asset"),
        ("locations: [{ name: a, uid: '1', assets: [{ adamId: 1, total: many }] }]", "unlimited"),
        (
            "locations: [{ name: a, uid: '1', assets: [{ adamId: 1, total: 2147483647 }] }]",
            "2147483647",
        ),
        (
            "locations: [{ name: a, uid: '1', assets: [{ adamId: 1, total: 1, assigned: { devices: [012345678901] } }] }]",
            "quotes",
        ),
        ("locations: []\nlimits: { maxAsset: 1 }", "maxAsset"),
    ] {
        let yaml = format!("apiVersion: vpp/v1\nkind: World\n{body}");
        let message = vpp::yaml::from_str::<World>(&yaml).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn the_quickstart_world_is_good() {
    let text = fs_err::read_to_string("examples/quickstart/world.yaml").unwrap();
    let sandbox = Sandbox::new(world(&text), options()).unwrap();
    assert_eq!(sandbox.locations(), [("northfield".to_owned(), "2049025000431439".to_owned())]);
    let shot = sandbox.snapshot();
    let north = shot.location("northfield").unwrap();
    let counts = |id: &str| north.asset(id).map(|asset| (asset.assigned, asset.total)).unwrap();
    assert_eq!(counts("360593530"), (5, Some(12)));
    assert_eq!(counts("361309726"), (4, Some(20)));
    assert_eq!(counts("1444383602"), (2, Some(6)));
    assert!(north.asset("360593530").unwrap().is_held_by("F9FXH7L2JF8J"));
    assert_eq!(north.users.len(), 2);
}

#[test]
fn a_world_can_be_written_and_read_again() {
    let text = fs_err::read_to_string("examples/quickstart/world.yaml").unwrap();
    let read = world(&text);
    assert_eq!(world(&vpp::yaml::to_string(&read).unwrap()), read);
    let big = world(super::paging::BIG);
    assert_eq!(world(&vpp::yaml::to_string(&big).unwrap()), big);
}

#[test]
fn a_million_assignments_are_a_few_lines() {
    let yaml = r#"
apiVersion: vpp/v1
kind: World
locations:
  - name: big
    uid: "1"
    assets:
      - { adamId: 1, total: 300000, assigned: { devices: { prefix: S, count: 250000 } } }
      - { adamId: 2, total: 300000, assigned: { devices: { prefix: S, count: 250000 } } }
"#;
    let sandbox = Sandbox::new(world(yaml), options()).unwrap();
    let shot = sandbox.snapshot();
    assert_eq!(shot.locations[0].assets[1].assigned, 250_000);
}

#[test]
fn the_schema_is_up_to_date_and_takes_the_worlds() {
    let schema = vpp::sandbox::world::schema();
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let path = "schema/world.json";
    if std::env::var_os("VPP_BLESS").is_some() {
        fs_err::write(path, &text).unwrap();
    }
    let kept = fs_err::read_to_string(path).unwrap_or_default();
    assert!(kept == text, "{path} is out of date: run the tests with VPP_BLESS=1");
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let quickstart = fs_err::read_to_string("examples/quickstart/world.yaml").unwrap();
    for yaml in [quickstart.as_str(), super::apple::SCHOOL, super::paging::BIG] {
        let value: serde_json::Value = vpp::yaml::from_str(yaml).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    let wrong: serde_json::Value = serde_json::json!({ "apiVersion": "vpp/v1", "kind": "World" });
    assert!(!validator.is_valid(&wrong));
}
