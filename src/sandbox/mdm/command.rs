use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a device is told to do (`RequestType`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "requestType", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum Order {
    /// To remove a managed app and its data.
    RemoveApplication {
        identifier: String,
        /// The app's number, for worlds that do not say bundle ids.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        adam_id: Option<String>,
    },
    /// To list apps.
    InstalledApplicationList {
        /// Only these; none: all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        identifiers: Vec<String>,
        #[serde(default)]
        managed_apps_only: bool,
    },
    /// To list what commands brought, and how each fares.
    ManagedApplicationList {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        identifiers: Vec<String>,
    },
    /// To install an app with a license of the device or its person.
    InstallApplication {
        #[serde(rename = "iTunesStoreID")]
        adam_id: String,
        /// Its bundle id, for worlds that do not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identifier: Option<String>,
    },
}

impl Order {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::RemoveApplication { .. } => "RemoveApplication",
            Self::InstalledApplicationList { .. } => "InstalledApplicationList",
            Self::ManagedApplicationList { .. } => "ManagedApplicationList",
            Self::InstallApplication { .. } => "InstallApplication",
        }
    }
}

/// A command as the server keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Command {
    /// The device's number; `None` where nobody has that enrolment id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<u32>,
    pub(crate) order: Order,
    pub(crate) queued_at: Timestamp,
    /// The device enrolled anew before it took it.
    #[serde(default, skip_serializing_if = "is_not")]
    pub(crate) cleared: bool,
    /// The last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Answer>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_not(flag: &bool) -> bool {
    !*flag
}

/// What a device answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Answer {
    /// When it did.
    pub(crate) at: Timestamp,
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) error_chain: Vec<Link>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) installed_application_list: Option<Vec<ListedApp>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) managed_application_list: Option<Vec<ManagedApp>>,
}

impl Answer {
    pub(crate) fn new(at: Timestamp, status: Status) -> Self {
        Self {
            at,
            status,
            error_chain: Vec::new(),
            installed_application_list: None,
            managed_application_list: None,
        }
    }

    pub(crate) fn refusal(at: Timestamp, link: Link) -> Self {
        Self { error_chain: vec![link], ..Self::new(at, Status::Error) }
    }
}

/// The status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Acknowledged,
    Error,
    CommandFormatError,
    NotNow,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "Acknowledged",
            Self::Error => "Error",
            Self::CommandFormatError => "CommandFormatError",
            Self::NotNow => "NotNow",
        }
    }
}

/// A link of an `ErrorChain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Link {
    pub(crate) error_domain: String,
    pub(crate) error_code: u32,
    pub(crate) localized_description: String,
}

impl Link {
    pub(crate) fn new(code: u32, text: impl Into<String>) -> Self {
        Self {
            error_domain: "MDMErrorDomain".to_owned(),
            error_code: code,
            localized_description: text.into(),
        }
    }
}

/// An entry of an `InstalledApplicationList`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ListedApp {
    /// Its bundle id; a Mac may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<String>,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "is_not")]
    pub(crate) installing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
}

/// An entry of a `ManagedApplicationList`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManagedApp {
    pub(crate) identifier: String,
    pub(crate) status: String,
}
