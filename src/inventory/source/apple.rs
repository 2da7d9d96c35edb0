//! Apple Business and Apple School Manager: devices and the services they are assigned to; at Apple
//! Business also people and user groups.

mod grant;

use std::collections::HashSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::server::{Given, counted};
use super::sheet::Sheet;
use super::{Freshness, Source};
use crate::diagnostic::Diagnostic;
use crate::inventory::ask::{Address, Request, Session, Trouble};
use crate::inventory::table::Rows;
use crate::manifest::kind::{AppleEdition, AppleOrganization, RowsAre};
use grant::{AUDIENCE, Assertion};

/// How many are asked for at once: Apple's most.
const PAGE: &str = "1000";
/// Pages of another size: one that is lost at the same place every time loses something else.
const OTHER_PAGE: &str = "700";

const DEVICES: [&str; 9] =
    ["serial", "model", "family", "type", "status", "color", "orderNumber", "addedAt", "source"];
const PEOPLE: [&str; 11] = [
    "id",
    "managedAppleAccount",
    "email",
    "employeeNumber",
    "firstName",
    "lastName",
    "status",
    "department",
    "division",
    "jobTitle",
    "costCenter",
];

/// What an organization has at Apple.
pub(in crate::inventory) struct Apple<'m> {
    pub(in crate::inventory) given: Given<'m>,
    pub(in crate::inventory) apple: &'m AppleOrganization,
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(default)]
    links: Links,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Links {
    #[serde(default)]
    next: Option<String>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default)]
    paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paging {
    #[serde(default)]
    next_cursor: Option<String>,
    #[serde(default)]
    total: Option<u64>,
}

/// Something that is only named.
#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Resource<A> {
    id: String,
    attributes: A,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    #[serde(default)]
    serial_number: Option<String>,
    #[serde(default, rename = "deviceModel")]
    model: Option<String>,
    #[serde(default)]
    product_family: Option<String>,
    #[serde(default)]
    product_type: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    color: Option<String>,
    #[serde(default)]
    order_number: Option<String>,
    #[serde(default)]
    added_to_org_date_time: Option<String>,
    #[serde(default)]
    purchase_source_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    #[serde(default)]
    managed_apple_account: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    employee_number: Option<String>,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    department: Option<String>,
    #[serde(default)]
    division: Option<String>,
    #[serde(default)]
    job_title: Option<String>,
    #[serde(default)]
    cost_center: Option<String>,
}

impl Source for Apple<'_> {
    fn origin(&self) -> String {
        match self.apple.edition {
            AppleEdition::Business => "Apple Business".to_owned(),
            AppleEdition::School => "Apple School Manager".to_owned(),
        }
    }

    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>> {
        self.given.read(&self.origin(), rows, self.apple.timeout, async || self.sheet().await)
    }
}

impl Apple<'_> {
    async fn sheet(&self) -> Result<Sheet, Trouble> {
        let server = self.server()?;
        let mut sheet = match self.apple.rows {
            RowsAre::Devices => server.devices().await?,
            RowsAre::People => server.people().await?,
        };
        let sets = match self.apple.rows {
            RowsAre::Devices => ("mdmServers", "devices", &self.apple.servers),
            RowsAre::People => ("userGroups", "users", &self.apple.user_groups),
        };
        let (kind, members, picks) = sets;
        for (column, id) in picks {
            let picked = sheet.pick(column);
            let path = [kind, id.value.as_str(), "relationships", members];
            let what = format!("{kind} {}", id.value);
            server
                .all(&path, &what, |named: &Named| {
                    if sheet.mark(picked, &named.id) {
                        return Ok(named.id.clone());
                    }
                    let why = format!("{what} has {}, which is not among the {members}", named.id);
                    Err(Trouble::Incomplete(why))
                })
                .await?;
        }
        Ok(sheet)
    }

    fn server(&self) -> Result<Server, Trouble> {
        let AppleOrganization { edition, client_id, key_id, key, endpoint, timeout, .. } =
            self.apple;
        let (host, scope) = match edition {
            AppleEdition::Business => ("https://api-business.apple.com", "business.api"),
            AppleEdition::School => ("https://api-school.apple.com", "school.api"),
        };
        let account = endpoint.as_deref().unwrap_or("https://account.apple.com");
        let address = Address::parse(endpoint.as_deref().unwrap_or(host))?;
        let key = self.given.secret(key, "the private key of the API account")?;
        let assertion = Assertion {
            account: Address::parse(account)?,
            audience: AUDIENCE,
            client_id: client_id.clone(),
            key_id: key_id.clone(),
            scope,
            now: self.given.environment.now,
            began: tokio::time::Instant::now(),
            key,
        };
        let asker = self.given.asker(&address, *timeout)?;
        asker.keep_out(&assertion.key);
        Ok(Server { address, session: Session::new(asker, Box::new(assertion)) })
    }
}

