use std::time::Duration;

use super::{Intune, TokenSource};
use crate::diagnostic::At;

/// How to reach a device-management server.
#[derive(Debug, Clone, PartialEq)]
pub struct Mdm {
    /// Its name among the manifests.
    pub name: At<String>,
    /// Which server, and what it takes to reach it.
    pub driver: At<MdmDriver>,
}

/// Which device-management server, with its settings.
#[derive(Debug, Clone, PartialEq)]
pub enum MdmDriver {
    /// Fleet.
    Fleet(MdmServer),
    /// NanoMDM.
    Nanomdm(PushingMdm),
    /// NanoHUB.
    Nanohub(PushingMdm),
    /// MicroMDM.
    Micromdm(PushingMdm),
    /// A program that speaks the JSON contract.
    Exec(MdmProgram),
    /// The sandbox's simulated devices.
    Sandbox,
    /// Microsoft Intune.
    Intune(Box<Intune>),
}

/// A server that is spoken to over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub struct MdmServer {
    /// Its address: https, or http to this machine.
    pub url: At<String>,
    /// Where the token or key comes from. It is read late and never printed.
    pub secret: At<TokenSource>,
    /// How long one request may take.
    pub timeout: Duration,
}

/// A server that tells its results by webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct PushingMdm {
    /// How to reach it.
    pub server: MdmServer,
    /// What its webhooks are authenticated with; without it none are received.
    pub webhook: Option<At<TokenSource>>,
    /// An inventory that knows its devices, where the server has no list of them.
    pub devices: Option<DeviceColumn>,
}

/// A program that speaks the JSON contract.
#[derive(Debug, Clone, PartialEq)]
pub struct MdmProgram {
    /// The program and its arguments; never a shell line.
    pub command: Vec<String>,
    /// Names of the environment variables it gets, beside PATH and HOME.
    pub env: Vec<String>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// What its events are signed with; without it none are received.
    pub webhook: Option<At<TokenSource>>,
}

/// A column of an inventory that says how a server addresses each device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceColumn {
    /// Name of the inventory, whose rows are devices.
    pub inventory: At<String>,
    /// The column with the enrolment ids.
    pub reference: At<String>,
}

impl MdmDriver {
    /// The key it stands behind in a manifest.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Fleet(_) => "fleet",
            Self::Nanomdm(_) => "nanomdm",
            Self::Nanohub(_) => "nanohub",
            Self::Micromdm(_) => "micromdm",
            Self::Exec(_) => "exec",
            Self::Sandbox => "sandbox",
            Self::Intune(_) => "intune",
        }
    }

    /// What its webhooks are authenticated with.
    pub fn webhook(&self) -> Option<&At<TokenSource>> {
        match self {
            Self::Nanomdm(mdm) | Self::Nanohub(mdm) | Self::Micromdm(mdm) => mdm.webhook.as_ref(),
            Self::Exec(program) => program.webhook.as_ref(),
            Self::Fleet(_) | Self::Sandbox | Self::Intune(_) => None,
        }
    }

    /// Whether it can be told to install an app.
    pub fn installs(&self) -> bool {
        match self {
            Self::Fleet(_)
            | Self::Nanomdm(_)
            | Self::Nanohub(_)
            | Self::Micromdm(_)
            | Self::Sandbox => true,
            // The contract with programs has no word for it; Intune installs by its own groups.
            Self::Exec(_) | Self::Intune(_) => false,
        }
    }

    /// The inventory that knows its devices.
    pub fn device_column(&self) -> Option<&DeviceColumn> {
        match self {
            Self::Nanomdm(mdm) | Self::Nanohub(mdm) | Self::Micromdm(mdm) => mdm.devices.as_ref(),
            Self::Fleet(_) | Self::Exec(_) | Self::Sandbox | Self::Intune(_) => None,
        }
    }
}
