use std::collections::{BTreeSet, HashMap};

use crate::diagnostic::{At, Diagnostic, Span, nearest};
use crate::license::AdamId;
use crate::manifest::kind::InventorySource;
use crate::manifest::read::{Kind, shown};
use crate::manifest::{Manifests, codes};

/// Suggestions are looked for this often; comparing many words with many names takes long.
const SUGGESTIONS: usize = 100;
/// Longer words are no typing mistakes of names.
const LONGEST_WORD: usize = 100;

/// References to documents that do not exist.
pub(super) fn dangling(
    manifests: &Manifests,
    names: &[(Kind, At<String>)],
    unreadable: &[Span],
) -> Vec<Diagnostic> {
    let mut known: HashMap<Kind, BTreeSet<&str>> = HashMap::new();
    for (kind, name) in names {
        known.entry(*kind).or_default().insert(&name.value);
    }
    let mut check = Check { known, unreadable, suggestions: SUGGESTIONS, found: Vec::new() };
    for location in &manifests.locations {
        check.all(Kind::Mdm, &location.mdm);
    }
    for inventory in &manifests.inventories {
        if let InventorySource::Roster(roster) = &inventory.source.value {
            check.all(Kind::Inventory, roster.devices.as_ref().map(|devices| &devices.from));
        }
    }
    for group in &manifests.groups {
        check.all(Kind::Inventory, &group.from);
        check.all(Kind::Group, &group.include);
    }
    for mdm in &manifests.mdms {
        let column = mdm.driver.value.device_column();
        check.all(Kind::Inventory, column.map(|column| &column.inventory));
    }
    for asset in &manifests.assets {
        check.all(Kind::Location, &asset.locations);
        check.all(Kind::Group, asset.assign.iter().map(|entry| &entry.to));
        check.all(Kind::Group, &asset.except);
    }
    for subscription in &manifests.subscriptions {
        check.all(Kind::Location, [&subscription.location]);
        check.all(Kind::Group, subscription.assign.iter().map(|entry| &entry.to));
        check.all(Kind::Group, &subscription.except);
        check.all(Kind::Group, subscription.administrators.iter().flatten());
    }
    for policy in &manifests.policies {
        for protection in &policy.protect {
            check.all(Kind::Group, &protection.group);
            if let Some(app) = &protection.app
                && !check.is_asset(&app.value)
            {
                let help = "an app whose manifest is gone is protected by its adamId";
                check.add(
                    &codes::NO_SUCH,
                    "app, book or subscription",
                    &[Kind::App, Kind::Book, Kind::Subscription],
                    app,
                    Some(help),
                );
            }
        }
        for allowance in &policy.allow {
            let kinds = [Kind::App, Kind::Book, Kind::Subscription, Kind::Group, Kind::Location];
            if let Some(app) = &allowance.app
                && !check.is_asset(&app.value)
                && !kinds.iter().any(|kind| check.has(*kind, &app.value))
            {
                let what = "app, book, subscription, group or location";
                check.add(&codes::STALE_ALLOWANCE, what, &kinds, app, None);
            }
        }
    }
    check.found
}

struct Check<'m> {
    known: HashMap<Kind, BTreeSet<&'m str>>,
    unreadable: &'m [Span],
    suggestions: usize,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn has(&self, kind: Kind, name: &str) -> bool {
        self.known.get(&kind).is_some_and(|names| names.contains(name))
    }

    fn is_asset(&self, name: &str) -> bool {
        let kinds = [Kind::App, Kind::Book, Kind::Subscription];
        kinds.iter().any(|kind| self.has(*kind, name)) || name.parse::<AdamId>().is_ok()
    }

    fn all<'r>(&mut self, kind: Kind, references: impl IntoIterator<Item = &'r At<String>>) {
        let what = match kind {
            Kind::Location => "location",
            Kind::Inventory => "inventory",
            Kind::Group => "group",
            Kind::App => "app",
            Kind::Book => "book",
            Kind::Subscription => "subscription",
            Kind::Policy => "policy",
            Kind::Mdm => "Mdm",
        };
        for reference in references {
            if !self.has(kind, &reference.value) {
                self.add(&codes::NO_SUCH, what, &[kind], reference, None);
            }
        }
    }

    fn add(
        &mut self,
        code: &'static crate::diagnostic::Code,
        what: &str,
        kinds: &[Kind],
        reference: &At<String>,
        help: Option<&str>,
    ) {
        let name = &reference.value;
        let near = if self.suggestions > 0 && name.len() <= LONGEST_WORD {
            self.suggestions -= 1;
            let names = kinds.iter().filter_map(|kind| self.known.get(kind)).flatten();
            nearest(name, names.copied())
        } else {
            None
        };
        let message = format!("there is no {what} named `{}`", shown(name));
        let mut diagnostic = if *code == codes::STALE_ALLOWANCE {
            Diagnostic::warning(code, message)
        } else {
            Diagnostic::error(code, message)
        }
        .at(reference.span, "not defined");
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if let Some(help) = help {
            diagnostic = diagnostic.help(help);
        } else if self.unreadable.is_empty() {
            diagnostic = diagnostic.help(format!("add the {what}, or correct the name"));
        }
        if !self.unreadable.is_empty() {
            diagnostic = diagnostic.help(match self.unreadable.len() {
                1 => "it may be in the document that could not be read".to_owned(),
                many => format!("it may be in one of {many} documents that could not be read"),
            });
        }
        self.found.push(diagnostic);
    }
}
