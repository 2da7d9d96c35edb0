use serde::Deserialize;

use super::Text;
use super::assignments::{RecordError, asset};
use crate::actual::{OwnedAsset, Stock};
use crate::license::{Asset, AssetKind};

/// One owned asset as it comes (`ResponseAsset`, `UnlimitedResponseAsset`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetRecord<'a> {
    #[serde(borrow)]
    adam_id: Option<Text<'a>>,
    #[serde(borrow)]
    pricing_param: Option<Text<'a>>,
    #[serde(borrow)]
    product_type: Option<Text<'a>>,
    assigned_count: Option<i64>,
    available_count: Option<i64>,
    retired_count: Option<i64>,
    total_count: Option<i64>,
    device_assignable: Option<bool>,
    revocable: Option<bool>,
    supported_platforms: Option<Vec<String>>,
}

/// `totalCount` of an asset of which there are as many as wanted (Apple's page: managing-assets).
const UNLIMITED: i64 = 2_147_483_647;

impl AssetRecord<'_> {
    /// What is owned.
    pub fn asset(&self) -> Result<Asset, RecordError> {
        asset(self.adam_id.as_deref(), self.pricing_param.as_deref())
    }

    /// What Apple says of it; `unlimited` where it was listed apart as such.
    pub fn owned(&self, unlimited: bool) -> OwnedAsset {
        let count = |count: Option<i64>| u64::try_from(count.unwrap_or_default()).unwrap_or(0);
        let stock = if unlimited || self.total_count == Some(UNLIMITED) {
            Stock::Unlimited
        } else {
            Stock::Limited {
                total: count(self.total_count),
                available: count(self.available_count),
                retired: count(self.retired_count),
            }
        };
        OwnedAsset {
            kind: self.kind(),
            stock,
            assigned: count(self.assigned_count),
            device_assignable: self.device_assignable,
            revocable: self.revocable,
            platforms: self.supported_platforms.clone().unwrap_or_default(),
        }
    }

    /// A kind this version does not know is taken for the one that allows less, unless Apple says
    /// that devices can hold it.
    fn kind(&self) -> AssetKind {
        match (self.product_type.as_deref(), self.device_assignable) {
            (Some("App"), _) => AssetKind::App,
            (Some("Book"), _) => AssetKind::Book,
            (other, devices) => {
                let known = self.adam_id.as_deref().unwrap_or_default();
                tracing::warn!(adam_id = known, product_type = other, "unknown product type");
                if devices == Some(true) { AssetKind::App } else { AssetKind::Book }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(json: &str) -> OwnedAsset {
        serde_json::from_str::<AssetRecord<'_>>(json).unwrap().owned(false)
    }

    #[test]
    fn the_sentinel_is_no_number() {
        let app = owned(
            r#"{"adamId":"1","productType":"App","totalCount":2147483647,
                "availableCount":2147483640,"assignedCount":7,"supportedPlatforms":["iOS"]}"#,
        );
        assert_eq!((app.stock, app.assigned), (Stock::Unlimited, 7));
        assert_eq!((app.revocable, app.device_assignable), (None, None));
    }

    #[test]
    fn counts_that_are_missing_or_negative_are_none() {
        let book =
            owned(r#"{"adamId":"1","productType":"Book","totalCount":3,"availableCount":-2}"#);
        assert_eq!(book.stock, Stock::Limited { total: 3, available: 0, retired: 0 });
        assert_eq!(book.kind, AssetKind::Book);
    }

    #[test]
    fn a_new_product_type_is_taken_for_the_kind_that_allows_less() {
        assert_eq!(owned(r#"{"adamId":"1","productType":"Bundle"}"#).kind, AssetKind::Book);
        let devices = r#"{"adamId":"1","productType":"Bundle","deviceAssignable":true}"#;
        assert_eq!(owned(devices).kind, AssetKind::App);
    }
}
