use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::{Platform, Row};
use crate::graph::Version;
use crate::manifest::kind::{Intent, LicenseKind};

/// Whom an assignment is for.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A group, by Entra's object id.
    Group(String),
    /// Not this group, in one intent.
    Exclude(String, Word),
    /// Every device.
    AllDevices,
    /// Everybody with a license of Intune.
    AllUsers,
    /// Something this version does not know.
    Other(String),
}

impl Target {
    /// The group it names.
    pub fn group(&self) -> Option<&str> {
        match self {
            Self::Group(id) | Self::Exclude(id, _) => Some(id),
            Self::AllDevices | Self::AllUsers | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(id) => write!(f, "group {id}"),
            Self::Exclude(id, word) => write!(f, "not group {id} ({word})"),
            Self::AllDevices => f.write_str("all devices"),
            Self::AllUsers => f.write_str("all users"),
            Self::Other(kind) => write!(f, "a {kind}"),
        }
    }
}

/// What an assignment means for its target, in Graph's words.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Word {
    /// Installed without asking.
    Required,
    /// Offered.
    Available,
    /// Taken away, and the license back.
    Uninstall,
    /// Offered, also to devices that are not enrolled.
    AvailableWithoutEnrollment,
    /// A word this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl Word {
    fn of(text: &str) -> Self {
        match text {
            "required" => Self::Required,
            "available" => Self::Available,
            "uninstall" => Self::Uninstall,
            "availableWithoutEnrollment" => Self::AvailableWithoutEnrollment,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Graph's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Required => "required",
            Self::Available => "available",
            Self::Uninstall => "uninstall",
            Self::AvailableWithoutEnrollment => "availableWithoutEnrollment",
            Self::Other(text) => text,
        }
    }
}

impl From<Intent> for Word {
    fn from(intent: Intent) -> Self {
        match intent {
            Intent::Required => Self::Required,
            Intent::Available => Self::Available,
            Intent::Uninstall => Self::Uninstall,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One assignment of an app, with everything Graph said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Whom it is for.
    pub target: Target,
    /// What it means for them.
    pub word: Word,
    /// Whether licenses go to devices; `None` where its settings do not say.
    pub to_devices: Option<bool>,
    /// Its target, as it came.
    raw_target: Value,
    /// Its settings, as they came; null where there are none.
    raw_settings: Value,
}

/// What v1.0 knows of an assignment's settings.
const V1_SETTINGS: [&str; 3] = ["@odata.type", "useDeviceLicensing", "vpnConfigurationId"];
/// What v1.0 knows of a target.
const V1_TARGET: [&str; 2] = ["@odata.type", "groupId"];

impl Assignment {
    /// A new one, with nothing but what manifests say.
    pub fn new(target: Target, word: Word, to_devices: bool, platform: Platform) -> Self {
        let raw_target = match &target {
            Target::Group(id) => {
                json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id })
            }
            Target::Exclude(id, _) => {
                let kind = "#microsoft.graph.exclusionGroupAssignmentTarget";
                json!({ "@odata.type": kind, "groupId": id })
            }
            Target::AllDevices => {
                json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" })
            }
            Target::AllUsers => {
                json!({ "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget" })
            }
            Target::Other(kind) => json!({ "@odata.type": kind }),
        };
        let excludes = matches!(target, Target::Exclude(..));
        let raw_settings = if excludes {
            Value::Null
        } else {
            json!({
                "@odata.type": platform.settings_type(),
                "useDeviceLicensing": to_devices,
                "vpnConfigurationId": null,
            })
        };
        let to_devices = (!excludes).then_some(to_devices);
        Self { target, word, to_devices, raw_target, raw_settings }
    }

    /// The same with another meaning; everything else stays as it came.
    pub fn with(&self, word: Word, to_devices: Option<bool>) -> Self {
        let mut changed = self.clone();
        changed.word = word;
        if let (Some(wanted), Some(settings)) = (to_devices, changed.raw_settings.as_object_mut())
            && settings.contains_key("useDeviceLicensing")
        {
            settings.insert("useDeviceLicensing".to_owned(), Value::Bool(wanted));
            changed.to_devices = Some(wanted);
        }
        changed
    }

    /// What the plan compares.
    pub fn row(&self) -> Row {
        let license = self
            .to_devices
            .map(|to_devices| if to_devices { LicenseKind::Device } else { LicenseKind::User });
        Row { target: self.target.clone(), word: self.word.clone(), license }
    }

    /// What of it manifests cannot say: kept as it is. For people, for example
    /// `filter 5c1f… (include)`, `isRemovable true`.
    pub fn unmodelled(&self) -> Vec<String> {
        let mut told = vec![];
        let target = self.raw_target.as_object();
        let text = |key: &str| {
            target.and_then(|target| target.get(key)).and_then(Value::as_str).unwrap_or_default()
        };
        let filter = text("deviceAndAppManagementAssignmentFilterId");
        if !filter.is_empty() {
            let kind = text("deviceAndAppManagementAssignmentFilterType");
            told.push(format!("filter {filter} ({kind})"));
        }
        let settings = self.raw_settings.as_object();
        if let Some(kind) = settings.and_then(|s| s.get("@odata.type")).and_then(Value::as_str)
            && !kind.ends_with("VppAppAssignmentSettings")
        {
            told.push(kind.trim_start_matches("#microsoft.graph.").to_owned());
        }
        for (key, value) in settings.into_iter().flatten() {
            let known = key == "@odata.type" || key == "useDeviceLicensing";
            if !known && !value.is_null() && *value != Value::Bool(false) {
                told.push(format!("{key} {}", value.as_str().unwrap_or(&value.to_string())));
            }
        }
        told
    }

