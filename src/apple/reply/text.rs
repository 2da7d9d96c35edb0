use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A text of an answer, borrowed from it where it holds no escapes.
///
/// (serde borrows a bare `Cow<str>` field, but not one inside an `Option`.) A whole number is
/// taken as its digits: Apple sends `adamId` both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;

        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
        }

        deserializer.deserialize_any(Borrow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Holder<'a> {
        #[serde(borrow)]
        name: Option<Text<'a>>,
    }

    #[test]
    fn plain_texts_are_borrowed_and_escaped_ones_are_read() {
        let plain: Holder<'_> = serde_json::from_str(r#"{"name":"DMPXK1A2HJ0M"}"#).unwrap();
        assert!(matches!(plain.name, Some(Text(Cow::Borrowed("DMPXK1A2HJ0M")))));
        let escaped: Holder<'_> = serde_json::from_str(r#"{"name":"a\u00e9\n"}"#).unwrap();
        assert_eq!(&*escaped.name.unwrap(), "aé\n");
        let number: Holder<'_> = serde_json::from_str(r#"{"name":360593530}"#).unwrap();
        assert_eq!(&*number.name.unwrap(), "360593530");
        let null: Holder<'_> = serde_json::from_str(r#"{"name":null}"#).unwrap();
        assert!(null.name.is_none());
    }
}
