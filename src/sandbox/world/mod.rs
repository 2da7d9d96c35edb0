//! What an Apple holds when it starts, as written by hand.

mod devices;
mod lapse;
mod limits;
mod names;
mod subscription;
mod values;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use devices::{
    Behavior, DeviceSeed, EnrolmentSeed, Fate, InstalledSeed, LaterSeed, MdmSeed, Refuses,
    Unlisted, WebhookSeed,
};
pub use lapse::Lapse;
pub use limits::Limits;
pub use names::{Names, Numbered};
pub use subscription::{SeatHolders, SubscriptionSeed, SubscriptionStatus};
pub use values::{StoreId, Total};

/// A sandbox seed (`kind: World`): what an Apple on this machine holds when it starts.
///
/// Parse it with [`crate::yaml::from_str`]; [`super::Sandbox::new`] checks that it is consistent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(description = "A sandbox seed: what an Apple on this machine holds when it starts.")]
pub struct World {
    /// Always `vpp/v1`.
    pub api_version: ApiVersion,
    /// Always `World`.
    pub kind: WorldKind,
    /// Limits that differ from Apple's present ones.
    #[serde(default)]
    pub limits: Limits,
    /// The locations, each with its own content token.
    pub locations: Vec<LocationSeed>,
    /// The device-management server of them all.
    #[serde(default, skip_serializing_if = "MdmSeed::is_plain")]
    pub mdm: MdmSeed,
    /// Devices of that server. Serial numbers that hold licenses need not be here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceSeed>,
}

/// The version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first.
    #[serde(rename = "vpp/v1")]
    V1,
}

/// The kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WorldKind {
    /// A sandbox seed.
    World,
}

/// One pool of licenses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocationSeed {
    /// What the sandbox and its user call it. Unique in the world.
    pub name: String,
    /// Apple's library id (`uId`). Unique in the world. Quote it.
    pub uid: String,
    /// The name Apple shows (`locationName`); not unique at Apple. Default: `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apple_name: Option<String>,
    /// Country of the store (`countryISO2ACode`). Default: US.
    #[serde(default = "values::us")]
    pub country: String,
    /// The store: `volumestore` for education, `enterprisestore` for business.
    #[serde(default)]
    pub default_platform: Platform,
    /// The service that has claimed the location (`mdmInfo`). Absent: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerSeed>,
    /// Organization named in the content token (`orgName`). Default: made from the `uid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// When the content token ends. Default: the end of 2099.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub token_expires: Option<Timestamp>,
    /// The token was downloaded by somebody who may only read: every change is refused.
    #[serde(default)]
    pub read_only_token: bool,
    /// Apps and books the location has licenses for.
    #[serde(default)]
    pub assets: Vec<AssetSeed>,
    /// Subscriptions the location has seats of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionSeed>,
    /// Whether a service has said that it handles subscriptions; nobody can buy any before.
    /// Default: whether there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions_enabled: Option<bool>,
    /// People registered at the location.
    #[serde(default)]
    pub users: Vec<UserSeed>,
    /// Managed Apple Accounts of the organization. Creating a user with one of them associates at
    /// once; with an unknown one it fails (9635), with one in use it fails (9641). The accounts of
    /// `users` are known without being named here.
    #[serde(default)]
    pub accounts: Names,
    /// Devices, as in the world's own `devices`: a place to keep them beside what they hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceSeed>,
}

/// Which store a location buys from (`defaultPlatform`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Education.
    #[default]
    VolumeStore,
    /// Business.
    EnterpriseStore,
}

/// The service that has claimed a location (`mdmInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnerSeed {
    /// Unique per installation.
    pub id: String,
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default = "values::unnamed_metadata")]
    pub metadata: String,
}

/// An app or a book with its licenses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssetSeed {
    /// Apple's number in the store.
    pub adam_id: StoreId,
    /// The price it was bought at. An asset is the pair of both.
    #[serde(default)]
    pub pricing: Pricing,
    /// App or Book.
    #[serde(default, rename = "type")]
    pub kind: ProductType,
    /// The name in the store, answered by the metadata lookup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The bundle id in the store, answered by the metadata lookup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_id: Option<String>,
    /// Licenses owned, or `unlimited`.
    pub total: Total,
    /// Whether devices can hold it. Default: apps yes, books no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_assignable: Option<bool>,
    /// Whether a license can be taken back. Default: apps yes, books no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocable: Option<bool>,
    /// Platforms it runs on (`supportedPlatforms`). Default: iOS.
    #[serde(default = "values::ios")]
    pub platforms: Vec<SupportedPlatform>,
    /// Who holds it at the start.
    #[serde(default)]
    pub assigned: Assigned,
}

/// The price an asset was bought at (`pricingParam`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Pricing {
    /// The usual price.
    #[default]
    #[serde(rename = "STDQ")]
    Stdq,
    /// High quality.
    #[serde(rename = "PLUS")]
    Plus,
}

/// App or book (`productType`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ProductType {
    /// An app.
    #[default]
    App,
    /// A book: users only, and irrevocable, unless the seed says otherwise.
    Book,
}

/// A platform an asset runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SupportedPlatform {
    /// iPhone and iPad.
    #[serde(rename = "iOS")]
    IOs,
    /// Mac.
    #[serde(rename = "macOS")]
    MacOs,
    /// Apple TV.
    #[serde(rename = "tvOS")]
    TvOs,
    /// Apple Watch.
    #[serde(rename = "watchOS")]
    WatchOs,
    /// Apple Vision.
    #[serde(rename = "visionOS")]
    VisionOs,
}

/// Who holds an asset at the start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assigned {
    /// Serial numbers.
    #[serde(default)]
    pub devices: Names,
    /// Ids of `users`.
    #[serde(default)]
    pub users: Names,
}

/// One person, or many numbered ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserSeed {
    /// The key the person is registered under, or a numbered series of keys.
    pub client_user_id: Names,
    /// E-mail address; `{}` stands for the `clientUserId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Managed Apple Account; `{}` stands for the `clientUserId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_apple_id: Option<String>,
    /// Where the person stands. Default: Associated with an account, else Registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<UserStatus>,
}

/// Where a person stands (`status`, `userStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UserStatus {
    /// Invited, not yet accepted.
    Registered,
    /// Bound to an Apple Account.
    Associated,
    /// Left; may still hold what cannot be taken back.
    Retired,
    /// Retired, and the Apple Account has moved to a newer record.
    Deleted,
}

impl UserStatus {
    /// Whether licenses can be given to the person.
    pub(crate) fn is_active(self) -> bool {
        match self {
            Self::Registered | Self::Associated => true,
            Self::Retired | Self::Deleted => false,
        }
    }
}

/// The JSON Schema of a world, in the draft editors understand (draft-07).
pub fn schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<World>()
        .to_value()
}
