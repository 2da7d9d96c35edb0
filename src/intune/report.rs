use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a device says of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InstallState {
    /// There.
    Installed,
    /// Installing failed.
    Failed,
    /// Not there.
    NotInstalled,
    /// Removing failed.
    UninstallFailed,
    /// On its way.
    PendingInstall,
    /// The app is not for this device.
    NotApplicable,
    /// Intune does not know.
    Unknown,
}

impl InstallState {
    /// By Graph's numbers and words (`resultantAppState`). What is not known is [`Self::Unknown`],
    /// which proves nothing.
    fn of(value: &Value) -> Self {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "1" | "installed" => Self::Installed,
            "2" | "failed" => Self::Failed,
            "3" | "notinstalled" => Self::NotInstalled,
            "4" | "uninstallfailed" => Self::UninstallFailed,
            "5" | "pendinginstall" => Self::PendingInstall,
            "-1" | "notapplicable" => Self::NotApplicable,
            _ => Self::Unknown,
        }
    }
}

/// One row: an app on a device for one of its users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Intune's id of the device.
    pub device: String,
    /// Whose row it is: empty where nobody is named.
    pub user: String,
    /// What it says.
    pub state: InstallState,
    /// Why it failed, in Intune's number.
    pub error: Option<String>,
    /// When it said so; `None` where that cannot be read.
    pub at: Option<Timestamp>,
}

/// Every row of an app, by device. A device can have several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The rows.
    pub rows: BTreeMap<String, Vec<ReportRow>>,
}

/// What is asked for: columns are found by their names, in whatever order they come.
pub(super) const COLUMNS: [&str; 5] =
    ["DeviceId", "UserPrincipalName", "AppInstallState", "ErrorCode", "LastModifiedDateTime"];

/// One answer of the report.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    pub(super) total_row_count: usize,
    schema: Vec<Column>,
    values: Vec<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Column {
    column: String,
}

impl Page {
    /// The rows of this page.
    ///
    /// # Errors
    /// Where a column that was asked for is missing, or a row has no device.
    pub(super) fn rows(&self) -> Result<Vec<ReportRow>, String> {
        let column = |name: &str| {
            let at = self.schema.iter().position(|column| column.column == name);
            at.ok_or_else(|| format!("the report has no column {name}"))
        };
        let [device, user, state, error, at] = COLUMNS.map(column);
        let (device, user, state, error, at) = (device?, user?, state?, error?, at?);
        let row = |row: &Vec<Value>| {
            let id = row.get(device).and_then(Value::as_str).filter(|id| !id.is_empty());
            let id = id.ok_or_else(|| "a row of the report names no device".to_owned())?;
            Ok(ReportRow {
                device: id.to_owned(),
                user: row.get(user).and_then(Value::as_str).unwrap_or_default().to_owned(),
                state: row.get(state).map_or(InstallState::Unknown, InstallState::of),
                error: row.get(error).and_then(number).filter(|text| text != "0"),
                at: row.get(at).and_then(Value::as_str).and_then(moment),
            })
        };
        self.values.iter().map(row).collect()
    }
}

fn number(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// With an offset, or without one, which then is UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let naive = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| Some(naive()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn columns_are_found_by_name_and_states_by_number_or_word() {
        let rows = page(
            r#"{"TotalRowCount":2,
                "Schema":[{"Column":"LastModifiedDateTime"},{"Column":"DeviceId"},
                          {"Column":"ErrorCode"},{"Column":"AppInstallState"},
                          {"Column":"UserPrincipalName"}],
                "Values":[["2026-11-27T10:00:00","d1",0,3,"ada@n.example"],
                          ["2026-11-27T10:00:00Z","d2",-2016330849,"uninstallFailed",null]]}"#,
        )
        .rows()
        .unwrap();
        assert_eq!((rows[0].state, rows[0].error.clone()), (InstallState::NotInstalled, None));
        assert_eq!(rows[0].at, rows[1].at);
        assert_eq!(rows[1].state, InstallState::UninstallFailed);
        assert_eq!(rows[1].error.as_deref(), Some("-2016330849"));
    }

    #[test]
    fn a_report_without_a_column_is_no_report() {
        let page = page(r#"{"TotalRowCount":0,"Schema":[{"Column":"DeviceId"}],"Values":[]}"#);
        assert!(page.rows().unwrap_err().contains("UserPrincipalName"));
    }
}
