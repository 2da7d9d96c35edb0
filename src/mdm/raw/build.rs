//! Orders to the property lists devices understand.

use plist::{Dictionary, Value};
use uuid::Uuid;

use crate::mdm::{Device, Order, Platform};

/// What a device gets, as XML. Apple's pages: install-application-command, remove-application-command,
/// installed-application-list-command, managed-application-list-command.
///
/// # Errors
/// None in practice: everything in it can be written.
pub(in crate::mdm) fn command(id: Uuid, device: &Device, order: &Order) -> Result<Vec<u8>, String> {
    let mut inner = Dictionary::new();
    let mut put = |key: &str, value: Value| inner.insert(key.to_owned(), value);
    match order {
        Order::Remove { bundle_id, adam_id: _ } => {
            put("RequestType", "RemoveApplication".into());
            put("Identifier", bundle_id.as_str().into());
        }
        Order::ListInstalled { bundle_ids, not_before: _ } => {
            put("RequestType", "InstalledApplicationList".into());
            put("Identifiers", texts(bundle_ids));
            // `true` would hide apps that a declaration manages.
            put("ManagedAppsOnly", false.into());
        }
        Order::ListManaged { bundle_ids, not_before: _ } => {
            put("RequestType", "ManagedApplicationList".into());
            put("Identifiers", texts(bundle_ids));
        }
        Order::Install { bundle_id: _, adam_id } => {
            put("RequestType", "InstallApplication".into());
            put("iTunesStoreID", adam_id.get().into());
            // 1: with a license of the location, not by a person's own purchase.
            let method = Value::from(1_u64);
            let options = Dictionary::from_iter([("PurchaseMethod".to_owned(), method)]);
            put("Options", Value::Dictionary(options));
            // 1: the app goes when the device leaves the server.
            put("ManagementFlags", 1_u64.into());
            if device.platform == Platform::Macos {
                // Only then can it be removed again.
                put("InstallAsManaged", true.into());
            }
        }
    }
    let outer = Dictionary::from_iter([
        ("CommandUUID".to_owned(), Value::from(id.to_string())),
        ("Command".to_owned(), Value::Dictionary(inner)),
    ]);
    let mut xml = Vec::new();
    Value::Dictionary(outer).to_writer_xml(&mut xml).map_err(|error| error.to_string())?;
    Ok(xml)
}

fn texts(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(|text| text.as_str().into()).collect())
}
