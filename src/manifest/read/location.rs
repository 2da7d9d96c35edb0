use super::fields::{Field, Fields};
use super::report::Report;
use super::secret::{self, Secret};
use super::{address, value};
use crate::diagnostic::{At, Span};
use crate::manifest::kind::{
    LicenseOwner, Location, NotificationDoor, Owner, ReclaimMode, RetireUsers, WhenGone,
};
use crate::yaml::{Entry, Value};

pub(super) const RECLAIM: [(&str, ReclaimMode); 3] = [
    ("uninstall", ReclaimMode::Uninstall),
    ("release", ReclaimMode::Release),
    ("keep", ReclaimMode::Keep),
];

const TOKEN: Secret = Secret {
    what: "`token`",
    variable: "VPP_TOKEN",
    leaked: "if this was a token, download a new one: Apple then revokes it",
};

const NOTIFICATION_TOKEN: Secret = Secret {
    what: "`token`",
    variable: "VPP_NOTIFICATION_TOKEN",
    leaked: "if this was the token itself, choose another: whoever can read the manifests had it",
};

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<Location> {
    let uid = fields.optional(report, "uid").and_then(|field| uid(report, field));
    let example = "{ env: VPP_TOKEN }";
    let has_token = fields.has("token");
    let token = fields.optional(report, "token");
    let token = token.map(|field| secret::read(report, field, TOKEN));
    let owner = fields.optional(report, "owner").and_then(|field| owner(report, field));
    let words = [("apple", LicenseOwner::Apple), ("mdm", LicenseOwner::Mdm)];
    let licenses = fields.optional(report, "licenses");
    let licenses = licenses.and_then(|field| value::word(report, field, &words));
    let licenses = licenses.map_or(LicenseOwner::Apple, |licenses| licenses.value);
    match licenses {
        LicenseOwner::Apple if !has_token => fields.missing(report, "token", example),
        LicenseOwner::Mdm if !fields.has("mdm") => fields.missing(report, "mdm", "campus"),
        LicenseOwner::Apple | LicenseOwner::Mdm => {}
    }
    let mdm = fields.optional(report, "mdm").and_then(|field| value::owned_text(report, field));
    let mdm_token = fields.optional(report, "mdmToken").and_then(|field| mdm_token(report, field));
    let reclaim =
        fields.optional(report, "reclaim").and_then(|field| value::word(report, field, &RECLAIM));
    let when_gone = fields.optional(report, "whenGone");
    let words = [("keep", WhenGone::Keep), ("release", WhenGone::Release)];
    let when_gone = when_gone.and_then(|field| value::word(report, field, &words));
    let install = fields.optional(report, "install").and_then(|field| {
        let install = value::truth(report, field)?;
        Some(report.at(install, field.key_place))
    });
    let endpoint = fields.optional(report, "endpoint").and_then(|field| {
        let instead = "the token is all Apple asks for";
        address::read(report, field, "https://vpp.itunes.apple.com", instead)
    });
    let notifications =
        fields.optional(report, "notifications").and_then(|field| notifications(report, field));
    let retire_users = fields.optional(report, "users").and_then(|field| users(report, field));
    let description = fields.optional(report, "description");
    let description = description.and_then(|field| value::any_text(report, field));
    let labels = fields.optional(report, "labels");
    let labels = labels.map(|field| value::labels(report, field)).unwrap_or_default();
    Some(Location {
        name: name?,
        uid,
        token: match token {
            Some(token) => Some(token?),
            None if licenses == LicenseOwner::Mdm => None,
            None => return None,
        },
        owner,
        licenses,
        mdm,
        mdm_token,
        reclaim,
        when_gone: when_gone.map(|word| word.value).unwrap_or_default(),
        install,
        endpoint,
        notifications,
        retire_users: retire_users.unwrap_or_default(),
        description: description.map(str::to_owned),
        labels,
    })
}

fn mdm_token(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let wanted = "the server's id of a token: digits, letters and dashes, at most 100";
    let text = value::matching(report, field, wanted, |text| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })?;
    Some(report.at(text.to_owned(), field.node.place))
}

fn uid(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let wanted = "Apple's library id: digits, letters and dashes, at most 100";
    let text = value::matching(report, field, wanted, |text| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    })?;
    Some(report.at(text.to_owned(), field.node.place))
}

/// Where values stand that may be the token itself or a password, so that nothing ever prints them.
pub(super) fn secrets(report: &Report, entries: &[Entry<'_>], spans: &mut Vec<Span>) {
    let endpoint = entries.iter().find(|entry| entry.key == "endpoint");
    if let Some(endpoint) =
        endpoint.filter(|entry| entry.value.scalar().is_some_and(address::has_user))
    {
        spans.push(report.span(endpoint.value.place));
    }
    secret::hide_behind(report, "token", entries, spans);
    let notifications = entries.iter().find(|entry| entry.key == "notifications");
    if let Some(Value::Mapping(entries)) = notifications.map(|entry| &entry.value.value) {
        secret::hide_behind(report, "token", entries, spans);
        let url = entries.iter().find(|entry| entry.key == "url");
        if let Some(url) = url.filter(|entry| entry.value.scalar().is_some_and(address::has_user)) {
            spans.push(report.span(url.value.place));
        }
    }
}

fn notifications(report: &mut Report, field: Field<'_, '_>) -> Option<At<NotificationDoor>> {
    let mut fields = Fields::of(report, "`notifications`", field)?;
    let example = "https://hooks.northfield.example/apple/northfield";
    let url = fields.required(report, "url", example).and_then(|field| {
        address::read(report, field, example, "Apple proves itself with the token")
    });
    let token = fields.required(report, "token", "{ env: VPP_NOTIFICATION_TOKEN }");
    let token = token.and_then(|field| secret::read(report, field, NOTIFICATION_TOKEN));
    fields.finish(report, &[]);
    let door = NotificationDoor { url: url?.value, token: token?.value };
    Some(report.at(door, field.key_place))
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
