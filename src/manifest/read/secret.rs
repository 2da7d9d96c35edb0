//! Where secrets come from. Never says what stands in such a place: it may be the secret itself.

use super::fields::{Field, Fields};
use super::report::Report;
use super::value;
use crate::diagnostic::{At, Diagnostic, Span};
use crate::manifest::codes;
use crate::manifest::kind::TokenSource;
use crate::yaml::{Entry, Node, Value};

/// How messages speak of a secret.
#[derive(Clone, Copy)]
pub(super) struct Secret {
    /// The key in backticks.
    pub(super) what: &'static str,
    /// A variable's name as an example.
    pub(super) variable: &'static str,
    /// What to do where it stands in the manifest itself.
    pub(super) leaked: &'static str,
}

/// A variable's name as shells know it.
pub(super) fn is_variable(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `{ env: … }`, `{ file: … }` or `{ command: […] }`.
pub(super) fn read(
    report: &mut Report,
    field: Field<'_, '_>,
    secret: Secret,
) -> Option<At<TokenSource>> {
    if field.node.scalar().is_some() {
        report.add(in_the_open(report.span(field.key_place), field.key, secret));
        return None;
    }
    let mut fields = Fields::of(report, secret.what, field)?;
    let chosen = fields.one_of(report, &["env", "file", "command"]);
    let source = chosen.and_then(|source| match source.key {
        "env" => {
            let variable = source.node.scalar().unwrap_or_default();
            if source.node.scalar().is_some() && !is_variable(variable) {
                let name = field.key;
                report.add(
                    Diagnostic::error(&codes::SECRET, "`env` is not the name of a variable")
                        .at(report.span(source.key_place), "letters, digits and `_` only")
                        .help(format!(
                            "write the name of the variable that holds the {name}, not the {name}"
                        )),
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

fn in_the_open(span: Span, name: &str, secret: Secret) -> Diagnostic {
    let Secret { what, variable, leaked } = secret;
    let message = format!("{what} must say where the {name} is, not be the {name}");
    Diagnostic::error(&codes::SECRET, message)
        .at(span, "must be `env`, `file` or `command`")
        .help(format!(
            "write `{name}: {{ env: {variable} }}`, or `{{ file: … }}`, or `{{ command: [op, \
             read, …] }}`"
        ))
        .help(leaked)
}

/// Where values stand that may be a secret itself, so that nothing ever prints them: whatever is
/// behind the key and no source.
pub(super) fn hide_behind(
    report: &Report,
    key: &str,
    entries: &[Entry<'_>],
    spans: &mut Vec<Span>,
) {
    let Some(secret) = entries.iter().find(|entry| entry.key == key) else { return };
    match &secret.value.value {
        Value::Scalar(..) => spans.push(report.span(secret.value.place)),
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

/// Hides everything below a node.
pub(super) fn hide(report: &Report, node: &Node<'_>, spans: &mut Vec<Span>) {
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
