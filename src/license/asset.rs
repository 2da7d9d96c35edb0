use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Apple's number for an app or a book in the store (`adamId`).
///
/// Apple sends it as a string of digits in the asset endpoints and as an int64 in the
/// subscription endpoints; both fit a `u64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AdamId(u64);

/// A text that is not an `adamId`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an adamId: it must be 1 to 19 digits without a leading zero")]
pub struct InvalidAdamId(pub String);

impl AdamId {
    /// The id as a number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for AdamId {
    type Err = InvalidAdamId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = !text.is_empty()
            && text.len() <= 19
            && !text.starts_with('0')
            && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if plain => Ok(Self(number)),
            _ => Err(InvalidAdamId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for AdamId {
    type Error = InvalidAdamId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AdamId> for String {
    fn from(id: AdamId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for AdamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for AdamId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AdamId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[1-9][0-9]{0,18}$",
            "description": "Apple's number of the app or book (adamId)."
        })
    }
}

/// Which price the licenses were bought at (`pricingParam`).
///
/// An asset is identified by the pair (`adamId`, `pricingParam`): the same app can be owned at
/// both prices. Apple's page: managing-assets.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub enum PricingParam {
    /// Standard quality, the usual price.
    #[default]
    #[serde(rename = "STDQ")]
    Standard,
    /// High quality.
    #[serde(rename = "PLUS")]
    Plus,
}

impl PricingParam {
    /// The spelling Apple uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STDQ",
            Self::Plus => "PLUS",
        }
    }
}

/// Whether an asset is an app or a book (`productType`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum AssetKind {
    /// An app.
    App,
    /// A book: users only, and irrevocable.
    Book,
}

/// An app or a book as Apple licenses it: the pair (`adamId`, `pricingParam`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// The number in the store.
    pub adam_id: AdamId,
    /// The price it was bought at.
    #[serde(default)]
    pub pricing_param: PricingParam,
}

impl fmt::Display for Asset {
    /// `360593530`, or `360593530 (PLUS)` where the price is not the usual one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pricing_param {
            PricingParam::Standard => write!(f, "{}", self.adam_id),
            PricingParam::Plus => write!(f, "{} (PLUS)", self.adam_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adam_ids_are_digits_without_a_leading_zero() {
        assert_eq!("360593530".parse::<AdamId>().unwrap().to_string(), "360593530");
        for bad in ["", "0", "012", "36x", "-3", "+3", "1e9", "99999999999999999999"] {
            assert!(bad.parse::<AdamId>().is_err(), "{bad}");
        }
    }
}
