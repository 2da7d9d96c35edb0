use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::kind::SubscriptionManifest;
use crate::manifest::read::shown;

/// Subscriptions that two manifests decide over in one location.
pub(super) fn claimed_twice(subscriptions: &[SubscriptionManifest]) -> Vec<Diagnostic> {
    let mut claims: HashMap<_, &SubscriptionManifest> = HashMap::new();
    let mut diagnostics = Vec::new();
    for later in subscriptions {
        let key = (later.adam_id.value, later.location.value.as_str());
        let earlier = *claims.entry(key).or_insert(later);
        // Two of one name are reported as such, and repairing that repairs this.
        if earlier.name.value == later.name.value {
            continue;
        }
        diagnostics.push(
            Diagnostic::error(
                &codes::CLAIMED_TWICE,
                format!(
                    "`{}` and `{}` both decide over subscription {} in location `{}`",
                    earlier.name.value,
                    later.name.value,
                    later.adam_id.value,
                    shown(&later.location.value),
                ),
            )
            .at(later.adam_id.span, format!("`{}`", later.name.value))
            .at(earlier.adam_id.span, format!("`{}`", earlier.name.value))
            .help("merge the two, or give them different locations"),
        );
    }
    diagnostics
}
