use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A device's serial number, trimmed and upper-cased.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SerialNumber(String);

/// A text that cannot be a serial number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a serial number: it must be letters and digits only, at most 64 of them")]
pub struct InvalidSerial(pub String);

impl SerialNumber {
    /// The serial number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SerialNumber {
    type Err = InvalidSerial;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let plain = !trimmed.is_empty()
            && trimmed.len() <= 64
            && trimmed.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain {
            Ok(Self(trimmed.to_ascii_uppercase()))
        } else {
            Err(InvalidSerial(text.to_owned()))
        }
    }
}

impl TryFrom<String> for SerialNumber {
    type Error = InvalidSerial;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SerialNumber> for String {
    fn from(serial: SerialNumber) -> Self {
        serial.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key under which a person is registered at Apple (`clientUserId`), chosen by us and
/// immutable. Kept exactly as given: Apple compares it to the letter.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct ClientUserId(String);

impl ClientUserId {
    /// An id from text; `None` where nothing but white space is left.
    pub fn new(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| Self(trimmed.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who holds a license. Devices sort before users, each by its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A device, by serial number.
    Device(SerialNumber),
    /// A person, by `clientUserId`.
    User(ClientUserId),
}

impl Holder {
    /// The same holder, borrowed.
    pub fn as_ref(&self) -> HolderRef<'_> {
        match self {
            Self::Device(serial) => HolderRef::Device(serial.as_str()),
            Self::User(user) => HolderRef::User(user.as_str()),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_ref().text())
    }
}

/// A holder that borrows its text from a [`super::Roster`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderRef<'a> {
    /// A device, by serial number.
    Device(&'a str),
    /// A person, by `clientUserId`.
    User(&'a str),
}

impl<'a> HolderRef<'a> {
    /// The serial number or user id.
    pub fn text(self) -> &'a str {
        match self {
            Self::Device(text) | Self::User(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_trimmed_and_upper_cased() {
        assert_eq!(" dmpxk1a2hj0m ".parse::<SerialNumber>().unwrap().as_str(), "DMPXK1A2HJ0M");
        assert!("".parse::<SerialNumber>().is_err());
        assert!("A B".parse::<SerialNumber>().is_err());
    }
}
