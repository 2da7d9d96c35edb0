//! Devices, commands and servers in a few words.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use plist::Value;
use uuid::Uuid;
use vpp::inventory::Environment;
use vpp::license::SerialNumber;
use vpp::manifest::kind;
use vpp::mdm::{
    Ask, Command, Device, Enrolment, Mdm, MdmError, Order, Platform, Presence, Standing,
    Surroundings,
};

use super::memory::Memory;

pub(super) const APP: &str = "com.example.app";
/// In no output, message or log.
pub(super) const SECRET: &str = "Sup3rS3cretOfTheServer";

/// Minute `n` of the story.
pub(super) fn minute(n: i64) -> Timestamp {
    "2026-03-01T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(n)
}

pub(super) fn device(reference: &str) -> Device {
    Device {
        serial: format!("S{}", reference.to_ascii_uppercase().replace('-', "")).parse().unwrap(),
        reference: reference.to_owned(),
        platform: Platform::Ios,
        enrolment: Enrolment::Device,
        user: None,
        last_seen: None,
        enrolled_at: None,
    }
}

pub(super) fn remove(reference: &str) -> Command {
    let order = Order::Remove { bundle_id: APP.to_owned(), adam_id: "360593530".parse().unwrap() };
    Command { id: Uuid::new_v4(), device: device(reference), order, attempt: 1 }
}

pub(super) fn list(reference: &str, not_before: Timestamp) -> Command {
    let order = Order::ListInstalled { bundle_ids: vec![APP.to_owned()], not_before };
    Command { id: Uuid::new_v4(), device: device(reference), order, attempt: 1 }
}

/// A question about a command that was handed over at this minute.
pub(super) fn ask(command: &Command, sent_at: Timestamp) -> Ask {
    let Command { id, device, order, attempt: _ } = command.clone();
    Ask { id, reference: None, device, order, sent_at }
}

/// What a list says of the app.
pub(super) fn listed(standing: &Standing) -> Presence {
    match standing {
        Standing::Listed(reply) => reply.apps[APP],
        other => panic!("{other:?}"),
    }
}

/// A device's answer.
pub(super) fn answer(command: Uuid, status: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\"><dict>\
         <key>CommandUUID</key><string>{command}</string><key>Status</key><string>{status}</string>\
         <key>UDID</key><string>u1</string>{inner}</dict></plist>"
    )
}

/// A list of apps inside an answer.
pub(super) fn apps(bundles: &[&str]) -> String {
    let app = |id: &&str| format!("<dict><key>Identifier</key><string>{id}</string></dict>");
    let apps: String = bundles.iter().map(app).collect();
    format!("<key>InstalledApplicationList</key><array>{apps}</array>")
}

/// An Mdm by its driver's settings as they stand in a manifest.
pub(super) fn manifest(name: &str, driver: &str) -> kind::Mdm {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("apiVersion: vpp/v1\nkind: Mdm\nname: {name}\n{driver}\n");
    fs_err::write(folder.path().join("m.yaml"), text).unwrap();
    let path = camino::Utf8Path::from_path(folder.path()).unwrap();
    let loaded = vpp::manifest::load(path);
    let mut manifests = loaded.manifests;
    assert_eq!(manifests.mdms.len(), 1, "{:?}", loaded.diagnostics);
    manifests.mdms.remove(0)
}

pub(super) fn around(store: &Arc<Memory>) -> Surroundings {
    let path = std::env::var("PATH").unwrap_or_default();
    Surroundings {
        folder: concat!(env!("CARGO_MANIFEST_DIR"), "/examples/mdm").into(),
        environment: Environment {
            vars: BTreeMap::from([("PATH".to_owned(), path)]),
            allow_exec: true,
            ..Environment::default()
        },
        store: store.clone(),
        known: vec![],
        sandbox: None,
    }
}

pub(super) async fn open(driver: &str, store: &Arc<Memory>) -> Result<Arc<dyn Mdm>, MdmError> {
    open_with(driver, around(store)).await
}

pub(super) async fn open_with(
    driver: &str,
    around: Surroundings,
) -> Result<Arc<dyn Mdm>, MdmError> {
    vpp::mdm::open(&manifest("lab", driver), Some(SECRET.into()), around).await
}

/// Serves on loopback; gives the address.
pub(super) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// The id, the kind and the app of a command, strictly as a device reads it.
pub(super) fn parse(plist: &[u8]) -> Option<(Uuid, String)> {
    let outer = Value::from_reader_xml(plist).ok()?.into_dictionary()?;
    let id = outer.get("CommandUUID")?.as_string()?.parse().ok()?;
    let inner = outer.get("Command")?.as_dictionary()?;
    let kind = inner.get("RequestType")?.as_string()?.to_owned();
    match kind.as_str() {
        "RemoveApplication" => assert_eq!(inner.get("Identifier")?.as_string()?, APP),
        "InstalledApplicationList" => {
            assert_eq!(inner.get("Identifiers")?.as_array()?.first()?.as_string()?, APP);
            assert_eq!(inner.get("ManagedAppsOnly")?.as_boolean(), Some(false));
        }
        "ManagedApplicationList" => assert!(inner.contains_key("Identifiers")),
        "InstallApplication" => {
            assert_eq!(inner.get("iTunesStoreID")?.as_unsigned_integer(), Some(360_593_530));
        }
        _ => return None,
    }
    Some((id, kind))
}

pub(super) fn known(serial: &str, reference: &str) -> (SerialNumber, String) {
    (serial.parse().unwrap(), reference.to_owned())
}
