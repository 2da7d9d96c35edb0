//! The JSON Schema editors check manifests with.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::document::{
    API_VERSION, App, Book, Group, Inventory, Location, Mdm, Policy, Subscription,
};

/// A JSON Schema (draft-07, what editors understand) of every document a manifest may hold.
///
/// It is made from the types of [`super::document`] and says what can be said without other
/// documents at hand. What it accepts may still name a group that does not exist.
pub fn json_schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let kinds = [
        of::<Location>(&mut generator, "Location"),
        of::<Inventory>(&mut generator, "Inventory"),
        of::<Group>(&mut generator, "Group"),
        of::<App>(&mut generator, "App"),
        of::<Book>(&mut generator, "Book"),
        of::<Subscription>(&mut generator, "Subscription"),
        of::<Policy>(&mut generator, "Policy"),
        of::<Mdm>(&mut generator, "Mdm"),
        json!({
            "title": "World",
            "description": "A sandbox's world, which is no manifest and may lie among them.",
            "type": "object",
            "properties": { "apiVersion": { "const": API_VERSION }, "kind": { "const": "World" } },
            "required": ["apiVersion", "kind"]
        }),
    ];
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "vpp manifest",
        "description": "One document of a vpp manifest.",
        "oneOf": kinds
    })
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator, kind: &str) -> Value {
    let mut schema = generator.root_schema_for::<T>();
    RecursiveTransform(without_null).transform(&mut schema);
    let mut schema = schema.to_value();
    inline(&mut schema);
    let Value::Object(schema) = &mut schema else { return schema };
    for key in ["$schema", "definitions"] {
        schema.remove(key);
    }
    schema.insert("title".to_owned(), json!(kind));
    // The header first, as in the documents.
    let mut properties = Map::new();
    let version = "The version of the manifests' form.";
    properties.insert(
        "apiVersion".to_owned(),
        json!({ "description": version, "type": "string", "const": API_VERSION }),
    );
    let what = "What the document describes.";
    properties
        .insert("kind".to_owned(), json!({ "description": what, "type": "string", "const": kind }));
    if let Some(Value::Object(own)) = schema.remove("properties") {
        properties.extend(own);
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    let mut required = vec![json!("apiVersion"), json!("kind")];
    if let Some(Value::Array(own)) = schema.remove("required") {
        required.extend(own);
    }
    schema.insert("required".to_owned(), Value::Array(required));
    Value::Object(std::mem::take(schema))
}

/// A key that may be left out may not be `null`: nothing behind a key is a mistake.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(mut choices)) = object.remove("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    match choices.as_slice() {
        [Value::Object(only)] => {
            for (key, value) in only {
                object.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        _ => {
            object.insert("anyOf".to_owned(), Value::Array(choices));
        }
    }
}

/// Puts shared words (`reclaim`, `intent`, …) where they are used, beside the key's own comment:
/// draft-07 does not look at anything beside a reference.
fn inline(schema: &mut Value) {
    let definitions = schema.get("definitions").cloned().unwrap_or_default();
    replace(schema, &definitions);
}

fn replace(value: &mut Value, definitions: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, definitions)),
        Value::Object(object) => {
            // Remove wrappers made only to carry a comment beside a reference.
            if let Some(Value::Array(all)) = object.get("allOf")
                && let [Value::Object(only)] = all.as_slice()
            {
                let only = only.clone();
                object.remove("allOf");
                object.extend(only);
            }
            let target = match object.get("$ref") {
                Some(Value::String(path)) => path.strip_prefix("#/definitions/").map(str::to_owned),
                _ => None,
            };
            if let Some(Value::Object(target)) = target.and_then(|name| definitions.get(name)) {
                object.remove("$ref");
                for (key, value) in target {
                    object.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            object.iter_mut().for_each(|(_, value)| replace(value, definitions));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
