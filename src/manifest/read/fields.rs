use std::fmt;

use super::report::{Report, shown};
use crate::diagnostic::{Diagnostic, nearest};
use crate::manifest::codes;
use crate::yaml::{Entry, Node, Place, Value};

/// Longer words are no typing mistakes, and comparing them costs their length squared.
pub(super) const LONGEST_WORD: usize = 100;

/// The keys of one mapping, taken out one by one; what is left at the end is unknown.
pub(super) struct Fields<'n, 't> {
    /// What the mapping is, for messages: "a Location", "`csv`".
    what: &'static str,
    /// What a missing key is reported at: something of one line.
    anchor: Place,
    entries: &'n [Entry<'t>],
    known: Vec<&'static str>,
}

/// A value and the key it stands behind.
#[derive(Clone, Copy)]
pub(super) struct Field<'n, 't> {
    pub(super) key: &'static str,
    /// One of several values in a list.
    pub(super) is_item: bool,
    pub(super) key_place: Place,
    pub(super) node: &'n Node<'t>,
}

impl fmt::Display for Field<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, is_item, key_place: _, node: _ } = self;
        if *is_item { write!(f, "an item of `{key}`") } else { write!(f, "`{key}`") }
    }
}

impl<'n, 't> Field<'n, 't> {
    /// The same value as one of the list behind the key.
    pub(super) fn item(self, node: &'n Node<'t>) -> Self {
        Self { is_item: true, key_place: node.place, node, ..self }
    }
}

impl<'n, 't> Fields<'n, 't> {
    /// The keys of a whole document.
    pub(super) fn of_document(what: &'static str, anchor: Place, entries: &'n [Entry<'t>]) -> Self {
        Self { what, anchor, entries, known: vec!["apiVersion", "kind"] }
    }

    /// The keys of the mapping behind a key.
    pub(super) fn of(
        report: &mut Report,
        what: &'static str,
        field: Field<'n, 't>,
    ) -> Option<Self> {
        match &field.node.value {
            Value::Mapping(entries) => {
                // Items begin with their first key; flow items and fields with their own text.
                let anchor = match entries.first() {
                    Some(first) if field.is_item => first.key_place,
                    _ => field.key_place,
                };
                Some(Self { what, anchor, entries, known: Vec::new() })
            }
            Value::Scalar(..) | Value::Sequence(_) | Value::Refused => {
                super::value::wrong_type(report, field, "a mapping");
                None
            }
        }
    }

    pub(super) fn what(&self) -> &'static str {
        self.what
    }

    pub(super) fn anchor(&self) -> Place {
        self.anchor
    }

    /// Whether the key was written, with whatever behind it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Whether a key is left that nobody has asked for so far.
    pub(super) fn has_unknown(&self) -> bool {
        self.entries.iter().any(|entry| !self.known.contains(&entry.key.as_ref()))
    }

    /// The value of a key that may be left out.
    pub(super) fn optional(
        &mut self,
        report: &mut Report,
        key: &'static str,
    ) -> Option<Field<'n, 't>> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        let field = Field { key, is_item: false, key_place: entry.key_place, node: &entry.value };
        if field.node.is_null() {
            report.add(
                Diagnostic::error(&codes::WRONG_TYPE, format!("`{key}` has no value"))
                    .at(report.span(entry.key_place), "nothing behind it")
                    .help(if key == "assign" {
                        "write `assign: []` where nobody should have it".to_owned()
                    } else {
                        format!("give `{key}` a value, or remove the key")
                    }),
            );
            return None;
        }
        Some(field)
    }

    /// The value of a key that must be there.
    pub(super) fn required(
        &mut self,
        report: &mut Report,
        key: &'static str,
        example: &str,
    ) -> Option<Field<'n, 't>> {
        if !self.has(key) {
            self.known.push(key);
            self.missing(report, key, example);
            return None;
        }
        self.optional(report, key)
    }

    pub(super) fn missing(&self, report: &mut Report, key: &str, example: &str) {
        report.add(
            Diagnostic::error(&codes::MISSING_KEY, format!("{} has no `{key}`", self.what))
                .at(report.span(self.anchor), format!("`{key}` is missing"))
                .help(format!("add `{key}: {example}`")),
        );
    }

    /// A key other documents have and this one cannot have.
    pub(super) fn refuse(
        &mut self,
        report: &mut Report,
        key: &'static str,
        code: &'static crate::diagnostic::Code,
        why: &str,
    ) {
        if let Some(entry) = self.entries.iter().find(|entry| entry.key == key) {
            // Not among the suggestions, but said only once.
            report.add(
                Diagnostic::error(code, format!("{} cannot have `{key}`: {why}", self.what))
                    .at(report.span(entry.key_place), "remove it"),
            );
        }
    }

    /// Exactly one of several keys; `None` where it is none or more.
    pub(super) fn one_of(
        &mut self,
        report: &mut Report,
        keys: &[&'static str],
    ) -> Option<Field<'n, 't>> {
        let listed = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let mut given = keys.iter().copied().filter(|key| self.has(key));
        match (given.next(), given.next()) {
            (Some(only), None) => {
                self.known.extend(keys.iter().copied().filter(|&key| key != only));
                self.optional(report, only)
            }
            (first, _) => {
                let count = if first.is_some() { "more than one" } else { "none" };
                let mut diagnostic = Diagnostic::error(
                    &codes::EXACTLY_ONE,
                    format!("{} has {count} of {listed}", self.what),
                );
                for entry in self.entries.iter().filter(|e| keys.contains(&e.key.as_ref())) {
                    diagnostic = diagnostic.at(report.span(entry.key_place), "");
                }
                if first.is_none() {
                    diagnostic = diagnostic.at(report.span(self.anchor), "one is needed");
                }
                report.add(diagnostic.help(format!("keep exactly one of {listed}")));
                self.known.extend(keys);
                None
            }
        }
    }

    /// Reports what nobody asked for. `refused` are keys that [`Fields::refuse`] spoke of.
    pub(super) fn finish(self, report: &mut Report, refused: &[&str]) {
        let Self { what, anchor: _, entries, known } = self;
        for entry in entries {
            let key = entry.key.as_ref();
            if known.contains(&key) || refused.contains(&key) {
                continue;
            }
            if report.is_full() {
                report.add_uncounted(1);
                continue;
            }
            let near =
                if key.len() <= LONGEST_WORD { nearest(key, known.iter().copied()) } else { None };
            let message = format!("{what} has no key `{}`", shown(key));
            report.add(
                Diagnostic::error(&codes::UNKNOWN_KEY, message)
                    .at(report.span(entry.key_place), "unknown key")
                    .help(match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if known.is_empty() => "remove it: there is nothing to set".to_owned(),
                        None => format!("known keys: {}", known.join(", ")),
                    }),
            );
        }
    }
}
