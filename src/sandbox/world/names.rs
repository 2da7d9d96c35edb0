use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names written out, numbered series of names, or both.
///
/// ```yaml
/// devices: [DMPXK1A2HJ0M, "012345678901"]
/// devices: { prefix: DMPX, count: 2000 }          # DMPX0001 … DMPX2000
/// devices: [DMPXK1A2HJ0M, { prefix: F9FX, from: 500, count: 20, width: 8 }]
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<Item>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    One(String),
    Many(Numbered),
}

/// A numbered series of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Numbered {
    /// What stands before the number.
    #[serde(default)]
    pub prefix: String,
    /// How many names.
    pub count: u32,
    /// The first number. Default: 1.
    #[serde(default = "one")]
    pub from: u32,
    /// Digits of the number, with leading zeros. Default: as many as the last number has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
}

fn one() -> u32 {
    1
}

impl Numbered {
    fn iter(&self) -> impl Iterator<Item = String> {
        let first = u64::from(self.from);
        let end = first + u64::from(self.count);
        let width = self.width.unwrap_or_else(|| end.saturating_sub(1).to_string().len());
        (first..end).map(move |number| format!("{}{number:0width$}", self.prefix))
    }
}

impl Names {
    /// One name.
    pub fn one(name: impl Into<String>) -> Self {
        Self(vec![Item::One(name.into())])
    }

    /// Numbered series of names, one after the other.
    pub fn series(series: impl IntoIterator<Item = Numbered>) -> Self {
        Self(series.into_iter().filter(|one| one.count > 0).map(Item::Many).collect())
    }

    /// Every name, in order, duplicates included.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|item| -> Box<dyn Iterator<Item = String> + '_> {
            match item {
                Item::One(name) => Box::new(std::iter::once(name.clone())),
                Item::Many(series) => Box::new(series.iter()),
            }
        })
    }

    /// How many names, duplicates included.
    pub fn len(&self) -> u64 {
        self.0
            .iter()
            .map(|item| match item {
                Item::One(_) => 1,
                Item::Many(series) => u64::from(series.count),
            })
            .sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<S: Into<String>> FromIterator<S> for Names {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(|name| Item::One(name.into())).collect())
    }
}

impl From<Numbered> for Names {
    fn from(series: Numbered) -> Self {
        Self(vec![Item::Many(series)])
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(name) => to.serialize_str(name),
            Self::Many(series) => series.serialize(to),
        }
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let [only] = self.0.as_slice() {
            return only.serialize(to);
        }
        let mut list = to.serialize_seq(Some(self.0.len()))?;
        for item in &self.0 {
            list.serialize_element(item)?;
        }
        list.end()
    }
}

/// What YAML made of a name that is not in quotes is no longer the name: `012345678901` and
/// `1E10` are numbers to it, `no` is a truth value.
fn unquoted<E: de::Error>(seen: impl fmt::Display) -> E {
    E::custom(format!("`{seen}` is not text to YAML: put the name in quotes"))
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name in text, or a series `{ prefix, count }`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Item, E> {
        Ok(Item::One(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
        Numbered::deserialize(MapAccessDeserializer::new(map)).map(Item::Many)
    }

    fn visit_u64<E: de::Error>(self, seen: u64) -> Result<Item, E> {
        Err(unquoted(seen))
    }

    fn visit_i64<E: de::Error>(self, seen: i64) -> Result<Item, E> {
        Err(unquoted(seen))
    }

    fn visit_f64<E: de::Error>(self, seen: f64) -> Result<Item, E> {
        Err(unquoted(seen))
    }

    fn visit_bool<E: de::Error>(self, seen: bool) -> Result<Item, E> {
        Err(unquoted(seen))
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ItemVisitor)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names, or a series `{ prefix, count }`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Names(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Names, A::Error> {
                ItemVisitor.visit_map(map).map(|item| Names(vec![item]))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names::one(name))
            }

            fn visit_u64<E: de::Error>(self, seen: u64) -> Result<Names, E> {
                Err(unquoted(seen))
            }

            fn visit_i64<E: de::Error>(self, seen: i64) -> Result<Names, E> {
                Err(unquoted(seen))
            }

            fn visit_f64<E: de::Error>(self, seen: f64) -> Result<Names, E> {
                Err(unquoted(seen))
            }

            fn visit_bool<E: de::Error>(self, seen: bool) -> Result<Names, E> {
                Err(unquoted(seen))
            }
        }
        from.deserialize_any(List)
    }
}

impl JsonSchema for Names {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Names".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let series = generator.subschema_for::<Numbered>();
        schemars::json_schema!({
            "description": "Names written out, a numbered series of names, or both.",
            "anyOf": [
                { "type": "string", "minLength": 1 },
                series,
                { "type": "array", "items": { "anyOf": [{ "type": "string", "minLength": 1 }, series] } }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        crate::yaml::from_str::<Names>(text)
            .map(|names| names.iter().collect())
            .map_err(|error| error.message)
    }

    #[test]
    fn names_are_written_out_or_numbered() {
        assert_eq!(read("[A1, \"012\"]").unwrap(), ["A1", "012"]);
        assert_eq!(read("{ prefix: D, count: 3, from: 9 }").unwrap(), ["D09", "D10", "D11"]);
        assert_eq!(read("[X, { prefix: D, count: 2, width: 3 }]").unwrap(), ["X", "D001", "D002"]);
        assert_eq!(read("{ prefix: D, count: 0 }").unwrap(), [""; 0]);
    }

    #[test]
    fn what_yaml_would_change_must_be_quoted() {
        for text in ["[012345678901]", "[1E10]", "[1234]", "[true]"] {
            let message = read(text).unwrap_err();
            assert!(message.contains("quote"), "{text}: {message}");
        }
    }

    #[test]
    fn a_series_refuses_unknown_keys() {
        assert!(read("{ prefix: D, count: 1, size: 3 }").is_err());
    }
}
