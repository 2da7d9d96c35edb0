use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::value::{AdamId, BundleId, Name, Reference};
use crate::manifest::kind::{Intent, LicenseKind, ReclaimMode, WhenShort};

/// An app and who should have it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct App {
    /// Its name among the apps.
    #[schemars(example = &"notability")]
    pub name: Name,
    /// Apple's number of the app: the digits after `id` in its address in the App Store.
    #[schemars(example = &"360593530")]
    pub adam_id: AdamId,
    /// Which price the licenses were bought at; `STDQ`, the usual one, where it is not said. The
    /// same app at both prices is two assets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    /// The app's bundle identifier, by which device-management servers know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"com.gingerlabs.Notability")]
    pub bundle_id: Option<BundleId>,
    /// The Location whose licenses are used, or several in order of preference.
    #[schemars(example = &"northfield")]
    pub location: Locations,
    /// Who should have it. `[]` means nobody; leaving the key out is an error.
    #[schemars(example = serde_json::json!([{ "to": "year-7", "intent": "required" }]))]
    pub assign: Vec<AppEntry>,
    /// Names of groups that no entry names, whatever the entries say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = ["loaners"])]
    pub except: Vec<Reference>,
    /// How licenses come back from holders that no entry names; the location's default where it is
    /// not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<ReclaimMode>,
    /// What happens when there are fewer licenses than wanted: the plan is blocked, or as many as
    /// there are go out, entries in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_short: Option<WhenShort>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For filtering.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// One group of an app's `assign` list and what is meant for it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct AppEntry {
    /// Name of the group.
    #[schemars(example = &"year-7")]
    pub to: Reference,
    /// `required` (they hold a license and the app belongs on the device; the default),
    /// `available` (they hold a license and may install) or `uninstall` (the app goes away and the
    /// license comes back).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Whom the licenses go to; by the kind of each member where it is not said. `device` with a
    /// group of people means those people's devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseKind>,
}

/// A book and who should have it. Books go to people, and Apple does not take them back.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Book {
    /// Its name among the books.
    #[schemars(example = &"atlas")]
    pub name: Name,
    /// Apple's number of the book: the digits after `id` in its address in the store.
    #[schemars(example = &"1440000001")]
    pub adam_id: AdamId,
    /// Which price the licenses were bought at; `STDQ`, the usual one, where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    /// Says that you know: a book once assigned does not come back.
    #[schemars(extend("const" = true))]
    pub irrevocable: bool,
    /// The Location whose licenses are used, or several in order of preference.
    #[schemars(example = &"northfield")]
    pub location: Locations,
    /// Who should have it. `[]` means nobody new; leaving the key out is an error.
    #[schemars(example = serde_json::json!([{ "to": "art-teachers" }]))]
    pub assign: Vec<BookEntry>,
    /// Names of groups that no entry names, whatever the entries say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Reference>,
    /// What becomes of readers that no entry names; the location's default where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reclaim: Option<BookReclaim>,
    /// What happens when there are fewer licenses than wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_short: Option<WhenShort>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For filtering.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// One group of a book's `assign` list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct BookEntry {
    /// Name of the group.
    #[schemars(example = &"art-teachers")]
    pub to: Reference,
    /// `required` (the default) or `available`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<BookIntent>,
}

/// What an entry means for the members of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum BookIntent {
    /// They hold a license.
    Required,
    /// They hold a license and may download.
    Available,
}

/// What becomes of readers no entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum BookReclaim {
    /// Disassociate, where Apple allows it.
    Release,
    /// Report, never touch.
    Keep,
}

/// One location, or several in order of preference.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Locations {
    /// One.
    One(Reference),
    /// Several: a holder who has the asset in one of them keeps it there, new ones take the first
    /// that has a license.
    Several(#[schemars(length(min = 1))] Vec<Reference>),
}

/// Which price the licenses were bought at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub enum Pricing {
    /// Standard quality, the usual price.
    #[serde(rename = "STDQ")]
    Standard,
    /// High quality.
    #[serde(rename = "PLUS")]
    Plus,
}
