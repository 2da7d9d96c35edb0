use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::inventory::shown::shown;
use crate::inventory::table::{ColumnId, Rows};

/// From here on not every whole number has a double of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads JSON objects as rows, one at a time, into buffers it keeps.
#[derive(Debug, Default)]
pub(super) struct RowReader {
    values: Vec<String>,
    /// Which row last set each value; what an earlier row set counts as empty.
    set_in: Vec<u64>,
    row: u64,
}

impl RowReader {
    /// Reads one object.
    ///
    /// # Errors
    /// Why the text is no row.
    pub(super) fn read(&mut self, line: &[u8], rows: &mut Rows<'_>) -> Result<(), String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
        self.row += 1;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = ObjectSeed { reader: self, rows }
            .deserialize(&mut deserializer)
            .and_then(|()| deserializer.end());
        read.map_err(|error| without_line(&error))
    }

    /// The value of a column in the row read last; empty where the row has none.
    pub(super) fn value(&self, ColumnId(column): ColumnId) -> &str {
        match (self.values.get(column), self.set_in.get(column)) {
            (Some(value), Some(&row)) if row == self.row => value,
            _ => "",
        }
    }

    /// The buffer for a column's value; `None` where this row has set it already.
    fn slot(&mut self, ColumnId(column): ColumnId) -> Option<&mut String> {
        if self.values.len() <= column {
            self.values.resize_with(column + 1, String::new);
            self.set_in.resize(column + 1, 0);
        }
        let set_in = self.set_in.get_mut(column)?;
        if *set_in == self.row {
            return None;
        }
        *set_in = self.row;
        let value = self.values.get_mut(column)?;
        value.clear();
        Some(value)
    }
}

/// serde_json speaks of line 1 of the text it was given, which is one line of many.
fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(message) => format!("{message} (column {})", error.column()),
        None => text,
    }
}

struct ObjectSeed<'r, 'm> {
    reader: &'r mut RowReader,
    rows: &'r mut Rows<'m>,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(name)) = map.next_key()? {
            let column = self.rows.column(name.trim());
            let Some(slot) = self.reader.slot(column) else {
                return Err(de::Error::custom(format!("{} is there twice", shown(&name))));
            };
            map.next_value_seed(ValueSeed { name: &name, slot })?;
        }
        Ok(())
    }
}

struct Key<'de>(Cow<'de, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// One value, as the text filters see.
struct ValueSeed<'a> {
    name: &'a str,
    slot: &'a mut String,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl ValueSeed<'_> {
    fn set(self, value: impl fmt::Display) {
        use fmt::Write;
        // Writing to a String cannot fail.
        let _ = write!(self.slot, "{value}");
    }

    fn nested<E: de::Error>(&self, what: &str) -> E {
        let name = shown(self.name);
        E::custom(format!("{name} is {what}: rows are flat, so write its parts as columns"))
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, number, boolean or null")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.slot.push_str(value);
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.set(value);
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.set(value);
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.set(value);
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        if value.abs() >= EXACT {
            let name = shown(self.name);
            return Err(E::custom(format!("{name} is a number too large to keep: quote it")));
        }
        self.set(value);
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.nested("an object"))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.nested("a list"))
    }
}
