use std::net::IpAddr;

use super::fields::{Field, Fields};
use super::report::Report;
use super::value;
use crate::diagnostic::{At, Diagnostic, Span};
use crate::manifest::codes;
use crate::manifest::kind::{LicenseOwner, Location, Owner, ReclaimMode, RetireUsers, TokenSource};
use crate::yaml::{Entry, Node, Value};

pub(super) const RECLAIM: [(&str, ReclaimMode); 3] = [
    ("uninstall", ReclaimMode::Uninstall),
    ("release", ReclaimMode::Release),
    ("keep", ReclaimMode::Keep),
];

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<Location> {
    let uid = fields.optional(report, "uid").and_then(|field| uid(report, field));
    let example = "{ env: VPP_TOKEN }";
    let token = fields.required(report, "token", example).and_then(|field| token(report, field));
    let owner = fields.optional(report, "owner").and_then(|field| owner(report, field));
    if let Some(field) = fields.optional(report, "licenses") {
        let words = [("apple", LicenseOwner::Apple), ("mdm", LicenseOwner::Mdm)];
        let licenses = value::word(report, field, &words);
        if licenses.is_some_and(|licenses| licenses.value == LicenseOwner::Mdm) {
            let help = "use `licenses: apple`, or leave the location to its server";
            value::not_supported(report, field, "`licenses: mdm`", help);
        }
    }
    let mdm = fields.optional(report, "mdm").and_then(|field| value::owned_text(report, field));
    let reclaim =
        fields.optional(report, "reclaim").and_then(|field| value::word(report, field, &RECLAIM));
    let endpoint = fields.optional(report, "endpoint").and_then(|field| endpoint(report, field));
    let retire_users = fields.optional(report, "users").and_then(|field| users(report, field));
    let description = fields.optional(report, "description");
    let description = description.and_then(|field| value::any_text(report, field));
    let labels = fields.optional(report, "labels");
    let labels = labels.map(|field| value::labels(report, field)).unwrap_or_default();
    Some(Location {
        name: name?,
        uid,
        token: token?,
        owner,
        licenses: LicenseOwner::Apple,
        mdm,
        reclaim,
        endpoint,
        retire_users: retire_users.unwrap_or_default(),
        description: description.map(str::to_owned),
        labels,
    })
}

fn uid(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let wanted = "Apple's library id: digits, letters and dashes, at most 100";
    let text = value::matching(report, field, wanted, |text| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    })?;
    Some(report.at(text.to_owned(), field.node.place))
}

