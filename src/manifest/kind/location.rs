use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::ReclaimMode;
use crate::diagnostic::At;

/// One pool of licenses at Apple, opened by one content token.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// Its name among the manifests.
    pub name: At<String>,
    /// Apple's library id the token must open; `None` where the manifest does not pin it.
    pub uid: Option<At<String>>,
    /// Where the content token comes from; `None` only where the MDM owns it.
    pub token: Option<At<TokenSource>>,
    /// How this installation names itself to Apple (`mdmInfo`).
    pub owner: Option<At<Owner>>,
    /// Who holds the token and assigns licenses.
    pub licenses: LicenseOwner,
    /// Name of the Mdm that removes apps here, or owns the token.
    pub mdm: Option<At<String>>,
    /// The MDM's own id of the token, where it has several.
    pub mdm_token: Option<At<String>>,
    /// Default for the location's apps, where an app says nothing.
    pub reclaim: Option<At<ReclaimMode>>,
    /// What becomes of the license of a device that has left the Mdm.
    pub when_gone: WhenGone,
    /// Whether the Mdm is told to install an app on a device that was given its license; where the
    /// key stands.
    pub install: Option<At<bool>>,
    /// Another server than Apple's.
    pub endpoint: Option<At<String>>,
    /// Where Apple may send notifications, and what it proves itself with.
    pub notifications: Option<At<NotificationDoor>>,
    /// Whether users nobody names any more are retired.
    pub retire_users: RetireUsers,
    /// Free text.
    pub description: Option<String>,
    /// For filtering.
    pub labels: BTreeMap<String, String>,
}

impl Location {
    /// Whether apps are installed on devices that are given a license.
    pub fn installs(&self) -> bool {
        self.install.as_ref().is_some_and(|install| install.value)
    }
}

/// Where a content token comes from. It is read late and never printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// The environment variable of this name.
    Env(String),
    /// A file, relative to the folder of the manifests.
    File(Utf8PathBuf),
    /// Standard output of a program, given as an argument list.
    Command(Vec<String>),
}

/// Where Apple sends a location's notifications: to `vpp receive`, through whatever stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationDoor {
    /// The address as Apple reaches it.
    pub url: String,
    /// Where the bearer token comes from that Apple sends along.
    pub token: TokenSource,
}

/// The owner a location is claimed for: Apple's `mdmInfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Unique per installation; the only part that is compared.
    pub id: String,
    /// For people.
    pub name: String,
    /// For people; the tool writes its own name where the manifest has none.
    pub metadata: Option<String>,
}

/// Who assigns licenses in a location.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LicenseOwner {
    /// This tool, at Apple.
    #[default]
    Apple,
    /// The MDM, which holds the token.
    Mdm,
}

/// Whether users nobody names any more are retired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RetireUsers {
    /// Never.
    #[default]
    Never,
    /// Users that no entry names and that hold nothing a manifest manages.
    Unreferenced,
}

/// What becomes of the license of a device that has left the Mdm before its app was proven gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenGone {
    /// It stays, and is reported.
    #[default]
    Keep,
    /// It is released: the device may still have the app.
    Release,
}
