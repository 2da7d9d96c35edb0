use super::fields::{Field, Fields};
use super::report::Report;
use super::secret::{self, Secret};
use super::{source, time, value};
use crate::diagnostic::At;
use crate::manifest::kind::{EntraGroup, Intune, IntuneProof};

const LEAKED: &str =
    "if this was the secret itself, make a new one in Entra: whoever can read the manifests had it";
const SECRET: Secret = Secret { what: "`secret`", variable: "INTUNE_SECRET", leaked: LEAKED };
const ASSERTION: Secret =
    Secret { what: "`assertion`", variable: "INTUNE_ASSERTION", leaked: LEAKED };

pub(super) fn read(report: &mut Report, fields: &mut Fields<'_, '_>) -> Option<Intune> {
    let tenant = fields.required(report, "tenant", "northfield.example");
    let tenant = tenant.and_then(|field| plain(report, field, "a tenant's id or a domain of it"));
    let client_id = fields.required(report, "clientId", "5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11");
    let client_id = client_id.and_then(|field| plain(report, field, "an application's id"));
    let chosen = fields.one_of(report, &["secret", "assertion", "federated"]);
    let proof = chosen.and_then(|field| match field.key {
        "secret" => secret::read(report, field, SECRET).map(IntuneProof::Secret),
        "assertion" => secret::read(report, field, ASSERTION).map(IntuneProof::Assertion),
        _ => {
            value::word(report, field, &[("githubActions", ())]).map(|_| IntuneProof::GithubActions)
        }
    });
    let endpoint = source::endpoint(report, fields);
    let sync_devices = fields.optional(report, "syncDevices");
    let sync_devices = sync_devices.and_then(|field| value::truth(report, field));
    let wanted = "a duration from `1h` to `90d`, for example `7d`";
    let revoke_after = fields.optional(report, "revokeAfter");
    let revoke_after =
        revoke_after.and_then(|field| time::duration(report, field, 3_600, 90 * 86_400, wanted));
    Some(Intune {
        tenant: tenant?,
        client_id: client_id?,
        proof: proof?,
        endpoint,
        sync_devices: sync_devices.unwrap_or_default(),
        revoke_after,
    })
}

fn plain(report: &mut Report, field: Field<'_, '_>, wanted: &str) -> Option<At<String>> {
    let text = value::matching(report, field, wanted, |text| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    })?;
    Some(report.at(text.to_owned(), field.node.place))
}

/// What a Group is at Entra.
pub(super) fn group(report: &mut Report, field: Field<'_, '_>) -> Option<At<EntraGroup>> {
    let text = value::text(report, field)?;
    let group = match text {
        "allDevices" => EntraGroup::AllDevices,
        "allUsers" => EntraGroup::AllUsers,
        id if is_object_id(id) => EntraGroup::Id(id.to_ascii_lowercase()),
        _ => {
            let wanted = "the object id of a group in Entra, or `allDevices` or `allUsers`";
            value::bad_value(report, field, wanted);
            return None;
        }
    };
    Some(report.at(group, field.node.place))
}

fn is_object_id(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::is_object_id;

    #[test]
    fn an_object_id_has_five_parts_of_hexadecimal_digits() {
        assert!(is_object_id("5C1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11"));
        for other in
            ["year-7", "5c1fbe0a7d0e4a529d3e0f6f5f3a9b11", "5c1fbe0g-7d0e-4a52-9d3e-0f6f5f3a9b11"]
        {
            assert!(!is_object_id(other), "{other}");
        }
    }
}
