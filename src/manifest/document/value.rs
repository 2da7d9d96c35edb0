//! Single values with the form they must have.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $schema:tt;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
            #[serde(transparent)]
            pub struct $name(pub String);

            impl<T: Into<String>> From<T> for $name {
                fn from(text: T) -> Self {
                    Self(text.into())
                }
            }

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )*
    };
}

texts! {
    /// A document's name.
    Name: { "type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9._ -]{0,98}[A-Za-z0-9._-])?$" };
    /// The name of another document.
    Reference: { "type": "string", "pattern": "\\S" };
    /// Text that is not empty.
    Text: { "type": "string", "pattern": "\\S" };
    /// An id; plain digits need no quotes.
    Id: { "type": ["string", "integer"], "pattern": "\\S", "minimum": 0 };
    /// Apple's number of an app or book.
    AdamId: { "type": ["string", "integer"], "pattern": "^[1-9][0-9]{0,18}$", "minimum": 1 };
    /// A bundle identifier.
    BundleId: { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,155}$" };
    /// The name of an environment variable.
    Variable: { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,199}$" };
    /// A column of our own naming.
    Column: { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,99}$" };
    /// An address on this machine.
    Loopback: { "type": "string", "pattern": "^http://(127\\.0\\.0\\.1|localhost|\\[::1\\])(:[0-9]{1,5})?/?$" };
    /// A percentage from 0% to 100%.
    Percent: { "type": "string", "pattern": "^(0*100(\\.0{1,9})?|0*[0-9]{1,2}(\\.[0-9]{1,9})?)%$" };
    /// A duration: days, hours, minutes and seconds, in this order.
    Duration: {
        "type": "string",
        "pattern": "^(?=.)([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?$"
    };
    /// Whole days.
    Days: { "type": "string", "pattern": "^0*([0-9]{1,2}|[12][0-9]{2}|3[0-5][0-9]|36[0-6])d$" };
    /// A date.
    Day: { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" };
    /// A date, or a date and a time; a date is its midnight.
    Moment: {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"
    };
    /// A guard's code.
    Guard: { "type": "string", "pattern": "^G[0-9]{3}$" };
}
