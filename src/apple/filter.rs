use reqwest::Url;

use crate::license::{AdamId, Asset, AssetKind, ClientUserId, PricingParam, SerialNumber};

/// Which assets to list (Apple's page: get-assets-4ski1). The default lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetFilter {
    /// Only this number.
    pub adam_id: Option<AdamId>,
    /// Only apps or only books.
    pub product_type: Option<AssetKind>,
    /// Only this price.
    pub pricing_param: Option<PricingParam>,
    /// Only those that can or cannot be taken back.
    pub revocable: Option<bool>,
    /// Only those that devices can or cannot hold.
    pub device_assignable: Option<bool>,
    /// At least so many free.
    pub min_available: Option<u32>,
    /// At most so many free.
    pub max_available: Option<u32>,
    /// At least so many assigned.
    pub min_assigned: Option<u32>,
    /// At most so many assigned.
    pub max_assigned: Option<u32>,
    /// Unlimited ones listed apart (true) or left out (false); together with the others where
    /// absent.
    pub unlimited: Option<bool>,
}

/// Which assignments to list (Apple's page: get-assignments-9wv1e). The default lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssignmentFilter {
    /// Only of this number.
    pub adam_id: Option<AdamId>,
    /// Only of this price.
    pub pricing_param: Option<PricingParam>,
    /// Only of this person.
    pub client_user_id: Option<ClientUserId>,
    /// Only of this device.
    pub serial_number: Option<SerialNumber>,
    /// Without what retired people hold.
    pub exclude_inactive_users: Option<bool>,
    /// With each person's status.
    pub include_user_state: Option<bool>,
    /// Only what changed since this version. Removals do not show.
    pub since_version: Option<String>,
}

/// Which users to list (Apple's page: get-users-4mwln). The default lists all, retired ones too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only those who are not retired.
    pub active_only: Option<bool>,
    /// Only those who are.
    pub retired_only: Option<bool>,
    /// Only records of this person; there may be several.
    pub client_user_id: Option<ClientUserId>,
    /// Only what changed since this version.
    pub since_version: Option<String>,
}

impl AssignmentFilter {
    /// Everything one asset is assigned to.
    pub fn of(asset: Asset) -> Self {
        Self {
            adam_id: Some(asset.adam_id),
            pricing_param: Some(asset.pricing_param),
            ..Self::default()
        }
    }
}

impl AssetFilter {
    /// One asset.
    pub fn of(asset: Asset) -> Self {
        Self {
            adam_id: Some(asset.adam_id),
            pricing_param: Some(asset.pricing_param),
            ..Self::default()
        }
    }
}

/// Collects a query string.
#[derive(Default)]
pub(super) struct Query(Vec<(&'static str, String)>);

impl Query {
    pub(super) fn add(&mut self, name: &'static str, value: Option<impl ToString>) -> &mut Self {
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }

    pub(super) fn one(name: &'static str, value: &str) -> Self {
        Self(vec![(name, value.to_owned())])
    }

    pub(super) fn page(mut self, index: u32) -> Self {
        self.add("pageIndex", Some(index));
        self
    }

    pub(super) fn write_to(&self, url: &mut Url) {
        if self.0.is_empty() {
            return;
        }
        url.query_pairs_mut().extend_pairs(&self.0);
        // Not every server takes a plus for a space; a plus that is meant is escaped by now.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
    }
}

/// A filter that can be sent.
pub(super) trait ToQuery {
    fn query(&self) -> Query;
}

impl ToQuery for AssetFilter {
    fn query(&self) -> Query {
        let Self {
            adam_id,
            product_type,
            pricing_param,
            revocable,
            device_assignable,
            min_available,
            max_available,
            min_assigned,
            max_assigned,
            unlimited,
        } = self;
        let kind = product_type.map(|kind| match kind {
            AssetKind::App => "App",
            AssetKind::Book => "Book",
        });
        let mut query = Query::default();
        query
            .add("adamId", *adam_id)
            .add("productType", kind)
            .add("pricingParam", pricing_param.map(PricingParam::as_str))
            .add("revocable", *revocable)
            .add("deviceAssignable", *device_assignable)
            .add("minAvailableCount", *min_available)
            .add("maxAvailableCount", *max_available)
            .add("minAssignedCount", *min_assigned)
            .add("maxAssignedCount", *max_assigned)
            .add("unlimited", *unlimited);
        query
    }
}

impl ToQuery for AssignmentFilter {
    fn query(&self) -> Query {
        let Self {
            adam_id,
            pricing_param,
            client_user_id,
            serial_number,
            exclude_inactive_users,
            include_user_state,
            since_version,
        } = self;
        let mut query = Query::default();
        query
            .add("adamId", *adam_id)
            .add("pricingParam", pricing_param.map(PricingParam::as_str))
            .add("clientUserId", client_user_id.as_ref())
            .add("serialNumber", serial_number.as_ref())
            .add("excludeInactiveUsers", *exclude_inactive_users)
            .add("includeUserState", *include_user_state)
            .add("sinceVersionId", since_version.as_ref());
        query
    }
}

impl ToQuery for UserFilter {
    fn query(&self) -> Query {
        let Self { active_only, retired_only, client_user_id, since_version } = self;
        let mut query = Query::default();
        query
            .add("activeOnly", *active_only)
            .add("retiredOnly", *retired_only)
            .add("clientUserId", client_user_id.as_ref())
            .add("sinceVersionId", since_version.as_ref());
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value_whatever_is_in_it() {
        let mut url = Url::parse("https://a.example/users").unwrap();
        let filter = UserFilter {
            client_user_id: ClientUserId::new("a b+c&activeOnly=true#é/?"),
            ..UserFilter::default()
        };
        filter.query().page(2).write_to(&mut url);
        assert_eq!(
            url.query(),
            Some("clientUserId=a%20b%2Bc%26activeOnly%3Dtrue%23%C3%A9%2F%3F&pageIndex=2")
        );
    }
}