struct Server {
    address: Address,
    session: Session,
}

impl Server {
    async fn devices(&self) -> Result<Sheet, Trouble> {
        let mut sheet = Sheet::new(DEVICES);
        self.all(&["orgDevices"], "devices", |device: &Resource<Device>| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let Resource { id, attributes: device } = device;
            let serial = device.serial_number.clone().unwrap_or_else(|| id.clone());
            let values = [
                serial,
                text(&device.model),
                text(&device.product_family),
                text(&device.product_type),
                text(&device.status),
                text(&device.color),
                text(&device.order_number),
                text(&device.added_to_org_date_time),
                text(&device.purchase_source_type),
            ];
            sheet.add(id, &values.each_ref().map(String::as_str));
            Ok(id.clone())
        })
        .await?;
        Ok(sheet)
    }

    async fn people(&self) -> Result<Sheet, Trouble> {
        let mut sheet = Sheet::new(PEOPLE);
        self.all(&["users"], "users", |person: &Resource<Person>| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let Resource { id, attributes: person } = person;
            let values = [
                id.clone(),
                text(&person.managed_apple_account),
                text(&person.email),
                text(&person.employee_number),
                text(&person.first_name),
                text(&person.last_name),
                text(&person.status),
                text(&person.department),
                text(&person.division),
                text(&person.job_title),
                text(&person.cost_center),
            ];
            sheet.add(id, &values.each_ref().map(String::as_str));
            Ok(id.clone())
        })
        .await?;
        Ok(sheet)
    }

    /// Every item of a list: held against Apple's count, or, where Apple gives none, against a second
    /// reading with pages of another size, which must name the same.
    async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        what: &str,
        mut take: impl FnMut(&T) -> Result<String, Trouble>,
    ) -> Result<(), Trouble> {
        let (ids, total) = self.once(path, PAGE, what, &mut take).await?;
        if let Some(total) = total {
            let got = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            return counted(what, got, total);
        }
        let (again, _) =
            self.once(path, OTHER_PAGE, what, &mut |named: &Named| Ok(named.id.clone())).await?;
        if ids == again {
            return Ok(());
        }
        Err(Trouble::Incomplete(format!("{what}: two readings name different ones")))
    }

    async fn once<T: DeserializeOwned>(
        &self,
        path: &[&str],
        size: &str,
        what: &str,
        take: &mut impl FnMut(&T) -> Result<String, Trouble>,
    ) -> Result<(HashSet<String>, Option<u64>), Trouble> {
        let incomplete = |why: &str| Trouble::Incomplete(format!("{what}: {why}"));
        let path = [&["v1"], path].concat();
        let mut url = self.address.at(&path, &[("limit", size)]);
        let (mut ids, mut total) = (HashSet::new(), None);
        let mut followed = HashSet::from([url.to_string()]);
        loop {
            let page: Page<T> = self.session.json(Request::get(url)).await?;
            for item in page.data {
                ids.insert(take(&item)?);
            }
            let paging = page.meta.paging;
            if let Some(counted) = paging.total
                && *total.get_or_insert(counted) != counted
            {
                return Err(incomplete("the count moved while it was read"));
            }
            // The link as it is, or where there is none, one made of the cursor.
            let next = match (page.links.next, paging.next_cursor) {
                (Some(link), _) => self
                    .address
                    .link(&link)
                    .ok_or_else(|| incomplete("the next page is elsewhere"))?,
                (None, Some(cursor)) => {
                    self.address.at(&path, &[("limit", size), ("cursor", &cursor)])
                }
                (None, None) => return Ok((ids, total)),
            };
            if !followed.insert(next.to_string()) {
                return Err(incomplete("its pages lead in a circle"));
            }
            url = next;
        }
    }
}
