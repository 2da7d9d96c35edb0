//! Commands and answers as property lists, for servers that hand them through untouched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plist::{Dictionary, Value};
use uuid::Uuid;

use super::{Answer, Device, Order};
use crate::sandbox::world::{EnrolmentSeed, SupportedPlatform};

/// A command as it is enqueued: its id and what to do. What it asks for and devices here cannot do
/// is refused, so that it shows.
pub(crate) fn command(body: &[u8]) -> Result<(Uuid, Order), String> {
    let value =
        Value::from_reader(std::io::Cursor::new(body)).map_err(|error| error.to_string())?;
    let outer = value.into_dictionary().ok_or("the property list is no dictionary")?;
    let id = outer.get("CommandUUID").and_then(Value::as_string).ok_or("no CommandUUID")?;
    let id = Uuid::parse_str(id).map_err(|error| error.to_string())?;
    let inner = outer.get("Command").and_then(Value::as_dictionary).ok_or("no Command")?;
    order(inner).map(|order| (id, order))
}

fn order(inner: &Dictionary) -> Result<Order, String> {
    let text = |key: &str| inner.get(key).and_then(Value::as_string);
    let list = || {
        let list = inner.get("Identifiers").and_then(Value::as_array);
        let names = list.into_iter().flatten().filter_map(Value::as_string);
        names.map(str::to_owned).collect()
    };
    Ok(match text("RequestType").ok_or("no RequestType")? {
        "RemoveApplication" => Order::RemoveApplication {
            identifier: text("Identifier").ok_or("no Identifier")?.to_owned(),
            adam_id: None,
        },
        "InstalledApplicationList" => Order::InstalledApplicationList {
            identifiers: list(),
            managed_apps_only: inner
                .get("ManagedAppsOnly")
                .and_then(Value::as_boolean)
                .unwrap_or_default(),
        },
        "ManagedApplicationList" => Order::ManagedApplicationList { identifiers: list() },
        "InstallApplication" => {
            let number = inner.get("iTunesStoreID").and_then(Value::as_unsigned_integer);
            let number = number.ok_or("no iTunesStoreID")?;
            Order::InstallApplication { adam_id: number.to_string(), identifier: None }
        }
        other => return Err(format!("simulated devices know no {other}")),
    })
}

/// What a device sends in answer to a command, in base64.
pub(super) fn answer(id: Uuid, device: &Device, answer: &Answer) -> String {
    let Answer { at: _, status, error_chain, installed_application_list, managed_application_list } =
        answer;
    let mut body = Dictionary::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("CommandUUID", id.to_string().into());
    put("Status", status.as_str().into());
    put("UDID", device.reference().to_string().into());
    if !error_chain.is_empty() {
        let links = error_chain.iter().map(|link| {
            dictionary([
                ("ErrorCode", u64::from(link.error_code).into()),
                ("ErrorDomain", link.error_domain.as_str().into()),
                ("LocalizedDescription", link.localized_description.as_str().into()),
                ("USEnglishDescription", link.localized_description.as_str().into()),
            ])
        });
        put("ErrorChain", Value::Array(links.collect()));
    }
    if let Some(list) = installed_application_list {
        let apps = list.iter().map(|app| {
            let mut entry = Dictionary::new();
            entry.insert("Name".to_owned(), app.name.as_str().into());
            entry.insert("Installing".to_owned(), app.installing.into());
            if let Some(identifier) = &app.identifier {
                entry.insert("Identifier".to_owned(), identifier.as_str().into());
            }
            if let Some(source) = &app.source {
                entry.insert("Source".to_owned(), source.as_str().into());
            }
            Value::Dictionary(entry)
        });
        put("InstalledApplicationList", Value::Array(apps.collect()));
    }
    if let Some(list) = managed_application_list {
        let apps = list.iter().map(|app| {
            (app.identifier.clone(), dictionary([("Status", app.status.as_str().into())]))
        });
        put("ManagedApplicationList", Value::Dictionary(apps.collect()));
    }
    written(body)
}

/// What a device sends when it enrols or leaves, in base64.
pub(super) fn check_in(message: &str, device: &Device) -> String {
    let product = match device.platform {
        SupportedPlatform::IOs => "iPad14,1",
        SupportedPlatform::MacOs => "Mac15,3",
        SupportedPlatform::TvOs => "AppleTV14,1",
        SupportedPlatform::WatchOs => "Watch7,1",
        SupportedPlatform::VisionOs => "RealityDevice14,1",
    };
    let mut body = Dictionary::new();
    let mut put = |key: &str, value: &str| body.insert(key.to_owned(), value.into());
    put("MessageType", message);
    put("Topic", "com.apple.mgmt.External.sandbox");
    put("UDID", &device.reference().to_string());
    if message == "Authenticate" {
        put("SerialNumber", &device.serial);
        put("ProductName", product);
    }
    written(body)
}

/// What kind of enrolment servers say it is.
pub(super) fn kind(device: &Device) -> &'static str {
    match device.enrolment {
        EnrolmentSeed::User => "User Enrollment (Device)",
        EnrolmentSeed::Device | EnrolmentSeed::None => "Device",
    }
}

fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Dictionary(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn written(body: Dictionary) -> String {
    let mut xml = Vec::new();
    // Text and numbers, written to memory: this cannot fail.
    let _ = Value::Dictionary(body).to_writer_xml(&mut xml);
    STANDARD.encode(xml)
}
