//! Microsoft Entra's groups, with the serial numbers Intune has of devices and of people's devices.

mod batch;
mod delta;
mod graph;
mod login;
mod members;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::server::Given;
use super::sheet::Sheet;
use super::{Freshness, Source};
use crate::diagnostic::Diagnostic;
use crate::inventory::ask::{Address, Trouble};
use crate::inventory::codes;
use crate::inventory::shown::{MOST_EXAMPLES, examples, printable, shown};
use crate::inventory::table::Rows;
use crate::manifest::kind::{self, RowsAre};
use graph::Graph;
use members::Members;

/// As many devices and people are looked up one by one; with more of them, reading all devices
/// Intune knows takes fewer requests.
const LOOKED_UP: usize = 2_000;

const SELECT: &str = "id,serialNumber,udid,userId,userPrincipalName,azureADDeviceId,operatingSystem,lastSyncDateTime,managementState";

const DEVICES: [&str; 9] = [
    "serial",
    "id",
    "udid",
    "userId",
    "userPrincipalName",
    "azureADDeviceId",
    "operatingSystem",
    "managementState",
    "lastSyncDateTime",
];
const PEOPLE: [&str; 3] = ["userId", "userPrincipalName", "mail"];

/// The members of Entra groups.
pub(in crate::inventory) struct Entra<'m> {
    pub(in crate::inventory) given: Given<'m>,
    pub(in crate::inventory) entra: &'m kind::Entra,
}

/// A device Intune manages.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Managed {
    id: String,
    #[serde(default)]
    serial_number: Option<String>,
    #[serde(default)]
    udid: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    user_principal_name: Option<String>,
    #[serde(default, rename = "azureADDeviceId")]
    azure_ad_device_id: Option<String>,
    #[serde(default)]
    operating_system: Option<String>,
    #[serde(default)]
    last_sync_date_time: Option<String>,
    #[serde(default)]
    management_state: Option<String>,
}

impl Source for Entra<'_> {
    fn origin(&self) -> String {
        format!("Entra {}", printable(&self.entra.tenant))
    }

    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>> {
        let warnings = Mutex::new(vec![]);
        let read = self.given.read(&self.origin(), rows, self.entra.timeout, async || {
            let (sheet, found) = self.sheet().await?;
            *warnings.lock().unwrap_or_else(PoisonError::into_inner) = found;
            Ok(sheet)
        })?;
        rows.warn(warnings.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(read)
    }
}

