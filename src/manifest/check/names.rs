use std::collections::HashMap;

use crate::diagnostic::{At, Diagnostic};
use crate::manifest::codes;
use crate::manifest::read::Kind;

/// Names that two documents of one kind share.
pub(super) fn duplicates(names: &[(Kind, At<String>)]) -> Vec<Diagnostic> {
    let mut first = HashMap::new();
    let mut diagnostics = Vec::new();
    for (kind, name) in names {
        let earlier = *first.entry((*kind, name.value.as_str())).or_insert(name.span);
        if earlier != name.span {
            diagnostics.push(
                Diagnostic::error(
                    &codes::DUPLICATE_NAME,
                    format!(
                        "there are two documents of kind {} named `{}`",
                        kind.as_str(),
                        name.value
                    ),
                )
                .at(name.span, "again here")
                .at(earlier, "first here")
                .help("rename one, or merge the two"),
            );
        }
    }
    diagnostics
}
