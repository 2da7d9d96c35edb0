use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::kind::{Location, ReclaimMode};

/// Locations that pin the same library.
pub(super) fn pinned_twice(locations: &[Location]) -> Vec<Diagnostic> {
    let mut first = HashMap::new();
    let mut diagnostics = Vec::new();
    for location in locations {
        let Some(uid) = &location.uid else { continue };
        let earlier = *first.entry(uid.value.as_str()).or_insert(location);
        let Some(other) = &earlier.uid else { continue };
        if other.span != uid.span {
            diagnostics.push(
                Diagnostic::error(
                    &codes::PINNED_TWICE,
                    format!(
                        "locations `{}` and `{}` pin the same library",
                        earlier.name.value, location.name.value
                    ),
                )
                .at(uid.span, format!("`{}`", location.name.value))
                .at(other.span, format!("`{}`", earlier.name.value))
                .help("keep one of the two locations, or correct its `uid`"),
            );
        }
    }
    diagnostics
}

/// Locations that ask for uninstalling and name nobody who could.
pub(super) fn uninstall_without_mdm(locations: &[Location]) -> Vec<Diagnostic> {
    let asks = locations.iter().filter(|location| location.mdm.is_none());
    asks.filter_map(|location| {
        let reclaim =
            location.reclaim.as_ref().filter(|mode| mode.value == ReclaimMode::Uninstall)?;
        let name = &location.name.value;
        let message = format!("location `{name}` cannot uninstall: it names no `mdm`");
        Some(
            Diagnostic::error(&codes::UNINSTALL_WITHOUT_MDM, message)
                .at(reclaim.span, "needs a server that removes apps")
                .help("add `mdm:` with the name of an Mdm")
                .help(
                    "or write `reclaim: release` (the app stays on the device) or `reclaim: keep`",
                ),
        )
    })
    .collect()
}
