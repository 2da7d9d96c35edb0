use crate::diagnostic::At;

/// How to reach a device-management server.
#[derive(Debug, Clone, PartialEq)]
pub struct Mdm {
    /// Its name among the manifests.
    pub name: At<String>,
    /// Which server.
    pub driver: At<MdmDriver>,
    /// What stands behind the driver's key: an object only that driver understands.
    pub settings: serde_json::Value,
}

/// Which device-management server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MdmDriver {
    /// Fleet.
    Fleet,
    /// NanoMDM.
    Nanomdm,
    /// NanoHUB.
    Nanohub,
    /// MicroMDM.
    Micromdm,
    /// A program that speaks the JSON contract.
    Exec,
    /// The sandbox's simulated devices.
    Sandbox,
    /// Microsoft Intune.
    Intune,
}
