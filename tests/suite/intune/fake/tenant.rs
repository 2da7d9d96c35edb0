//! The tenant: tokens, apps, groups, devices, and how they live.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde_json::{Value, json};

use super::door::{Said, error};

#[derive(Debug, Clone, Default)]
pub(crate) struct Tenant {
    pub(crate) now: Timestamp,
    pub(crate) tokens: Vec<Value>,
    pub(crate) apps: BTreeMap<String, App>,
    /// Title and members: devices by Entra id, people by id.
    pub(crate) groups: BTreeMap<String, (String, Vec<Value>)>,
    pub(crate) devices: BTreeMap<String, Device>,
    /// When the sync that was asked for is done.
    pub(crate) sync_done: Option<Timestamp>,
    /// Whether Apple gives nothing back.
    pub(crate) freezes: bool,
    /// Whether beta says who holds licenses.
    pub(crate) says_holders: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct App {
    pub(crate) title: String,
    pub(crate) adam_id: u64,
    pub(crate) total: u64,
    /// As beta shows them.
    pub(crate) assignments: Vec<Value>,
    /// Devices that hold a license at Apple.
    pub(crate) holders: BTreeSet<String>,
    /// What Intune showed after its last sync.
    pub(crate) shown: BTreeSet<String>,
    /// By device: state and when it was said.
    pub(crate) report: BTreeMap<String, (i64, Timestamp)>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Device {
    pub(crate) serial: String,
    pub(crate) entra_id: String,
    pub(crate) user: Option<String>,
    pub(crate) offline_until: Option<Timestamp>,
    pub(crate) refuses: bool,
}

const INSTALLED: i64 = 1;
const NOT_INSTALLED: i64 = 3;
const UNINSTALL_FAILED: i64 = 4;

/// Settings that only beta knows.
const ONLY_BETA: [&str; 4] =
    ["uninstallOnDeviceRemoval", "isRemovable", "preventManagedAppBackup", "preventAutoAppUpdate"];
const ONLY_BETA_TARGET: [&str; 2] =
    ["deviceAndAppManagementAssignmentFilterId", "deviceAndAppManagementAssignmentFilterType"];

impl Tenant {
    pub(crate) fn at(now: &str) -> Self {
        let now: Timestamp = now.parse().unwrap();
        let token = json!({
            "id": "t-1", "organizationName": "Northfield Schools",
            "vppTokenAccountType": "education", "appleId": "it@northfield.example",
            "expirationDateTime": "2027-06-01T00:00:00Z",
            "lastSyncDateTime": now.to_string(), "lastModifiedDateTime": now.to_string(),
            "lastSyncStatus": "completed", "state": "valid", "countryOrRegion": "us",
            "automaticallyUpdateApps": true, "token": "TheTextOfTheToken",
        });
        Self { now, tokens: vec![token], says_holders: true, ..Self::default() }
    }

    pub(crate) fn app(mut self, id: &str, title: &str, adam_id: u64, total: u64) -> Self {
        let app = App { title: title.to_owned(), adam_id, total, ..App::default() };
        self.apps.insert(id.to_owned(), app);
        self
    }

    /// A group of new devices; the serial numbers begin with its title.
    pub(crate) fn group(
        mut self,
        id: &str,
        title: &str,
        devices: std::ops::RangeInclusive<u32>,
    ) -> Self {
        let mut members = vec![];
        for number in devices {
            let entra_id = format!("e-{number:04}");
            let kind = "#microsoft.graph.device";
            members.push(json!({ "@odata.type": kind, "id": format!("o-{number:04}"), "deviceId": entra_id }));
            let serial = format!("SER{number:04}");
            let device = Device { serial, entra_id, ..Device::default() };
            self.devices.entry(format!("d-{number:04}")).or_insert(device);
        }
        self.groups.insert(id.to_owned(), (title.to_owned(), members));
        self
    }

    /// An assignment, and everybody it reaches has the app and a license.
    pub(crate) fn assigned(mut self, app: &str, group: &str, intent: &str) -> Self {
        let row = assignment(group, intent);
        let reached = self.reached(&row);
        let now = self.now;
        let one = self.apps.get_mut(app).unwrap();
        one.assignments.push(row);
        if intent == "required" {
            for device in reached {
                one.holders.insert(device.clone());
                one.shown.insert(device.clone());
                one.report.insert(device, (INSTALLED, now));
            }
        }
        self
    }

    fn reached(&self, row: &Value) -> BTreeSet<String> {
        let members = row["target"]["groupId"].as_str().and_then(|id| self.groups.get(id));
        let members = members.map(|(_, members)| members.clone()).unwrap_or_default();
        let ids: BTreeSet<String> =
            members.iter().filter_map(|m| Some(m["deviceId"].as_str()?.to_owned())).collect();
        let devices = self.devices.iter().filter(|(_, device)| ids.contains(&device.entra_id));
        devices.map(|(id, _)| id.clone()).collect()
    }

    /// Time passes: syncs end, devices that are there do what they are told.
    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.now += by;
        if self.sync_done.is_some_and(|at| at <= self.now) {
            let at = self.sync_done.take().unwrap_or_default();
            for token in &mut self.tokens {
                token["lastSyncStatus"] = json!("completed");
                token["lastSyncDateTime"] = json!(at.to_string());
            }
            for app in self.apps.values_mut() {
                app.shown.clone_from(&app.holders);
            }
        }
        let valid = !self.freezes && self.tokens.iter().all(|token| token["state"] == "valid");
        let mut told: Vec<(String, String, &str)> = vec![];
        for (id, app) in &self.apps {
            let mut wanted: BTreeMap<String, &str> = BTreeMap::new();
            for intent in ["uninstall", "required"] {
                for row in app.assignments.iter().filter(|row| row["intent"] == intent) {
                    wanted.extend(self.reached(row).into_iter().map(|device| (device, intent)));
                }
            }
            told.extend(wanted.into_iter().map(|(device, intent)| (id.clone(), device, intent)));
        }
        for (app, id, intent) in told {
            let device = &self.devices[&id];
            if device.offline_until.is_some_and(|until| self.now < until) {
                continue;
            }
            let now = self.now;
            let one = self.apps.get_mut(&app).unwrap();
            let state = one.report.get(&id).map(|(state, _)| *state);
            match intent {
                "uninstall" if device.refuses && state == Some(INSTALLED) => {
                    one.report.insert(id, (UNINSTALL_FAILED, now));
                }
                "uninstall"
                    if !device.refuses && matches!(state, Some(INSTALLED | UNINSTALL_FAILED)) =>
                {
                    one.report.insert(id.clone(), (NOT_INSTALLED, now));
                    // Intune takes the license back only with a token that Apple takes.
                    if valid {
                        one.holders.remove(&id);
                    }
                }
                "uninstall" if valid && state == Some(NOT_INSTALLED) => {
                    one.holders.remove(&id);
                }
                "required"
                    if valid
                        && state != Some(INSTALLED)
                        && one.holders.len() < usize::try_from(one.total).unwrap() =>
                {
                    one.report.insert(id.clone(), (INSTALLED, now));
                    one.holders.insert(id);
                }
                _ => {}
            }
        }
    }

    pub(super) fn call(
        &mut self,
        method: &str,
        version: &str,
        path: &str,
        url: &Url,
        body: Option<&Value>,
    ) -> Said {
        let beta = version == "beta";
        let parts: Vec<&str> = path.split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["deviceAppManagement", "vppTokens"]) => (200, json!(self.tokens)),
            ("GET", ["deviceAppManagement", "vppTokens", id]) => {
                // Whoever looks at one token waits for something.
                self.advance(SignedDuration::from_secs(30));
                self.tokens
                    .iter()
                    .find(|token| token["id"] == *id)
                    .map_or_else(none, |t| (200, t.clone()))
            }
            ("POST", ["deviceAppManagement", "vppTokens", id, "syncLicenses"]) => self.sync(id),
            ("GET", ["deviceAppManagement", "mobileApps"]) => {
                let filter = url.query_pairs().find(|(key, _)| key == "$filter");
                let filter = filter.map(|(_, filter)| filter.into_owned()).unwrap_or_default();
                let paged = url.query_pairs().any(|(key, _)| key == "$skiptoken");
                if !paged && !filter.starts_with("isof('microsoft.graph.iosVppApp')") {
                    return error(400, "BadRequest", "other apps are not what you want");
                }
                (200, self.apps.iter().map(|(id, app)| shown(id, app, beta)).collect())
            }
            ("GET", ["deviceAppManagement", "mobileApps", id]) => {
                self.apps.get(*id).map_or_else(none, |app| (200, shown(id, app, beta)))
            }
            ("GET", ["deviceAppManagement", "mobileApps", id, "assignments"]) => {
                let rows =
                    |app: &App| app.assignments.iter().map(|row| as_read(row, beta)).collect();
                self.apps.get(*id).map_or_else(none, |app| (200, rows(app)))
            }
            (
                "GET",
                [
                    "deviceAppManagement",
                    "mobileApps",
                    id,
                    "microsoft.graph.iosVppApp",
                    "assignedLicenses",
                ],
            ) if beta && self.says_holders => {
                let license = |id: &String| {
                    json!({ "@odata.type": "#microsoft.graph.iosVppAppAssignedDeviceLicense",
                        "id": format!("l-{id}"), "managedDeviceId": id, "deviceName": "iPad" })
                };
                self.apps
                    .get(*id)
                    .map_or_else(none, |app| (200, app.shown.iter().map(license).collect()))
            }
            ("POST", ["deviceAppManagement", "mobileApps", id, "assign"]) => {
                self.assign(id, beta, body)
            }
            ("GET", ["deviceManagement", "managedDevices"]) => {
                let device = |(id, device): (&String, &Device)| {
                    json!({ "id": id, "serialNumber": device.serial, "userId": device.user,
                        "azureADDeviceId": device.entra_id })
                };
                (200, self.devices.iter().map(device).collect())
            }
            ("GET", ["groups", id]) => self
                .groups
                .get(*id)
                .map_or_else(none, |(title, _)| (200, json!({ "id": id, "displayName": title }))),
            ("GET", ["groups", id, "transitiveMembers"]) => {
                self.groups.get(*id).map_or_else(none, |(_, members)| (200, json!(members)))
            }
            (
                "POST",
                ["deviceManagement", "reports", "retrieveDeviceAppInstallationStatusReport"],
            ) => self.report(body),
            _ => {
                let last = parts.last().unwrap_or(&"");
                error(400, "BadRequest", &format!("Resource not found for the segment '{last}'."))
            }
        }
    }

    fn sync(&mut self, id: &str) -> Said {
        let Some(token) = self.tokens.iter_mut().find(|token| token["id"] == id) else {
            return none();
        };
        if token["state"] != "valid" {
            return error(400, "BadRequest", "The token is not valid");
        }
        token["lastSyncStatus"] = json!("inProgress");
        let said = (200, token.clone());
        self.sync_done.get_or_insert(self.now + SignedDuration::from_secs(60));
        said
    }

    fn report(&self, body: Option<&Value>) -> Said {
        let Some(body) = body.and_then(Value::as_object) else {
            return error(400, "BadRequest", "body");
        };
        let known = ["filter", "select", "orderBy", "skip", "top", "search", "groupBy", "name"];
        if body.keys().any(|key| !known.contains(&key.as_str())) {
            return error(400, "BadRequest", "unknown field");
        }
        let filter = body["filter"].as_str().unwrap_or_default();
        let id = filter.trim_start_matches("(ApplicationId eq '").trim_end_matches("')");
        let Some(app) = self.apps.get(id) else { return none() };
        let columns: Vec<&str> =
            body["select"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if columns.iter().any(|column| column.ends_with("_loc")) {
            return error(400, "BadRequest", "_loc columns cannot be selected");
        }
        let number = |key: &str| usize::try_from(body[key].as_u64().unwrap_or(0)).unwrap();
        let row = |(device, (state, at)): (&String, &(i64, Timestamp))| {
            let cell = |column: &&str| match *column {
                "DeviceId" => json!(device),
                "UserPrincipalName" => json!(""),
                "AppInstallState" => json!(state),
                "ErrorCode" => json!(if *state == UNINSTALL_FAILED { -2_016_330_849 } else { 0 }),
                "LastModifiedDateTime" => json!(at.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
                _ => Value::Null,
            };
            columns.iter().map(cell).collect::<Vec<_>>()
        };
        let rows: Vec<_> =
            app.report.iter().skip(number("skip")).take(number("top")).map(row).collect();
        let schema: Vec<_> = columns.iter().map(|column| json!({ "Column": column })).collect();
        (200, json!({ "TotalRowCount": app.report.len(), "Schema": schema, "Values": rows }))
    }

    fn assign(&mut self, id: &str, beta: bool, body: Option<&Value>) -> Said {
        let Some(app) = self.apps.get_mut(id) else { return none() };
        let rows = body.and_then(Value::as_object).filter(|body| body.len() == 1);
        let Some(rows) = rows.and_then(|body| body["mobileAppAssignments"].as_array()) else {
            return error(400, "BadRequest", "mobileAppAssignments, and nothing else");
        };
        let mut kept = vec![];
        for row in rows {
            if let Err(why) = strict(row, beta) {
                return error(400, "BadRequest", &why);
            }
            kept.push(row.clone());
        }
        app.assignments = kept;
        (204, Value::Null)
    }
}

fn none() -> Said {
    error(404, "ResourceNotFound", "no such thing")
}

/// A plain assignment as the portal makes them, in beta.
pub(crate) fn assignment(group: &str, intent: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.mobileAppAssignment",
        "intent": intent,
        "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group },
        "settings": { "@odata.type": "#microsoft.graph.iosVppAppAssignmentSettings",
            "useDeviceLicensing": true, "vpnConfigurationId": null },
    })
}