    /// Whether it has something that v1.0 would lose.
    pub fn needs_beta(&self) -> bool {
        let more = |raw: &Value, known: &[&str]| {
            let fields = raw.as_object().into_iter().flatten();
            let mut more = fields.filter(|(key, value)| {
                !known.contains(&key.as_str()) && !value.is_null() && value.as_str() != Some("none")
            });
            more.next().is_some()
        };
        let kind = self.raw_settings.get("@odata.type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind != Platform::Ios.settings_type())
            || more(&self.raw_settings, &V1_SETTINGS)
            || more(&self.raw_target, &V1_TARGET)
    }

    /// As `assign` takes it.
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("@odata.type".to_owned(), json!("#microsoft.graph.mobileAppAssignment"));
        fields.insert("intent".to_owned(), json!(self.word.as_str()));
        fields.insert("target".to_owned(), self.raw_target.clone());
        fields.insert("settings".to_owned(), self.raw_settings.clone());
        Value::Object(fields)
    }
}

/// The version an app's assignments are read and written in.
pub(crate) fn version(assignments: &[Assignment], platform: Platform) -> Version {
    match platform {
        Platform::Ios if !assignments.iter().any(Assignment::needs_beta) => Version::V1,
        Platform::Ios | Platform::Mac => Version::Beta,
    }
}

#[derive(Deserialize)]
struct Wire {
    intent: String,
    target: Value,
    #[serde(default)]
    settings: Value,
}

impl<'de> Deserialize<'de> for Assignment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { intent, target: raw_target, settings: raw_settings } =
            Wire::deserialize(deserializer)?;
        let word = Word::of(&intent);
        let text = |key: &str| raw_target.get(key).and_then(Value::as_str).unwrap_or_default();
        let group = || match text("groupId") {
            "" => Err(serde::de::Error::custom("an assignment to a group names none")),
            id => Ok(id.to_ascii_lowercase()),
        };
        let kind = text("@odata.type").trim_start_matches('#').to_owned();
        let target = match kind.trim_start_matches("microsoft.graph.") {
            "groupAssignmentTarget" => Target::Group(group()?),
            "exclusionGroupAssignmentTarget" => Target::Exclude(group()?, word.clone()),
            "allDevicesAssignmentTarget" => Target::AllDevices,
            "allLicensedUsersAssignmentTarget" => Target::AllUsers,
            "" => return Err(serde::de::Error::custom("an assignment has no target")),
            other => Target::Other(other.to_owned()),
        };
        let to_devices = raw_settings.get("useDeviceLicensing").and_then(Value::as_bool);
        Ok(Self { target, word, to_devices, raw_target, raw_settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beta() -> Assignment {
        serde_json::from_value(json!({
            "id": "x_0_0", "source": "direct", "sourceId": "x", "intent": "required",
            "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "ABC",
                "deviceAndAppManagementAssignmentFilterId": "f-1",
                "deviceAndAppManagementAssignmentFilterType": "include" },
            "settings": { "@odata.type": "#microsoft.graph.iosVppAppAssignmentSettings",
                "useDeviceLicensing": true, "vpnConfigurationId": null,
                "uninstallOnDeviceRemoval": false, "isRemovable": true },
        }))
        .unwrap()
    }

    #[test]
    fn what_is_not_modelled_goes_back_as_it_came() {
        let changed = beta().with(Word::Uninstall, Some(false)).to_json();
        assert_eq!(changed["intent"], "uninstall");
        assert_eq!(changed["settings"]["useDeviceLicensing"], false);
        assert_eq!(changed["settings"]["isRemovable"], true);
        assert_eq!(changed["target"]["deviceAndAppManagementAssignmentFilterId"], "f-1");
        let keys: Vec<&String> = changed.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["@odata.type", "intent", "target", "settings"]);
        assert_eq!(beta().unmodelled(), ["filter f-1 (include)", "isRemovable true"]);
    }

    #[test]
    fn settings_of_beta_ask_for_beta_and_others_do_not() {
        assert!(beta().needs_beta());
        let new = |target| Assignment::new(target, Word::Required, true, Platform::Ios);
        assert!(!new(Target::Group("a".to_owned())).needs_beta());
        assert!(!new(Target::Exclude("a".to_owned(), Word::Required)).needs_beta());
        assert_eq!(version(&[new(Target::AllDevices)], Platform::Ios), Version::V1);
        assert_eq!(version(&[new(Target::AllDevices), beta()], Platform::Ios), Version::Beta);
        assert_eq!(version(&[], Platform::Mac), Version::Beta);
    }

    #[test]
    fn a_target_of_another_kind_is_kept_and_named() {
        let text =
            json!({ "intent": "required", "target": { "@odata.type": "#microsoft.graph.x" } });
        let other: Assignment = serde_json::from_value(text).unwrap();
        assert_eq!(other.target, Target::Other("x".to_owned()));
        assert_eq!(other.to_json()["target"]["@odata.type"], "#microsoft.graph.x");
        let none = json!({ "intent": "required", "target": {} });
        assert!(serde_json::from_value::<Assignment>(none).is_err());
    }
}
