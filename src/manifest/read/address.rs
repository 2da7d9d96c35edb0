//! Addresses of servers that get a secret.

use std::net::IpAddr;

use super::fields::Field;
use super::report::Report;
use super::value;
use crate::diagnostic::{At, Diagnostic};
use crate::manifest::codes;

/// `https`, or `http` to this machine: a secret must not cross a network in the clear.
pub(super) fn read(
    report: &mut Report,
    field: Field<'_, '_>,
    example: &str,
    instead: &str,
) -> Option<At<String>> {
    let text = value::text(report, field)?;
    if has_user(text) {
        // The value is not repeated: it may hold a password.
        report.add(
            Diagnostic::error(
                &codes::SECRET,
                format!("{field} may not hold a user name or password"),
            )
            .at(report.span(field.node.place), "hidden here")
            .help(format!("remove what stands before the `@`; {instead}")),
        );
        return None;
    }
    let wanted = match url::Url::parse(text) {
        Err(_) => &format!("a URL such as `{example}`"),
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

pub(super) fn has_user(text: &str) -> bool {
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