/// What `assign` takes, and nothing else.
fn strict(row: &Value, beta: bool) -> Result<(), String> {
    let fields = |value: &Value| -> Vec<String> {
        value.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    };
    let only = |value: &Value, known: &[&str]| match fields(value)
        .iter()
        .find(|key| !known.contains(&key.as_str()))
    {
        Some(key) => Err(format!("The property '{key}' does not exist")),
        None => Ok(()),
    };
    only(row, &["@odata.type", "intent", "target", "settings"])?;
    if row["@odata.type"] != "#microsoft.graph.mobileAppAssignment" {
        return Err("@odata.type".to_owned());
    }
    let mut target = vec!["@odata.type", "groupId"];
    let mut settings = vec!["@odata.type", "useDeviceLicensing", "vpnConfigurationId"];
    if beta {
        target.extend(ONLY_BETA_TARGET);
        settings.extend(ONLY_BETA);
    }
    only(&row["target"], &target)?;
    only(&row["settings"], &settings)?;
    let intent = row["intent"].as_str().unwrap_or_default();
    if !["required", "available", "uninstall", "availableWithoutEnrollment"].contains(&intent) {
        return Err(format!("intent {intent}"));
    }
    Ok(())
}

/// v1.0 does not show what only beta knows.
fn as_read(row: &Value, beta: bool) -> Value {
    let mut row = row.clone();
    let group = row["target"]["groupId"].as_str().unwrap_or_default().to_owned();
    row["id"] = json!(format!("{group}_{}", row["intent"].as_str().unwrap_or_default()));
    if beta {
        row["source"] = json!("direct");
        row["sourceId"] = json!("s");
        return row;
    }
    for (part, keys) in [("settings", &ONLY_BETA[..]), ("target", &ONLY_BETA_TARGET[..])] {
        if let Some(fields) = row[part].as_object_mut() {
            fields.retain(|key, _| !keys.contains(&key.as_str()));
        }
    }
    row
}

fn shown(id: &str, app: &App, beta: bool) -> Value {
    let mut shown = json!({
        "@odata.type": "#microsoft.graph.iosVppApp", "id": id, "displayName": app.title,
        "bundleId": format!("com.example.{id}"),
        "appStoreUrl": format!("https://apps.apple.com/us/app/x/id{}?mt=8", app.adam_id),
        "licensingType": { "supportsUserLicensing": true, "supportsDeviceLicensing": true },
        "totalLicenseCount": app.total, "usedLicenseCount": app.shown.len(),
        "vppTokenAppleId": "it@northfield.example",
        "vppTokenOrganizationName": "Northfield Schools",
    });
    if beta {
        shown["vppTokenId"] = json!("t-1");
    }
    shown
}
