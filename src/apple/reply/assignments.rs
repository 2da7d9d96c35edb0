use serde::Deserialize;

use super::Text;
use crate::license::{AdamId, Asset, HolderRef, PricingParam};

/// One assignment as it comes (`Assignment`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentRecord<'a> {
    /// Number of the asset.
    #[serde(borrow)]
    pub adam_id: Option<Text<'a>>,
    /// Its price; the usual one where absent.
    #[serde(borrow)]
    pub pricing_param: Option<Text<'a>>,
    /// The person who holds it.
    #[serde(borrow)]
    pub client_user_id: Option<Text<'a>>,
    /// The device that holds it.
    #[serde(borrow)]
    pub serial_number: Option<Text<'a>>,
    /// The person's status, where it was asked for.
    #[serde(borrow)]
    pub user_status: Option<Text<'a>>,
}

/// Why a record makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// No or an impossible `adamId`.
    #[error("`{0}` is no adamId")]
    AdamId(String),
    /// A price that is not known.
    #[error("`{1}` of {0} is no pricingParam this version knows (STDQ, PLUS)")]
    Pricing(AdamId, String),
    /// Neither a user nor a device.
    #[error("an assignment of {0} names no holder")]
    NoHolder(Asset),
    /// A user and a device.
    #[error("an assignment of {0} names both a user and a device")]
    TwoHolders(Asset),
    /// A device's serial number that cannot be one.
    #[error("the holder `{1}` of {0} is no serial number")]
    Serial(Asset, String),
    /// A user without an id.
    #[error("a user has no clientUserId")]
    NoUser,
}

impl AssignmentRecord<'_> {
    /// What is assigned.
    pub fn asset(&self) -> Result<Asset, RecordError> {
        asset(self.adam_id.as_deref(), self.pricing_param.as_deref())
    }

    /// Who holds it, as Apple writes it. Exactly one holder is named.
    pub fn holder(&self) -> Result<HolderRef<'_>, RecordError> {
        let given =
            |text: &Option<Text<'_>>| !text.as_deref().unwrap_or_default().trim().is_empty();
        match (&self.client_user_id, &self.serial_number) {
            (user, serial) if given(user) && given(serial) => {
                Err(RecordError::TwoHolders(self.asset()?))
            }
            (Some(user), _) if given(&self.client_user_id) => Ok(HolderRef::User(user)),
            (_, Some(serial)) if given(&self.serial_number) => Ok(HolderRef::Device(serial)),
            _ => Err(RecordError::NoHolder(self.asset()?)),
        }
    }

    /// Whether the person is retired, so that what they hold is out of reach.
    pub fn is_of_retired_user(&self) -> bool {
        matches!(self.user_status.as_deref(), Some("Retired" | "Deleted"))
    }
}

/// The asset a record names.
pub(super) fn asset(adam_id: Option<&str>, pricing: Option<&str>) -> Result<Asset, RecordError> {
    let text = adam_id.unwrap_or_default();
    let adam_id: AdamId = text.parse().map_err(|_| RecordError::AdamId(text.to_owned()))?;
    let pricing_param = match pricing {
        None | Some("STDQ") => PricingParam::Standard,
        Some("PLUS") => PricingParam::Plus,
        Some(other) => return Err(RecordError::Pricing(adam_id, other.to_owned())),
    };
    Ok(Asset { adam_id, pricing_param })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> AssignmentRecord<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_record_names_one_asset_and_one_holder() {
        let device = record(r#"{"adamId":"1","pricingParam":"PLUS","serialNumber":"AB","x":{}}"#);
        assert_eq!(device.asset().unwrap().to_string(), "1 (PLUS)");
        assert_eq!(device.holder().unwrap(), HolderRef::Device("AB"));
        let user =
            record(r#"{"adamId":7,"clientUserId":"u","serialNumber":null,"userStatus":"Retired"}"#);
        assert_eq!(user.asset().unwrap().to_string(), "7");
        assert_eq!(user.holder().unwrap(), HolderRef::User("u"));
        assert!(user.is_of_retired_user());
    }

    #[test]
    fn a_record_that_makes_no_sense_is_an_error() {
        for (json, expected) in [
            (r#"{"serialNumber":"A"}"#, "`` is no adamId"),
            (r#"{"adamId":"x1","serialNumber":"A"}"#, "`x1` is no adamId"),
            (r#"{"adamId":"1","pricingParam":"GOLD"}"#, "`GOLD` of 1 is no pricingParam"),
        ] {
            let error = record(json).asset().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        for (json, expected) in [
            (r#"{"adamId":"1"}"#, "an assignment of 1 names no holder"),
            (
                r#"{"adamId":"1","clientUserId":" ","serialNumber":""}"#,
                "an assignment of 1 names no",
            ),
            (
                r#"{"adamId":"1","clientUserId":"u","serialNumber":"A"}"#,
                "an assignment of 1 names both",
            ),
        ] {
            let error = record(json).holder().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