impl Entra<'_> {
    async fn sheet(&self) -> Result<(Sheet, Vec<Diagnostic>), Trouble> {
        let graph = self.graph()?;
        let mut groups = BTreeMap::new();
        for (column, id) in &self.entra.groups {
            let members = self.members(&graph, &id.value).await?;
            groups.insert(column.as_str(), members);
        }
        match self.entra.rows {
            RowsAre::People => Ok(self.people(&groups)),
            RowsAre::Devices => self.devices(&graph, &groups).await,
        }
    }

    fn graph(&self) -> Result<Graph, Trouble> {
        let kind::Entra { tenant, client_id, proof, endpoint, timeout, .. } = self.entra;
        let endpoint = endpoint.as_deref();
        let login = Address::parse(endpoint.unwrap_or("https://login.microsoftonline.com"))?;
        let address = Address::parse(endpoint.unwrap_or("https://graph.microsoft.com"))?;
        let asker = self.given.asker(&address, *timeout)?;
        let proof = login::proof(&self.given, proof, &asker, *timeout)?;
        let grant = login::Login {
            address: login,
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            proof,
        };
        Ok(Graph::new(address, asker, Box::new(grant)))
    }

    fn people(&self, groups: &BTreeMap<&str, Members>) -> (Sheet, Vec<Diagnostic>) {
        let mut sheet = Sheet::new(PEOPLE);
        for person in groups.values().flat_map(|members| &members.users) {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let values = [person.id.clone(), text(&person.principal_name), text(&person.mail)];
            sheet.add(&person.id, &values.each_ref().map(String::as_str));
        }
        for (column, members) in groups {
            let picked = sheet.pick(column);
            for person in &members.users {
                sheet.mark(picked, &person.id);
            }
        }
        let devices: BTreeSet<&str> =
            groups.values().flat_map(|members| &members.devices).map(String::as_str).collect();
        let mut warnings = vec![];
        if !devices.is_empty() {
            let message = format!(
                "{}: {} of the groups' members are devices, and the rows are people: {}",
                self.origin(),
                devices.len(),
                list(devices.iter().copied())
            );
            warnings.push(
                Diagnostic::warning(&codes::NO_ID, message)
                    .at(self.given.span, "left out")
                    .help("an Inventory with `rows: devices` has the devices of groups"),
            );
        }
        (sheet, warnings)
    }

    async fn devices(
        &self,
        graph: &Graph,
        groups: &BTreeMap<&str, Members>,
    ) -> Result<(Sheet, Vec<Diagnostic>), Trouble> {
        let devices: BTreeSet<&str> =
            groups.values().flat_map(|members| &members.devices).map(String::as_str).collect();
        let people: BTreeSet<&str> = groups
            .values()
            .flat_map(|members| &members.users)
            .map(|user| user.id.as_str())
            .collect();
        let managed = if groups.is_empty() || devices.len() + people.len() > LOOKED_UP {
            graph.all_managed(SELECT).await?
        } else {
            graph.managed_of(SELECT, &devices, &people).await?
        };
        let mut by_device: HashMap<String, Vec<&Managed>> = HashMap::new();
        let mut by_person: HashMap<String, Vec<&Managed>> = HashMap::new();
        for one in &managed {
            if let Some(id) = one.azure_ad_device_id.as_deref().filter(|id| !is_nobody(id)) {
                by_device.entry(id.to_ascii_lowercase()).or_default().push(one);
            }
            if let Some(id) = one.user_id.as_deref().filter(|id| !is_nobody(id)) {
                by_person.entry(id.to_ascii_lowercase()).or_default().push(one);
            }
        }
        let of_device = |id: &str| by_device.get(id).map_or(&[][..], Vec::as_slice);
        let of_person =
            |id: &str| by_person.get(&id.to_ascii_lowercase()).map_or(&[][..], Vec::as_slice);
        let mut sheet = Sheet::new(DEVICES);
        if groups.is_empty() {
            for one in &managed {
                add(&mut sheet, one);
            }
        }
        for one in devices.iter().flat_map(|id| of_device(id)) {
            add(&mut sheet, one);
        }
        for one in people.iter().flat_map(|id| of_person(id)) {
            add(&mut sheet, one);
        }
        for (column, members) in groups {
            let picked = sheet.pick(column);
            let devices = members.devices.iter().flat_map(|id| of_device(id));
            let people = members.users.iter().flat_map(|user| of_person(&user.id));
            for one in devices.chain(people) {
                sheet.mark(picked, &one.id);
            }
        }
        let unmanaged = devices.iter().copied().filter(|id| of_device(id).is_empty());
        let without = people.iter().copied().filter(|id| of_person(id).is_empty());
        let several = people.iter().copied().filter(|id| of_person(id).len() > 1);
        let warnings = [
            self.warning(
                &codes::NOT_MANAGED,
                unmanaged.collect(),
                [
                    "device of the groups has no managed device in Intune",
                    "devices of the groups have no managed device in Intune",
                ],
            ),
            self.warning(
                &codes::NO_DEVICE,
                without.collect(),
                [
                    "person of the groups has no device in Intune",
                    "people of the groups have no device in Intune",
                ],
            ),
            self.warning(
                &codes::TWO_DEVICES,
                several.collect(),
                [
                    "person of the groups has more than one device in Intune",
                    "people of the groups have more than one device in Intune",
                ],
            ),
        ];
        Ok((sheet, warnings.into_iter().flatten().collect()))
    }

    fn warning(
        &self,
        code: &'static crate::diagnostic::Code,
        ids: Vec<&str>,
        [one, many]: [&str; 2],
    ) -> Option<Diagnostic> {
        if ids.is_empty() {
            return None;
        }
        let what = if ids.len() == 1 { one } else { many };
        let (origin, count) = (self.origin(), ids.len());
        let message = format!("{origin}: {count} {what}: {}", list(ids.into_iter()));
        Some(Diagnostic::warning(code, message).at(self.given.span, "read from here"))
    }
}

fn list<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    examples(&ids.take(MOST_EXAMPLES).map(shown).collect::<Vec<_>>(), count)
}

/// Intune writes an id of noughts where a device has none.
fn is_nobody(id: &str) -> bool {
    id.is_empty() || id.bytes().all(|byte| byte == b'0' || byte == b'-')
}

fn add(sheet: &mut Sheet, managed: &Managed) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let values = [
        text(&managed.serial_number),
        managed.id.clone(),
        text(&managed.udid),
        text(&managed.user_id),
        text(&managed.user_principal_name),
        text(&managed.azure_ad_device_id),
        text(&managed.operating_system),
        text(&managed.management_state),
        text(&managed.last_sync_date_time),
    ];
    sheet.add(&managed.id, &values.each_ref().map(String::as_str));
}
