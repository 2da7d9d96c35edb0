//! A page of a list, parsed record by record: none is kept, whatever the size of the page.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Envelope, Enveloped, RawMdmInfo};

/// What stands around the records.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// How many records there were.
    pub(super) records: u64,
    pub(super) current_page_index: Option<i64>,
    pub(super) next_page_index: Option<i64>,
    pub(super) size: Option<u64>,
    pub(super) total_pages: Option<i64>,
    pub(super) version_id: Option<String>,
    u_id: Option<String>,
    mdm_info: Option<RawMdmInfo>,
    token_expiration_date: Option<String>,
}

impl Enveloped for Around {
    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            uid: self.u_id.as_deref(),
            owner: self.mdm_info.as_ref().and_then(RawMdmInfo::owner),
            expires: self.token_expiration_date.as_deref(),
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    #[serde(alias = "assets", alias = "assignments", alias = "users")]
    Records,
    UnlimitedAssets,
    CurrentPageIndex,
    NextPageIndex,
    Size,
    TotalPages,
    VersionId,
    UId,
    MdmInfo,
    TokenExpirationDate,
    #[serde(other)]
    Other,
}

/// A whole page, whose records go to `take`; false stops the reading.
pub(super) struct Whole<'t, R, F> {
    take: &'t mut F,
    record: PhantomData<fn() -> R>,
}

impl<'t, R, F: FnMut(R, bool) -> bool> Whole<'t, R, F> {
    pub(super) fn new(take: &'t mut F) -> Self {
        Self { take, record: PhantomData }
    }
}

impl<'de, R: Deserialize<'de>, F: FnMut(R, bool) -> bool> DeserializeSeed<'de> for Whole<'_, R, F> {
    type Value = Around;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Around, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, R: Deserialize<'de>, F: FnMut(R, bool) -> bool> Visitor<'de> for Whole<'_, R, F> {
    type Value = Around;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Around, A::Error> {
        let mut around = Around::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Records | Field::UnlimitedAssets => {
                    let unlimited = matches!(field, Field::UnlimitedAssets);
                    let records = Records { take: &mut *self.take, unlimited, record: self.record };
                    around.records += map.next_value_seed(records)?;
                }
                Field::CurrentPageIndex => around.current_page_index = map.next_value()?,
                Field::NextPageIndex => around.next_page_index = map.next_value()?,
                Field::Size => around.size = map.next_value()?,
                Field::TotalPages => around.total_pages = map.next_value()?,
                Field::VersionId => around.version_id = map.next_value()?,
                Field::UId => around.u_id = map.next_value()?,
                Field::MdmInfo => around.mdm_info = map.next_value()?,
                Field::TokenExpirationDate => around.token_expiration_date = map.next_value()?,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(around)
    }
}

/// The records, or `null` for none; gives how many there were.
struct Records<'t, R, F> {
    take: &'t mut F,
    unlimited: bool,
    record: PhantomData<fn() -> R>,
}

impl<'de, R: Deserialize<'de>, F: FnMut(R, bool) -> bool> DeserializeSeed<'de>
    for Records<'_, R, F>
{
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<u64, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, R: Deserialize<'de>, F: FnMut(R, bool) -> bool> Visitor<'de> for Records<'_, R, F> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_unit<E: Error>(self) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while let Some(record) = records.next_element()? {
            if !(self.take)(record, self.unlimited) {
                return Err(Error::custom("a record was not taken"));
            }
            count += 1;
        }
        Ok(count)
    }
}
