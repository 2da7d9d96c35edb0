//! What the sandbox's own device-management server and its devices are like at the start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lapse, Names, SupportedPlatform};

/// The sandbox's device-management server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MdmSeed {
    /// What is true of serial numbers that hold licenses and are not among `devices`.
    pub unlisted: Unlisted,
    /// How often a device connects by itself. Default: 4h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_every: Option<Lapse>,
    /// An installation fails with "License not found" (9610) until the license has been assigned
    /// for so long: Apple's documented race.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_race: Option<Lapse>,
    /// The key it wants where it is spoken to as NanoMDM, NanoHUB or MicroMDM. Default: sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// Where devices' answers are sent to, as those servers do. What its receiver does not take is
    /// lost. Default: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookSeed>,
}

/// Where events are sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookSeed {
    /// Address of the receiver.
    pub url: String,
    /// What events are signed with (`X-Hmac-Signature`). Default: they are not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl MdmSeed {
    pub(crate) fn api_key(&self) -> &str {
        self.api_key.as_deref().unwrap_or("sandbox")
    }

    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What is true of serial numbers nobody listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Unlisted {
    /// They are enrolled, do what they are told at once, and have the apps installed they hold.
    #[default]
    Plain,
    /// The server does not know them.
    Unknown,
}

/// One device, or many numbered ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceSeed {
    /// Serial numbers, or a numbered series of them.
    pub serial: Names,
    /// What it is. Default: iOS.
    #[serde(default = "ios")]
    pub platform: SupportedPlatform,
    /// How it is enrolled.
    #[serde(default)]
    pub enrolment: EnrolmentSeed,
    /// Whose it is, as the server names people; `{}` stands for the serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Apps on it. Default: those it holds licenses of, managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apps: Option<InstalledSeed>,
    /// How it behaves where that is not as told and at once.
    #[serde(default, skip_serializing_if = "Behavior::is_plain")]
    pub behaves: Behavior,
    /// What happens to it later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<LaterSeed>,
}

fn ios() -> SupportedPlatform {
    SupportedPlatform::IOs
}

/// How a device is enrolled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EnrolmentSeed {
    /// The organization's device.
    #[default]
    Device,
    /// A person's own: it lists managed apps only.
    User,
    /// It has left the server.
    None,
}

/// Apps on a device, by bundle id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InstalledSeed {
    /// Installed by a command: they can be removed by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed: Vec<String>,
    /// Installed by the person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmanaged: Vec<String>,
    /// Installed by a declaration: commands cannot remove them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub declarative: Vec<String>,
}

/// How a device behaves where that is not as told and at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Behavior {
    /// How often it connects by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_every: Option<Lapse>,
    /// No push reaches it: it takes its commands when it next connects by itself.
    #[serde(skip_serializing_if = "is_not")]
    pub unpushed: bool,
    /// The server cannot push to it: it answers 500, and the command is queued all the same.
    #[serde(skip_serializing_if = "is_not")]
    pub push_fails: bool,
    /// It is switched off for so long, from the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offline: Option<Lapse>,
    /// It says NotNow so often to removals and installations. Lists it answers meanwhile.
    #[serde(skip_serializing_if = "is_nothing")]
    pub not_now: u32,
    /// It says NotNow so often to lists.
    #[serde(skip_serializing_if = "is_nothing")]
    pub not_now_lists: u32,
    /// It refuses every removal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuses: Option<Refuses>,
    /// It refuses every list.
    #[serde(skip_serializing_if = "is_not")]
    pub refuses_lists: bool,
    /// It acknowledges removals and does nothing.
    #[serde(skip_serializing_if = "is_not")]
    pub lies: bool,
    /// An app is gone only so long after its removal was acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<Lapse>,
    /// An app is installed only so long after its installation was acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_install: Option<Lapse>,
    /// Its lists name apps without identifiers, as a Mac's may.
    #[serde(skip_serializing_if = "is_not")]
    pub omits_identifiers: bool,
    /// An installation fails with "License not found" (9610) until the license has been assigned
    /// for so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_race: Option<Lapse>,
}

impl Behavior {
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What a device says when it refuses a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Refuses {
    /// The app is not managed.
    NotManaged,
    /// A declaration manages the app.
    Declarative,
    /// The command makes no sense to it (`CommandFormatError`).
    Format,
    /// Something else.
    Other,
}

/// Something that happens to a device after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaterSeed {
    /// How long after the start.
    pub after: Lapse,
    /// What happens.
    pub event: Fate,
}

/// What can happen to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It enrols (again): everything queued for it is gone without a word.
    ReEnrol,
    /// It leaves the server, its apps stay on it.
    CheckOut,
    /// It is erased: no apps, no enrolment.
    Wipe,
    /// It connects.
    Connect,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_not(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_nothing(count: &u32) -> bool {
    *count == 0
}
