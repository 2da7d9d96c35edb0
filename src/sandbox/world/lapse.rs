use std::fmt;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time as people write it: `90s`, `15m`, `4h`, `3d`, `1d 12h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse(SignedDuration);

impl Lapse {
    /// A length of time; nothing less than nothing.
    pub fn new(time: std::time::Duration) -> Self {
        Self(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX))
    }

    pub(crate) fn get(self) -> SignedDuration {
        self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let span: Span = text.parse().ok()?;
        let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        (!time.is_negative()).then_some(Self(time))
    }
}

impl Serialize for Lapse {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:#}", self.0))
    }
}

impl<'de> Deserialize<'de> for Lapse {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Lapse;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time with its unit: 90s, 15m, 4h, 3d")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Lapse, E> {
                Lapse::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        from.deserialize_any(Text)
    }
}

impl JsonSchema for Lapse {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Lapse".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]",
            "examples": ["90s", "15m", "4h", "3d"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit_and_read_back() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("4h", 14_400), ("3d", 259_200), ("1d 12h", 129_600)]
        {
            let lapse = Lapse::parse(text).unwrap();
            assert_eq!(lapse.get().as_secs(), seconds, "{text}");
            let again = serde_json::to_string(&lapse).unwrap();
            assert_eq!(serde_json::from_str::<Lapse>(&again).unwrap(), lapse, "{again}");
        }
        for wrong in ["", "4", "soon", "-1h", "1 month", "3 fortnights"] {
            assert_eq!(Lapse::parse(wrong), None, "{wrong}");
        }
    }
}
