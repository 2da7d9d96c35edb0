//! Fleet: hosts, their teams and labels.

use serde::Deserialize;

use super::server::{Given, counted};
use super::sheet::Sheet;
use super::{Freshness, Source};
use crate::diagnostic::Diagnostic;
use crate::inventory::ask::{Address, Request, Session, Trouble};
use crate::inventory::shown::printable;
use crate::inventory::table::Rows;
use crate::manifest::kind::FleetInventory;

/// How many hosts are asked for at once.
const PAGE: &str = "500";

const COLUMNS: [&str; 11] = [
    "serial",
    "id",
    "uuid",
    "hostname",
    "name",
    "platform",
    "osVersion",
    "model",
    "teamId",
    "team",
    "lastSeen",
];

/// Fleet's hosts.
pub(in crate::inventory) struct Fleet<'m> {
    pub(in crate::inventory) given: Given<'m>,
    pub(in crate::inventory) fleet: &'m FleetInventory,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

#[derive(Deserialize)]
struct Hosts {
    hosts: Vec<Host>,
}

#[derive(Deserialize)]
struct Host {
    id: u64,
    #[serde(default)]
    hardware_serial: Option<String>,
    #[serde(default)]
    uuid: Option<String>,
    #[serde(default)]
    hostname: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    platform: Option<String>,
    #[serde(default)]
    os_version: Option<String>,
    #[serde(default)]
    hardware_model: Option<String>,
    #[serde(default)]
    team_id: Option<u64>,
    #[serde(default)]
    team_name: Option<String>,
    #[serde(default)]
    seen_time: Option<String>,
}

impl Source for Fleet<'_> {
    fn origin(&self) -> String {
        printable(&self.fleet.url)
    }

    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>> {
        self.given.read(&self.origin(), rows, self.fleet.timeout, async || self.sheet().await)
    }
}

impl Fleet<'_> {
    async fn sheet(&self) -> Result<Sheet, Trouble> {
        let FleetInventory { url, token, team: _, labels, timeout } = self.fleet;
        let address = Address::parse(url)?;
        let token = self.given.secret(token, "the API token of Fleet")?;
        let session = self.given.fixed(&address, *timeout, &token)?;
        let server = Server { address, session, team: self.fleet.team.as_deref() };
        let mut sheet = Sheet::new(COLUMNS);
        server
            .hosts(&["hosts"], None, |host| {
                add(&mut sheet, host);
                Ok(())
            })
            .await?;
        for (column, label) in labels {
            let picked = sheet.pick(column);
            let path = ["labels", label.value.as_str(), "hosts"];
            server
                .hosts(&path, Some(&label.value), |host| {
                    if sheet.mark(picked, &host.id.to_string()) {
                        return Ok(());
                    }
                    let what =
                        format!("label {} has a host that is not among the hosts", label.value);
                    Err(Trouble::Incomplete(what))
                })
                .await?;
        }
        Ok(sheet)
    }
}

fn add(sheet: &mut Sheet, host: &Host) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let id = host.id.to_string();
    let team = host.team_id.map(|id| id.to_string()).unwrap_or_default();
    let values = [
        text(&host.hardware_serial),
        id.clone(),
        text(&host.uuid),
        text(&host.hostname),
        text(&host.display_name),
        text(&host.platform),
        text(&host.os_version),
        text(&host.hardware_model),
        team,
        text(&host.team_name),
        text(&host.seen_time),
    ];
    sheet.add(&id, &values.each_ref().map(String::as_str));
}

struct Server<'m> {
    address: Address,
    session: Session,
    team: Option<&'m str>,
}

impl Server<'_> {
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        let path = [&["api", "v1", "fleet"], path].concat();
        self.session.json(Request::get(self.address.at(&path, query))).await
    }

    async fn count(&self, label: Option<&str>) -> Result<u64, Trouble> {
        let team = self.team.map(|team| ("team_id", team));
        let query: Vec<_> =
            label.map(|label| ("label_id", label)).into_iter().chain(team).collect();
        self.ask(&["hosts", "count"], &query).await.map(|Count { count }| count)
    }

    /// Every host of a list, ascending by id and each page after the last host of the one before:
    /// hosts that come and go meanwhile move no other out of sight. Held against Fleet's own count.
    async fn hosts(
        &self,
        path: &[&str],
        label: Option<&str>,
        mut take: impl FnMut(&Host) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let what = label.map_or_else(|| "hosts".to_owned(), |label| format!("label {label}"));
        let (mut last, mut got) = (None::<u64>, 0_u64);
        loop {
            let after = last.map(|last| last.to_string());
            let mut query =
                vec![("order_key", "id"), ("order_direction", "asc"), ("per_page", PAGE)];
            query.extend(after.as_deref().map(|after| ("after", after)));
            query.extend(self.team.map(|team| ("team_id", team)));
            let Hosts { hosts } = self.ask(path, &query).await?;
            if hosts.is_empty() {
                break;
            }
            for host in hosts {
                if last.is_some_and(|last| host.id <= last) {
                    let why = format!("{what}: a page was sent twice, or out of order");
                    return Err(Trouble::Incomplete(why));
                }
                last = Some(host.id);
                got += 1;
                take(&host)?;
            }
        }
        // After the hosts, so that one which left meanwhile is not missed in vain.
        counted(&what, got, self.count(label).await?)
    }
}
