use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SupportedPlatform;

/// Apple's number of an app or book: digits, bare or quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreId(String);

impl StoreId {
    /// An id from text; `None` unless it is 1 to 19 digits without a leading zero.
    pub fn new(text: &str) -> Option<Self> {
        let plain = !text.is_empty()
            && text.len() <= 19
            && !text.starts_with('0')
            && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for StoreId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StoreId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = StoreId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an adamId: 1 to 19 digits without a leading zero")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<StoreId, E> {
                StoreId::new(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<StoreId, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<StoreId, E> {
                self.visit_str(&number.to_string())
            }
        }
        from.deserialize_any(Digits)
    }
}

impl JsonSchema for StoreId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StoreId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "oneOf": [
                { "type": "string", "pattern": "^[1-9][0-9]{0,18}$" },
                { "type": "integer", "minimum": 1 }
            ]
        })
    }
}

/// How many licenses are owned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// So many.
    Fixed(u32),
    /// As many as anybody wants: free items.
    Unlimited,
}

impl Serialize for Total {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(count) => to.serialize_u32(*count),
            Self::Unlimited => to.serialize_str("unlimited"),
        }
    }
}

impl<'de> Deserialize<'de> for Total {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Count;
        impl Visitor<'_> for Count {
            type Value = Total;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of licenses below 2147483647, or `unlimited`")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Total, E> {
                // Apple's sentinel for "unlimited" is not a number of licenses.
                u32::try_from(number)
                    .ok()
                    .filter(|count| *count < 2_147_483_647)
                    .map(Total::Fixed)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Total, E> {
                match u64::try_from(number) {
                    Ok(number) => self.visit_u64(number),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(number), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Total, E> {
                if text == "unlimited" {
                    Ok(Total::Unlimited)
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(text), &self))
                }
            }
        }
        from.deserialize_any(Count)
    }
}

impl JsonSchema for Total {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Total".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "oneOf": [
                { "type": "integer", "minimum": 0, "maximum": 2_147_483_646 },
                { "const": "unlimited" }
            ]
        })
    }
}

pub(super) fn us() -> String {
    "US".to_owned()
}

pub(super) fn unnamed_metadata() -> String {
    "sandbox".to_owned()
}

pub(super) fn ios() -> Vec<SupportedPlatform> {
    vec![SupportedPlatform::IOs]
}
