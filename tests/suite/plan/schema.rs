//! The plan file's schema is written down, and plans keep to it.

use vpp::plan::json_schema;

use super::world::{World, devices, users};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/plan.json");

#[test]
fn the_schema_in_the_repository_is_up_to_date() {
    let text = format!("{}\n", serde_json::to_string_pretty(&json_schema()).unwrap());
    if std::env::var_os("VPP_BLESS").is_some() {
        fs_err::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/schema")).unwrap();
        fs_err::write(PATH, &text).unwrap();
    }
    let written = fs_err::read_to_string(PATH).unwrap_or_default();
    assert!(written == text, "schema/plan.json is out of date: run the tests with VPP_BLESS=1");
}

#[test]
fn plans_keep_to_the_schema() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let plan = World::new()
        .group("year-7", devices(1..=3))
        .group("staff", users(["ada"]))
        .app("notability")
        .to("year-7")
        .to("staff")
        .held_by(devices(9..=9))
        .owns(3)
        .plan();
    let mut value = serde_json::to_value(&plan).unwrap();
    let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    value["changes"][0]["cause"]["kind"] = "whim".into();
    assert!(!validator.is_valid(&value));
}
