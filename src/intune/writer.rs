use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Assignment, Reader};
use crate::graph::{GraphError, Version};

/// Changes Intune. Only `apply` and `sync` make one.
#[derive(Debug, Clone)]
pub struct Writer {
    reader: Reader,
}

impl Writer {
    /// Over the connection of a reader.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// What can read over the same connection.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Replaces an app's assignments, all of them. Says what Intune's clock showed, where it says.
    ///
    /// # Errors
    /// [`GraphError::Unknown`] where it may have been done: read before anything else.
    pub async fn assign(
        &self,
        version: Version,
        app: &str,
        assignments: &[Assignment],
    ) -> Result<Option<Timestamp>, GraphError> {
        let all: Vec<Value> = assignments.iter().map(Assignment::to_json).collect();
        let path = format!("deviceAppManagement/mobileApps/{app}/assign");
        let body = json!({ "mobileAppAssignments": all });
        Ok(self.reader.graph.change(version, &path, &body).await?.date)
    }

    /// Asks Intune to sync a token's licenses with Apple. Asking twice does nothing more.
    pub async fn sync_licenses(&self, token: &str) -> Result<(), GraphError> {
        let path = format!("deviceAppManagement/vppTokens/{token}/syncLicenses");
        self.reader.graph.ask(Version::V1, &path, &json!({})).await?;
        Ok(())
    }

    /// Asks a device to check in. Asking twice does nothing more.
    pub async fn sync_device(&self, device: &str) -> Result<(), GraphError> {
        let path = format!("deviceManagement/managedDevices/{device}/syncDevice");
        self.reader.graph.ask(Version::V1, &path, &json!({})).await?;
        Ok(())
    }

    /// Whether this tenant can take a single device's license back. Asked with an id that is no
    /// device's: where the action is unknown Graph says so before it looks for the device.
    pub async fn can_revoke(&self, app: &str) -> Result<bool, GraphError> {
        match self.revoke(app, "00000000-0000-0000-0000-000000000000").await {
            Ok(()) => Ok(true),
            Err(GraphError::Refused { status: 400 | 404, message, .. }) => {
                Ok(!message.contains("segment"))
            }
            Err(GraphError::Refused { status: 501, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes a single device's license back (beta). Taking it back twice does nothing more.
    pub async fn revoke(&self, app: &str, device: &str) -> Result<(), GraphError> {
        let path = format!("deviceAppManagement/mobileApps/{app}/revokeDeviceLicense");
        let body = json!({ "managedDeviceId": device, "notifyManagedDevices": true });
        self.reader.graph.ask(Version::Beta, &path, &body).await?;
        Ok(())
    }
}
