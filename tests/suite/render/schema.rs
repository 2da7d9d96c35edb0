//! The generated schemas of what a run prints are the ones in the repository.

use camino::Utf8Path;
use vpp::apply::outcome;

/// Compares with the file; `VPP_BLESS=1` writes it.
fn check(name: &str, schema: &schemars::Schema) {
    let path = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    let fresh = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("VPP_BLESS").is_some() {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, &fresh).unwrap();
    }
    let kept = fs_err::read_to_string(&path).unwrap_or_default();
    assert!(kept == fresh, "schema/{name} is out of date: run this test with VPP_BLESS=1");
}

#[test]
fn the_result_schema_is_up_to_date() {
    check("result.json", &outcome::json_schema());
}

#[test]
fn the_history_schema_is_up_to_date() {
    check("history.json", &vpp::store::history::json_schema());
}

#[test]
fn the_audit_schema_is_up_to_date() {
    check("audit.json", &vpp::store::audit::json_schema());
}

#[test]
fn the_event_schema_is_up_to_date() {
    check("events.json", &outcome::event_schema());
}
