use schemars::generate::SchemaSettings;

use super::Plan;

/// The plan file's JSON Schema (draft-07, what editors understand): the content of
/// `schema/plan.json`.
pub fn json_schema() -> serde_json::Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<Plan>().to_value()
}
