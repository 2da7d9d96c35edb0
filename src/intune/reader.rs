use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::app::WireLicense;
use super::group::{WireGroup, WireMember};
use super::report::{COLUMNS, Page, Report};
use super::{App, Assignment, Devices, Holder, ManagedDevice, Platform, SeenGroup, Token};
use crate::graph::{Call, Graph, GraphError, Version};

/// Reads Intune. Has no way to change anything.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) graph: Arc<Graph>,
}

/// Rows the report gives in one answer.
const REPORT_ROWS: usize = 50;

impl Reader {
    /// Over a client.
    pub fn new(graph: Graph) -> Self {
        Self { graph: Arc::new(graph) }
    }

    /// How many requests were sent so far.
    pub fn requests(&self) -> u64 {
        self.graph.requests()
    }

    /// Every content token of the tenant.
    pub async fn tokens(&self) -> Result<Vec<Token>, GraphError> {
        self.graph.list(Version::V1, "deviceAppManagement/vppTokens", false).await
    }

    /// One token.
    pub async fn token(&self, id: &str) -> Result<Token, GraphError> {
        self.graph.get(Version::V1, &format!("deviceAppManagement/vppTokens/{id}")).await
    }

    /// Every app that was bought in volume, Macs' included. Read in beta, which alone says of which
    /// token an app is.
    pub async fn apps(&self) -> Result<Vec<App>, GraphError> {
        let filter = "isof('microsoft.graph.iosVppApp')%20or%20isof('microsoft.graph.macOsVppApp')";
        let path = format!("deviceAppManagement/mobileApps?$filter={filter}");
        self.graph.list(Version::Beta, &path, false).await
    }

    /// One app, as it is now.
    pub async fn app(&self, id: &str) -> Result<App, GraphError> {
        self.graph.get(Version::Beta, &format!("deviceAppManagement/mobileApps/{id}")).await
    }

    /// The assignments of these apps, in their order. `None` where there is no such app any more.
    pub async fn assignments(
        &self,
        version: Version,
        apps: &[&str],
    ) -> Result<Vec<Option<Vec<Assignment>>>, GraphError> {
        let path = |id: &&str| format!("deviceAppManagement/mobileApps/{id}/assignments");
        let paths: Vec<String> = apps.iter().map(path).collect();
        self.graph.lists(version, &paths).await
    }

    /// Who holds an app's licenses; `None` where this tenant's beta version does not say.
    pub async fn holders(
        &self,
        app: &str,
        platform: Platform,
    ) -> Result<Option<Vec<Holder>>, GraphError> {
        let kind = platform.type_name();
        let path = format!("deviceAppManagement/mobileApps/{app}/{kind}/assignedLicenses");
        let list = self.graph.list::<WireLicense>(Version::Beta, &path, false).await;
        match list {
            Ok(licenses) => {
                let all = licenses.len();
                let holders: Vec<Holder> =
                    licenses.into_iter().filter_map(WireLicense::holder).collect();
                // A license whose holder is not named could be anybody's.
                Ok((holders.len() == all).then_some(holders))
            }
            Err(GraphError::Refused { status: 400 | 404 | 501, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// These groups with everybody in them, in their order.
    pub async fn groups(&self, ids: &[String]) -> Result<Vec<SeenGroup>, GraphError> {
        let paths: Vec<String> =
            ids.iter().map(|id| format!("groups/{id}?$select=id,displayName")).collect();
        let found: Vec<Option<WireGroup>> = self.graph.objects(Version::V1, &paths).await?;
        let member =
            |id: &String| format!("groups/{id}/transitiveMembers?$select=id,deviceId&$top=999");
        let paths: Vec<String> = ids.iter().map(member).collect();
        let members: Vec<Option<Vec<WireMember>>> = self.graph.lists(Version::V1, &paths).await?;
        let groups = found.into_iter().zip(members).map(|(found, members)| {
            let title = found.map(|group| group.display_name.unwrap_or_default());
            SeenGroup::of(title, members.unwrap_or_default())
        });
        Ok(groups.collect())
    }

    /// Every device Intune knows.
    pub async fn devices(&self) -> Result<Devices, GraphError> {
        let select = "id,serialNumber,userId,azureADDeviceId";
        let path = format!("deviceManagement/managedDevices?$select={select}");
        let all: Vec<ManagedDevice> = self.graph.list(Version::V1, &path, false).await?;
        Ok(Devices::new(all))
    }

    /// What every device says of an app: all rows, counted. Where rows move between two answers it is
    /// asked again once.
    pub async fn report(&self, app: &str) -> Result<Report, GraphError> {
        match self.report_once(app).await {
            Err(GraphError::Protocol { .. }) => self.report_once(app).await,
            settled => settled,
        }
    }

    async fn report_once(&self, app: &str) -> Result<Report, GraphError> {
        let path = "deviceManagement/reports/retrieveDeviceAppInstallationStatusReport";
        let call = Call { method: "POST", path: format!("v1.0/{path}") };
        let fault = |reason: String| GraphError::Protocol { call: call.clone(), reason };
        let mut report = Report::default();
        let (mut read, mut seen) = (0, BTreeSet::new());
        loop {
            let question = json!({
                "filter": format!("(ApplicationId eq '{app}')"),
                "select": COLUMNS,
                "orderBy": ["DeviceId"],
                "skip": read,
                "top": REPORT_ROWS,
            });
            let answer = self.graph.ask(Version::V1, path, &question).await?;
            let page: Page = serde_json::from_slice(&answer.body)
                .map_err(|error| fault(format!("the report is malformed: {error}")))?;
            let rows = page.rows().map_err(fault)?;
            let count = rows.len();
            for row in rows {
                // A row that comes twice stands in the place of one that did not come at all.
                if !seen.insert((row.device.clone(), row.user.clone())) {
                    let what = "the report moved while it was read: a device's row came twice";
                    return Err(fault(what.to_owned()));
                }
                report.rows.entry(row.device.clone()).or_default().push(row);
            }
            read += count;
            if read >= page.total_row_count || count == 0 {
                if read != page.total_row_count {
                    let announced = page.total_row_count;
                    let what = format!("the report announces {announced} rows and holds {read}");
                    return Err(fault(what));
                }
                return Ok(report);
            }
        }
    }
}
