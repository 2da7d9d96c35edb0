//! Jamf Pro: mobile devices, smart and static groups.

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::server::{Given, counted};
use super::sheet::Sheet;
use super::{Freshness, Source};
use crate::diagnostic::Diagnostic;
use crate::inventory::ask::{Address, Asker, Grant, Granted, Request, Session, Trouble, granted};
use crate::inventory::shown::printable;
use crate::inventory::table::Rows;
use crate::manifest::kind::JamfInventory;

/// How many devices are asked for at once.
const PAGE: u64 = 1000;

const COLUMNS: [&str; 8] =
    ["serial", "id", "udid", "name", "model", "modelIdentifier", "type", "username"];

/// Jamf Pro's mobile devices.
pub(in crate::inventory) struct Jamf<'m> {
    pub(in crate::inventory) given: Given<'m>,
    pub(in crate::inventory) jamf: &'m JamfInventory,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    total_count: u64,
    results: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    serial_number: Option<String>,
    #[serde(default)]
    udid: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    model_identifier: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    r#type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    mobile_device_id: String,
}

/// The client credentials of an API client.
struct Client {
    address: Address,
    id: String,
    secret: SecretString,
}

#[async_trait]
impl Grant for Client {
    async fn grant(&self, asker: &Asker) -> Result<Granted, Trouble> {
        let url = self.address.at(&["api", "v1", "oauth", "token"], &[]);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.id.as_str()),
            ("client_secret", self.secret.expose_secret()),
        ];
        granted(asker, &Request::form(url, &fields)).await
    }
}

impl Source for Jamf<'_> {
    fn origin(&self) -> String {
        printable(&self.jamf.url)
    }

    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>> {
        self.given.read(&self.origin(), rows, self.jamf.timeout, async || self.sheet().await)
    }
}

impl Jamf<'_> {
    async fn sheet(&self) -> Result<Sheet, Trouble> {
        let JamfInventory { url, client_id, secret, smart_groups, static_groups, timeout } =
            self.jamf;
        let address = Address::parse(url)?;
        let secret = self.given.secret(secret, "the secret of Jamf's API client")?;
        let client = Client { address: address.clone(), id: client_id.clone(), secret };
        let asker = self.given.asker(&address, *timeout)?;
        asker.keep_out(&client.secret);
        let server = Server { address, session: Session::new(asker, Box::new(client)) };
        let mut sheet = Sheet::new(COLUMNS);
        let path = ["api", "v2", "mobile-devices"];
        let got = server
            .all(&path, "id", "the devices", |device: &Device| {
                add(&mut sheet, device);
                Ok(device.id.clone())
            })
            .await?;
        counted("the devices, each by its id", sheet.len(), got)?;
        let kinds =
            [("smart-group-membership", smart_groups), ("static-group-membership", static_groups)];
        for (kind, groups) in kinds {
            for (column, id) in groups {
                let picked = sheet.pick(column);
                let path = ["api", "v2", "mobile-device-groups", kind, id.value.as_str()];
                let what = format!("group {}", id.value);
                server
                    .all(&path, "mobileDeviceId", &what, |member: &Member| {
                        let id = &member.mobile_device_id;
                        if sheet.mark(picked, id) {
                            return Ok(id.clone());
                        }
                        let why = format!("{what} has device {id}, which is not among the devices");
                        Err(Trouble::Incomplete(why))
                    })
                    .await?;
            }
        }
        Ok(sheet)
    }
}

fn add(sheet: &mut Sheet, device: &Device) {
    let Device { id, name, serial_number, udid, model, model_identifier, username, r#type } =
        device;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let values = [
        text(serial_number),
        id.clone(),
        text(udid),
        text(name),
        text(model),
        text(model_identifier),
        text(r#type),
        text(username),
    ];
    sheet.add(id, &values.each_ref().map(String::as_str));
}

struct Server {
    address: Address,
    session: Session,
}

impl Server {
    /// Every item of a list, page after page, sorted by its number. Every page must count the same,
    /// and together they must have as many as counted, none of them twice.
    async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        key: &str,
        what: &str,
        mut take: impl FnMut(&T) -> Result<String, Trouble>,
    ) -> Result<u64, Trouble> {
        let incomplete = |why: &str| Err(Trouble::Incomplete(format!("{what}: {why}")));
        let (sort, size) = (format!("{key}:asc"), PAGE.to_string());
        let mut total = None;
        let mut seen = std::collections::HashSet::new();
        for number in 0_u64.. {
            let number = number.to_string();
            let query = [("page", number.as_str()), ("page-size", &size), ("sort", &sort)];
            let Page { total_count, results } =
                self.session.json::<Page<T>>(Request::get(self.address.at(path, &query))).await?;
            if *total.get_or_insert(total_count) != total_count {
                return incomplete("the count moved while it was read");
            }
            let last = results.is_empty();
            for item in results {
                if !seen.insert(take(&item)?) {
                    return incomplete("a device came twice");
                }
            }
            let got = u64::try_from(seen.len()).unwrap_or(u64::MAX);
            if last || got >= total_count {
                counted(what, got, total_count)?;
                return Ok(got);
            }
        }
        incomplete("it has no end")
    }
}
