use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::license::Asset;
use crate::manifest::codes;
use crate::manifest::kind::AssetManifest;

/// Assets that two manifests decide over in one location.
pub(super) fn claimed_twice(assets: &[AssetManifest]) -> Vec<Diagnostic> {
    let mut claims: HashMap<(Asset, &str), usize> = HashMap::new();
    let mut said = HashSet::new();
    let mut diagnostics = Vec::new();
    for (at, later) in assets.iter().enumerate() {
        for location in &later.locations {
            let key = (later.asset.value, location.value.as_str());
            let first = *claims.entry(key).or_insert(at);
            let Some(earlier) = assets.get(first) else { continue };
            // Two of one name are reported as such, and repairing that repairs this.
            let same_name = earlier.kind == later.kind && earlier.name.value == later.name.value;
            if first == at || same_name || !said.insert((first, at)) {
                continue;
            }
            diagnostics.push(
                Diagnostic::error(
                    &codes::CLAIMED_TWICE,
                    format!(
                        "`{}` and `{}` both decide over asset {} in location `{}`",
                        earlier.name.value,
                        later.name.value,
                        later.asset.value,
                        super::super::read::shown(&location.value),
                    ),
                )
                .at(later.asset.span, format!("`{}`", later.name.value))
                .at(earlier.asset.span, format!("`{}`", earlier.name.value))
                .help("merge the two, or give them different locations"),
            );
        }
    }
    diagnostics
}
