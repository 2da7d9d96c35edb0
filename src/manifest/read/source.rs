//! Inventories that servers keep.

use std::time::Duration;

use super::fields::{Field, Fields};
use super::report::Report;
use super::secret::{self, Secret};
use super::{address, time, value};
use crate::diagnostic::{At, Diagnostic};
use crate::manifest::codes;
use crate::manifest::kind::{
    AppleEdition, AppleOrganization, Columns, Entra, EntraProof, FleetInventory, InventorySource,
    JamfInventory, Picks, RowsAre, TokenSource,
};
use crate::yaml::{Node, Place, Value};

/// How long a server may take where the manifest does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

const LEAKED: &str =
    "if this was the secret itself, replace it: whoever can read the manifests had it";
const TOKEN: Secret = Secret { what: "`token`", variable: "FLEET_TOKEN", leaked: LEAKED };
const SECRET: Secret = Secret { what: "`secret`", variable: "CLIENT_SECRET", leaked: LEAKED };
const KEY: Secret = Secret { what: "`key`", variable: "APPLE_KEY", leaked: LEAKED };

/// The column every server's devices have.
const SERIAL: &str = "serial";

const ROWS: [(&str, RowsAre); 2] = [("devices", RowsAre::Devices), ("people", RowsAre::People)];

const APPLE_DEVICES: [&str; 9] =
    ["serial", "model", "family", "type", "status", "color", "orderNumber", "addedAt", "source"];
