use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::kind::Location;

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