/// A variable's name as shells know it.
pub(super) fn is_variable(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Never says what stands there: it may be the token itself.
fn token(report: &mut Report, field: Field<'_, '_>) -> Option<At<TokenSource>> {
    if field.node.scalar().is_some() {
        report.add(secret(report.span(field.key_place)));
        return None;
    }
    let mut fields = Fields::of(report, "`token`", field)?;
    let chosen = fields.one_of(report, &["env", "file", "command"]);
    let source = chosen.and_then(|source| match source.key {
        "env" => {
            let variable = source.node.scalar().unwrap_or_default();
            if source.node.scalar().is_some() && !is_variable(variable) {
                report.add(
                    Diagnostic::error(&codes::SECRET, "`env` is not the name of a variable")
                        .at(report.span(source.key_place), "letters, digits and `_` only")
                        .help("write the name of the variable that holds the token, not the token"),
                );
                return None;
            }
            value::text(report, source).map(|name| TokenSource::Env(name.to_owned()))
        }
        "file" => value::text(report, source).map(|path| TokenSource::File(path.into())),
        _ => value::texts(report, source).map(TokenSource::Command),
    });
    fields.finish(report, &[]);
    Some(report.at(source?, field.key_place))
}

fn secret(span: Span) -> Diagnostic {
    Diagnostic::error(&codes::SECRET, "`token` must say where the token is, not be the token")
        .at(span, "must be `env`, `file` or `command`")
        .help(
            "write `token: { env: VPP_TOKEN }`, or `{ file: … }`, or `{ command: [op, read, …] }`",
        )
        .help("if this was a token, download a new one: Apple then revokes it")
}

/// Where values stand that may be the token itself or a password, so that nothing ever prints them.
pub(super) fn secrets(report: &Report, entries: &[Entry<'_>], spans: &mut Vec<Span>) {
    let endpoint = entries.iter().find(|entry| entry.key == "endpoint");
    if let Some(endpoint) = endpoint.filter(|entry| entry.value.scalar().is_some_and(has_user)) {
        spans.push(report.span(endpoint.value.place));
    }
    let Some(token) = entries.iter().find(|entry| entry.key == "token") else { return };
    match &token.value.value {
        Value::Scalar(..) => spans.push(report.span(token.value.place)),
        Value::Mapping(entries) => {
            for entry in entries {
                let is_source = match entry.key.as_ref() {
                    "env" => entry.value.scalar().is_some_and(is_variable),
                    "file" | "command" => true,
                    _ => false,
                };
                if !is_source {
                    hide(report, &entry.value, spans);
                }
            }
        }
        Value::Sequence(items) => {
            for item in items {
                hide(report, item, spans);
            }
        }
        Value::Refused => {}
    }
}

fn hide(report: &Report, node: &Node<'_>, spans: &mut Vec<Span>) {
    match &node.value {
        Value::Scalar(..) | Value::Refused => spans.push(report.span(node.place)),
        Value::Sequence(items) => {
            for item in items {
                hide(report, item, spans);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                hide(report, &entry.value, spans);
            }
        }
    }
}

fn owner(report: &mut Report, field: Field<'_, '_>) -> Option<At<Owner>> {
    // Apple's limits are read from the service before they are used; these are today's.
    const LONGEST_ID: usize = 100;
    const LONGEST_NAME: usize = 100;
    const LONGEST_METADATA: usize = 255;
    let mut fields = Fields::of(report, "`owner`", field)?;
    let example = "5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11";
    let id = fields.required(report, "id", example);
    let id = id.and_then(|field| bounded(report, field, LONGEST_ID));
    let name = fields.required(report, "name", "Northfield IT");
    let name = name.and_then(|field| bounded(report, field, LONGEST_NAME));
    let metadata = fields.optional(report, "metadata");
    let metadata = metadata.and_then(|field| bounded(report, field, LONGEST_METADATA));
    fields.finish(report, &[]);
    Some(report.at(Owner { id: id?, name: name?, metadata }, field.key_place))
}

fn bounded(report: &mut Report, field: Field<'_, '_>, most: usize) -> Option<String> {
    let text = if field.key == "id" {
        let text = value::id(report, field)?;
        if text.trim().is_empty() {
            value::bad_value(report, field, "a text that is not empty");
            return None;
        }
        text
    } else {
        value::text(report, field)?
    };
    if text.chars().count() > most || text.chars().any(char::is_control) {
        value::bad_value(report, field, &format!("at most {most} characters on one line"));
        return None;
    }
    Some(text.to_owned())
}

fn users(report: &mut Report, field: Field<'_, '_>) -> Option<RetireUsers> {
    let mut fields = Fields::of(report, "`users`", field)?;
    let words = [("unreferenced", RetireUsers::Unreferenced), ("never", RetireUsers::Never)];
    let retire =
        fields.optional(report, "retire").and_then(|field| value::word(report, field, &words));
    fields.finish(report, &[]);
    retire.map(|retire| retire.value)
}

/// `https`, or `http` to this machine: a token must not cross a network in the clear.
fn endpoint(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let text = value::text(report, field)?;
    if has_user(text) {
        // The value is not repeated: it may hold a password.
        report.add(
            Diagnostic::error(&codes::SECRET, "`endpoint` may not hold a user name or password")
                .at(report.span(field.node.place), "hidden here")
                .help("remove what stands before the `@`; the token is all Apple asks for"),
        );
        return None;
    }
    let wanted = match url::Url::parse(text) {
        Err(_) => "a URL such as `https://vpp.itunes.apple.com`",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "a URL without `?` and `#`",
        Ok(url) if url.scheme() == "https" && url.has_host() => {
            return Some(report.at(text.to_owned(), field.node.place));
        }
        Ok(url) if url.scheme() == "http" && is_loopback(&url) => {
            return Some(report.at(text.to_owned(), field.node.place));
        }
        Ok(_) => "https (http only to this machine: 127.0.0.1, [::1] or localhost)",
    };
    value::bad_value(report, field, wanted);
    None
}

fn has_user(text: &str) -> bool {
    text.contains('@')
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(url::Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(url::Host::Domain(domain)) => domain == "localhost",
        None => false,
    }
}