const APPLE_PEOPLE: [&str; 11] = [
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
const ENTRA: [&str; 10] = [
    "serial",
    "id",
    "udid",
    "userId",
    "userPrincipalName",
    "mail",
    "azureADDeviceId",
    "operatingSystem",
    "managementState",
    "lastSyncDateTime",
];
const FLEET: [&str; 11] = [
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
const JAMF: [&str; 8] =
    ["serial", "id", "udid", "name", "model", "modelIdentifier", "type", "username"];

pub(super) fn apple(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    edition: AppleEdition,
    key_place: Place,
) -> (Option<InventorySource>, Columns) {
    let client_id = required_id(report, fields, "clientId", "BUSINESSAPI.…");
    let key_id = required_id(report, fields, "keyId", "…");
    let key = fields.required(report, "key", "{ env: APPLE_KEY }");
    let key = key.and_then(|field| secret_of(report, field, KEY));
    let business = edition == AppleEdition::Business;
    let rows = if business { rows(report, fields) } else { RowsAre::Devices };
    let known: &[&str] = if rows == RowsAre::People { &APPLE_PEOPLE } else { &APPLE_DEVICES };
    let servers = picks(report, fields, "servers", known);
    let user_groups =
        if business { picks(report, fields, "userGroups", known) } else { Picks::new() };
    let columns = if business {
        let user =
            word(report, fields, "user", &["id", "managedAppleAccount", "email", "employeeNumber"]);
        let email = word(report, fields, "email", &["email", "managedAppleAccount"]);
        let managed_apple_id =
            word(report, fields, "managedAppleId", &["managedAppleAccount", "email"]);
        columns(report, rows, key_place, [user, email, managed_apple_id], "id")
    } else {
        columns(report, rows, key_place, [None, None, None], "id")
    };
    let endpoint = endpoint(report, fields);
    let timeout = timeout(report, fields);
    let source = || {
        Some(InventorySource::Apple(AppleOrganization {
            edition,
            client_id: client_id?,
            key_id: key_id?,
            key: key?,
            rows,
            servers,
            user_groups,
            endpoint,
            timeout: timeout?,
        }))
    };
    (source(), columns)
}

pub(super) fn entra(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key_place: Place,
) -> (Option<InventorySource>, Columns) {
    let wanted = "the tenant's id or domain";
    let tenant = fields.required(report, "tenant", "northfield.example");
    let tenant = tenant.and_then(|field| {
        let plain = |text: &str| {
            (1..=100).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        };
        value::matching(report, field, wanted, plain).map(str::to_owned)
    });
    let client_id = required_id(report, fields, "clientId", "…");
    let proof = fields.one_of(report, &["secret", "federated"]).and_then(|field| {
        if field.key == "secret" {
            secret_of(report, field, SECRET).map(EntraProof::Secret)
        } else {
            let words = [("githubActions", EntraProofWord::GithubActions)];
            value::word(report, field, &words).map(|word| match word.value {
                EntraProofWord::GithubActions => EntraProof::GithubActions,
            })
        }
    });
    let rows = rows(report, fields);
    let groups = picks(report, fields, "groups", &ENTRA);
    let user = word(report, fields, "user", &["userId", "userPrincipalName", "mail"]);
    let email = word(report, fields, "email", &["mail", "userPrincipalName"]);
    let managed_apple_id = word(report, fields, "managedAppleId", &["userPrincipalName", "mail"]);
    let columns = columns(report, rows, key_place, [user, email, managed_apple_id], "userId");
    let endpoint = endpoint(report, fields);
    let timeout = timeout(report, fields);
    let source = || {
        Some(InventorySource::Entra(Entra {
            tenant: tenant?,
            client_id: client_id?,
            proof: proof?,
            rows,
            groups,
            endpoint,
            timeout: timeout?,
        }))
    };
    (source(), columns)
}

#[derive(Clone, Copy)]
enum EntraProofWord {
    GithubActions,
}

pub(super) fn fleet(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key_place: Place,
) -> (Option<InventorySource>, Columns) {
    let url = fields.required(report, "url", "https://fleet.northfield.example");
    let url = url.and_then(|field| address_of(report, field));
    let token = fields.required(report, "token", "{ env: FLEET_TOKEN }");
    let token = token.and_then(|field| secret_of(report, field, TOKEN));
    let team = fields.optional(report, "team").map(|field| {
        let digits = |text: &str| {
            (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        value::matching(report, field, "the team's number", digits).map(str::to_owned)
    });
    let labels = picks(report, fields, "labels", &FLEET);
    let timeout = timeout(report, fields);
    let columns = columns(report, RowsAre::Devices, key_place, [None, None, None], "");
    let source = || {
        let team = match team {
            Some(team) => Some(team?),
            None => None,
        };
        let fleet = FleetInventory { url: url?, token: token?, team, labels, timeout: timeout? };
        Some(InventorySource::Fleet(fleet))
    };
    (source(), columns)
}

pub(super) fn jamf(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key_place: Place,
) -> (Option<InventorySource>, Columns) {
    let url = fields.required(report, "url", "https://northfield.jamfcloud.example");
    let url = url.and_then(|field| address_of(report, field));
    let client_id = required_id(report, fields, "clientId", "…");
    let secret = fields.required(report, "secret", "{ env: JAMF_SECRET }");
    let secret = secret.and_then(|field| secret_of(report, field, SECRET));
    let mut taken = JAMF.to_vec();
    let smart_groups = picks(report, fields, "smartGroups", &taken);
    taken.extend(smart_groups.keys().map(String::as_str));
    let static_groups = picks(report, fields, "staticGroups", &taken);
    let user = word(report, fields, "user", &["username"]);
    let timeout = timeout(report, fields);
    let columns = columns(report, RowsAre::Devices, key_place, [user, None, None], "");
    let source = || {
        Some(InventorySource::Jamf(JamfInventory {
            url: url?,
            client_id: client_id?,
            secret: secret?,
            smart_groups,
            static_groups,
            timeout: timeout?,
        }))
    };
    (source(), columns)
}

fn secret_of(report: &mut Report, field: Field<'_, '_>, secret: Secret) -> Option<TokenSource> {
    secret::read(report, field, secret).map(|source| source.value)
}

fn address_of(report: &mut Report, field: Field<'_, '_>) -> Option<String> {
    let instead = "the secret stands under a key of its own";
    address::read(report, field, "https://server.example", instead).map(|url| url.value)
}

/// An address on this machine: where a vendor's secret goes is not for a manifest to say.
fn loopback(report: &mut Report, field: Field<'_, '_>) -> Option<String> {
    let text = value::text(report, field)?;
    let rest = text.strip_prefix("http://").unwrap_or_default();
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let hosts = ["127.0.0.1", "localhost", "[::1]"];
    let port = hosts.iter().find_map(|host| rest.strip_prefix(host));
    let is_port = |port: &str| {
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
    };
    if !port.is_some_and(is_port) {
        let wanted = "an address on this machine, such as `http://127.0.0.1:8080`";
        value::bad_value(report, field, wanted);
        return None;
    }
    Some(text.to_owned())
}

fn required_id(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    example: &str,
) -> Option<String> {
    let field = fields.required(report, key, example)?;
    pick_id(report, field)
}

/// An id that is not empty.
pub(super) fn pick_id(report: &mut Report, field: Field<'_, '_>) -> Option<String> {
    let wanted = "an id of at most 200 characters on one line";
    let plain = |text: &str| {
        !text.trim().is_empty() && text.len() <= 200 && !text.chars().any(char::is_control)
    };
    value::matching(report, field, wanted, plain).map(|text| text.trim().to_owned())
}

fn rows(report: &mut Report, fields: &mut Fields<'_, '_>) -> RowsAre {
    let rows = fields.optional(report, "rows");
    let rows = rows.and_then(|field| value::word(report, field, &ROWS));
    rows.map_or(RowsAre::default(), |rows| rows.value)
}

/// A fake on this machine instead of a vendor's service.
pub(super) fn endpoint(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<String> {
    fields.optional(report, "endpoint").and_then(|field| loopback(report, field))
}

fn timeout(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<Duration> {
    let wanted = "a duration from `1s` to `1h`, for example `5m`";
    match fields.optional(report, "timeout") {
        None => Some(DEFAULT_TIMEOUT),
        Some(field) => time::duration(report, field, 1, 3_600, wanted)
            .and_then(|timeout| timeout.value.try_into().ok()),
    }
}

/// One of the source's own columns.
pub(super) fn word(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    words: &[&'static str],
) -> Option<At<String>> {
    let field = fields.optional(report, key)?;
    let words: Vec<_> = words.iter().map(|&word| (word, word)).collect();
    let word = value::word(report, field, &words)?;
    Some(At::new(word.value.to_owned(), word.span))
}

/// Which columns mean what, where the source has its own.
pub(super) fn columns(
    report: &Report,
    rows: RowsAre,
    key_place: Place,
    [user, email, managed_apple_id]: [Option<At<String>>; 3],
    person: &str,
) -> Columns {
    match rows {
        RowsAre::Devices => {
            let serial = Some(report.at(SERIAL.to_owned(), key_place));
            Columns { serial, user, email, managed_apple_id }
        }
        RowsAre::People => {
            let user = user.or_else(|| Some(report.at(person.to_owned(), key_place)));
            Columns { serial: None, user, email, managed_apple_id }
        }
    }
}

/// Columns of the manifest's own naming with the ids they stand for. `taken` are names they cannot
/// have.
pub(super) fn picks(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    taken: &[&str],
) -> Picks {
    let mut picks = Picks::new();
    let Some(field) = fields.optional(report, key) else { return picks };
    let Value::Mapping(entries) = &field.node.value else {
        value::wrong_type(report, field, "a mapping of column names to ids");
        return picks;
    };
    for entry in entries {
        let name_node = Node {
            place: entry.key_place,
            value: Value::Scalar(entry.key.as_ref().into(), entry.key_style),
        };
        let name = Field { node: &name_node, ..field.item(&entry.value) };
        let name =
            value::matching(report, name, "a column's name: letters, digits and `_`", |text| {
                text.len() <= 100 && secret::is_variable(text)
            });
        let id = pick_id(report, field.item(&entry.value));
        let (Some(name), Some(id)) = (name, id) else { continue };
        if taken.contains(&name) {
            let help = format!("choose another name, for example `in_{name}`");
            let message = format!("the inventory has a column `{name}` already");
            report.add(
                Diagnostic::error(&codes::BAD_VALUE, message)
                    .at(report.span(entry.key_place), "named twice")
                    .help(help),
            );
            continue;
        }
        picks.insert(name.to_owned(), report.at(id, entry.value.place));
    }
    picks
}
