//! What the YAML reader found wrong, in the words of manifests.

use super::report::{Report, shown};
use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::yaml::{Fault, FaultKind, MAX_DEPTH, MAX_NODES};

pub(super) fn add(report: &mut Report, fault: Fault, text: &str) {
    if report.is_full() && !fault.kind.loses_document() {
        report.add_uncounted(1);
        return;
    }
    let Fault { kind, place, earlier } = fault;
    let span = report.span(place);
    let refused = |what: &str, label: &str, help: &str| {
        Diagnostic::error(&codes::YAML_FEATURE, format!("{what} in manifests"))
            .at(span, label)
            .help(help)
    };
    let diagnostic = match kind {
        FaultKind::Syntax(reason) => {
            Diagnostic::error(&codes::SYNTAX, format!("not YAML: {}", shown(&reason)))
                .at(span, "")
                .help("look at this line and the one above it")
        }
        FaultKind::Tab => Diagnostic::error(&codes::TAB, "a tab stands where YAML counts spaces")
            .at(span, "replace it with spaces"),
        FaultKind::TooDeep => Diagnostic::error(
            &codes::TOO_DEEP,
            format!("lists and mappings stand more than {MAX_DEPTH} deep in each other"),
        )
        .at(span, "too deep"),
        FaultKind::TooMany => {
            Diagnostic::error(&codes::TOO_DEEP, format!("more than {MAX_NODES} values in one file"))
                .at(span, "reading stopped here")
                .help("split the file, or keep long lists in an Inventory")
        }
        FaultKind::Control(c) => {
            let number = u32::from(c);
            Diagnostic::error(
                &codes::CONTROL,
                format!("control character U+{number:04X} at byte {}", place.start),
            )
            .at(span, "remove it")
            .help("inside double quotes write it as an escape, for example \"\\x00\"")
        }
        FaultKind::DuplicateKey(key) => {
            let message = format!("`{}` is given twice", shown(&key));
            let diagnostic =
                Diagnostic::error(&codes::DUPLICATE_KEY, message).at(span, "again here");
            match earlier {
                Some(first) => diagnostic.at(report.span(first), "first here"),
                None => diagnostic,
            }
            .help("keep one of the two")
        }
        FaultKind::KeyNotText => {
            Diagnostic::error(&codes::WRONG_TYPE, "a key must be text, not a list or mapping")
                .at(span, "must be text")
        }
        FaultKind::Anchor => refused(
            "anchors are refused",
            "an anchor",
            "remove it, and write the value out where it is wanted",
        ),
        FaultKind::Alias => {
            // An unquoted `*` is more often a pattern than an alias.
            let written = text.get(span.start..span.end).map_or(String::new(), |alias| {
                format!("; for the text itself write \"{}\"", shown(alias))
            });
            let help = format!("write the value out{written}");
            refused("aliases are refused", "an alias", &help)
        }
        FaultKind::MergeKey => {
            refused("merge keys are refused", "a merge key", "write the keys out")
        }
        FaultKind::Tag => {
            let help = "remove it; for text put the value in quotes";
            refused("tags are refused", "a tag", help)
        }
        FaultKind::Directive => refused("directives are refused", "a directive", "remove the line"),
    };
    report.add(diagnostic);
}
