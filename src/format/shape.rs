//! What the schema says of a place in a document: the order of keys, and where ids stand.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::Value;

use crate::manifest;

/// What may stand in one place.
#[derive(Debug)]
pub(super) struct Shape {
    /// Keys with their rank and what stands behind them.
    keys: BTreeMap<String, (usize, Self)>,
    /// Behind keys that people choose.
    others: Option<Box<Self>>,
    items: Option<Box<Self>>,
    /// Serial numbers, adamIds and other ids: text even where it is all digits.
    pub(super) id: bool,
}

static NOTHING: Shape = Shape { keys: BTreeMap::new(), others: None, items: None, id: false };
static KINDS: LazyLock<HashMap<String, Shape>> = LazyLock::new(kinds);

/// The keys every document begins with; the others follow the schema.
const FIRST: [&str; 4] = ["apiVersion", "kind", "name", "description"];

impl Shape {
    /// A place nothing is known of.
    pub(super) fn unknown() -> &'static Self {
        &NOTHING
    }

    /// Documents of a kind; nothing is known of kinds that are no manifests.
    pub(super) fn of_kind(kind: &str) -> &'static Self {
        KINDS.get(kind).unwrap_or(&NOTHING)
    }

    /// The items of a list.
    pub(super) fn items(&self) -> &Self {
        self.items.as_deref().unwrap_or(&NOTHING)
    }

    /// Behind a key.
    pub(super) fn key(&self, key: &str) -> &Self {
        match self.keys.get(key) {
            Some((_, shape)) => shape,
            None => self.others.as_deref().unwrap_or(&NOTHING),
        }
    }

    /// Where a key stands among the others; unknown ones stand last.
    pub(super) fn rank(&self, key: &str) -> usize {
        self.keys.get(key).map_or(usize::MAX, |(rank, _)| *rank)
    }

    fn from_schema(schema: &Value) -> Self {
        let mut shape = Self { keys: BTreeMap::new(), others: None, items: None, id: false };
        shape.learn(schema);
        shape
    }

    fn document(schema: &Value) -> Self {
        let mut shape = Self::from_schema(schema);
        for (key, (rank, _)) in &mut shape.keys {
            let first = FIRST.iter().position(|first| first == key);
            *rank = first.unwrap_or(*rank + FIRST.len());
        }
        shape
    }

    fn learn(&mut self, schema: &Value) {
        for choice in ["oneOf", "anyOf", "allOf"] {
            let choices = schema.get(choice).and_then(Value::as_array);
            choices.into_iter().flatten().for_each(|choice| self.learn(choice));
        }
        if let Some(types) = schema.get("type").and_then(Value::as_array) {
            let has = |name: &str| types.iter().any(|kind| kind == name);
            self.id |= has("string") && has("integer");
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let offset = self.keys.len();
            for (at, (key, schema)) in properties.iter().enumerate() {
                let known = || (offset + at, Self::from_schema(schema));
                self.keys.entry(key.clone()).or_insert_with(known);
            }
        }
        if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
            self.items = Some(Box::new(Self::from_schema(items)));
        }
        if let Some(others) = schema.get("additionalProperties").filter(|o| o.is_object()) {
            self.others = Some(Box::new(Self::from_schema(others)));
        }
    }
}

fn kinds() -> HashMap<String, Shape> {
    let schema = manifest::json_schema();
    let documents = schema.get("oneOf").and_then(Value::as_array);
    documents
        .into_iter()
        .flatten()
        // A sandbox's world is known to the schema by its header alone, which orders nothing.
        .filter(|schema| schema.get("additionalProperties") == Some(&Value::Bool(false)))
        .filter_map(|schema| {
            let kind = schema.get("title")?.as_str()?;
            Some((kind.to_owned(), Shape::document(schema)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_the_order_of_keys_come_from_the_schema() {
        let app = Shape::of_kind("App");
        assert!(app.key("adamId").id);
        assert!(!app.key("name").id);
        assert!(app.rank("name") < app.rank("adamId"));
        assert!(app.rank("description") < app.rank("adamId"));
        let entry = app.key("assign").items();
        assert!(entry.rank("to") < entry.rank("intent"));
        let group = Shape::of_kind("Group");
        assert!(group.key("devices").items().id);
        assert!(group.key("users").items().id);
        assert!(!group.key("minimum").id);
        assert!(Shape::of_kind("Location").key("uid").id);
        let owner = Shape::of_kind("Location").key("owner");
        assert!(owner.rank("id") < owner.rank("name"), "only documents begin with their name");
        assert_eq!(Shape::of_kind("World").rank("kind"), usize::MAX);
        assert_eq!(Shape::unknown().rank("kind"), usize::MAX);
    }
}
