use std::time::Duration;

use super::fields::Fields;
use super::report::Report;
use super::secret::{self, Secret};
use super::{address, intune, inventory, time, value};
use crate::diagnostic::{At, Span};
use crate::manifest::kind::{
    DeviceColumn, Mdm, MdmDriver, MdmProgram, MdmServer, PushingMdm, TokenSource,
};
use crate::yaml::{Entry, Value};

const DRIVERS: [&str; 7] = ["fleet", "nanomdm", "nanohub", "micromdm", "exec", "sandbox", "intune"];

/// How long one request, and one answer of a program, may take where the manifest does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_PROGRAM_TIMEOUT: Duration = Duration::from_mins(1);

const LEAKED: &str =
    "if this was the secret itself, replace it: whoever can read the manifests had it";
const TOKEN: Secret = Secret { what: "`token`", variable: "FLEET_TOKEN", leaked: LEAKED };
const KEY: Secret = Secret { what: "`key`", variable: "MDM_KEY", leaked: LEAKED };
const WEBHOOK_KEY: Secret =
    Secret { what: "`webhookKey`", variable: "MDM_WEBHOOK_KEY", leaked: LEAKED };

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<Mdm> {
    let chosen = fields.one_of(report, &DRIVERS)?;
    let what = match chosen.key {
        "fleet" => "`fleet`",
        "nanomdm" => "`nanomdm`",
        "nanohub" => "`nanohub`",
        "micromdm" => "`micromdm`",
        "exec" => "`exec`",
        "sandbox" => "`sandbox`",
        _ => "`intune`",
    };
    let mut inner = Fields::of(report, what, chosen)?;
    let driver = match chosen.key {
        "fleet" => server(report, &mut inner, "token", TOKEN).map(MdmDriver::Fleet),
        "nanomdm" => nano(report, &mut inner).map(MdmDriver::Nanomdm),
        "nanohub" => nano(report, &mut inner).map(MdmDriver::Nanohub),
        "micromdm" => pushing(report, &mut inner, false).map(MdmDriver::Micromdm),
        "exec" => program(report, &mut inner).map(MdmDriver::Exec),
        "sandbox" => Some(MdmDriver::Sandbox),
        _ => intune::read(report, &mut inner).map(|read| MdmDriver::Intune(Box::new(read))),
    };
    inner.finish(report, &[]);
    let driver = report.at(driver?, chosen.key_place);
    Some(Mdm { name: name?, driver })
}

fn server(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    secret: Secret,
) -> Option<MdmServer> {
    let example = "https://mdm.northfield.example";
    let url = fields.required(report, "url", example).and_then(|field| {
        let instead = "secrets are named by `env`, `file` or `command`";
        address::read(report, field, example, instead)
    });
    let source = fields.required(report, key, &format!("{{ env: {} }}", secret.variable));
    let source = source.and_then(|field| secret::read(report, field, secret));
    let wanted = "a duration from `1s` to `10m`, for example `30s`";
    let timeout = timeout(report, fields, DEFAULT_TIMEOUT, 600, wanted);
    Some(MdmServer { url: url?, secret: source?, timeout: timeout? })
}

fn nano(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<PushingMdm> {
    pushing(report, fields, true)
}

fn pushing(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    needs_devices: bool,
) -> Option<PushingMdm> {
    let server = server(report, fields, "key", KEY);
    let webhook = webhook(report, fields);
    let devices = if needs_devices { devices(report, fields) } else { Some(None) };
    Some(PushingMdm { server: server?, webhook: webhook?, devices: devices? })
}

/// `None` where there is a mistake, `Some(None)` where there is none and no key.
#[expect(clippy::option_option, reason = "absent and wrong are different things")]
fn webhook(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<Option<At<TokenSource>>> {
    match fields.optional(report, "webhookKey") {
        None => Some(None),
        Some(field) => secret::read(report, field, WEBHOOK_KEY).map(Some),
    }
}

#[expect(clippy::option_option, reason = "absent and wrong are different things")]
fn devices(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<Option<DeviceColumn>> {
    let Some(field) = fields.optional(report, "devices") else { return Some(None) };
    let mut fields = Fields::of(report, "`devices`", field)?;
    let inventory = fields.required(report, "inventory", "devices");
    let inventory = inventory.and_then(|field| value::owned_text(report, field));
    let reference = fields.required(report, "reference", "udid");
    let reference = reference.and_then(|field| value::owned_text(report, field));
    fields.finish(report, &[]);
    Some(Some(DeviceColumn { inventory: inventory?, reference: reference? }))
}

fn program(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<MdmProgram> {
    let command = fields.required(report, "command", "[mdm/adapter]");
    let command = command.and_then(|field| inventory::command_line(report, field));
    let env = fields.optional(report, "env").map(|field| inventory::variables(report, field));
    let webhook = webhook(report, fields);
    let wanted = "a duration from `1s` to `1h`, for example `60s`";
    let timeout = timeout(report, fields, DEFAULT_PROGRAM_TIMEOUT, 3_600, wanted);
    let env = env.unwrap_or(Some(Vec::new()));
    Some(MdmProgram { command: command?, env: env?, timeout: timeout?, webhook: webhook? })
}

fn timeout(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    default: Duration,
    most: i64,
    wanted: &str,
) -> Option<Duration> {
    match fields.optional(report, "timeout") {
        None => Some(default),
        Some(field) => {
            time::duration(report, field, 1, most, wanted).and_then(|at| at.value.try_into().ok())
        }
    }
}

/// Where values stand that may be a secret, so that nothing ever prints them: what is behind the keys
/// of secrets and is no source, addresses with a password, and keys nobody knows (`password: …`).
pub(super) fn secrets(report: &Report, entries: &[Entry<'_>], spans: &mut Vec<Span>) {
    let drivers = entries.iter().filter(|entry| DRIVERS.contains(&entry.key.as_ref()));
    for driver in drivers {
        let Value::Mapping(settings) = &driver.value.value else { continue };
        for entry in settings {
            match entry.key.as_ref() {
                "token" | "key" | "webhookKey" | "secret" | "assertion" => {
                    secret::hide_behind(report, entry.key.as_ref(), settings, spans);
                }
                "url" | "graph" | "login"
                    if !entry.value.scalar().is_some_and(address::has_user) => {}
                "timeout" | "devices" | "command" | "env" | "tenant" | "clientId" | "federated"
                | "syncDevices" | "revokeAfter" => {}
                _ => secret::hide(report, &entry.value, spans),
            }
        }
    }
}
