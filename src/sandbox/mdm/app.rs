use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::sandbox::library::{at, number};

/// An app, as the store and devices know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct App {
    /// Its bundle id, where somebody has said it.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub(crate) bundle: Option<String>,
    /// Its number in the store, where it is in there.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(crate) adam: Option<String>,
}

impl App {
    /// What people call it here.
    pub(crate) fn label(&self) -> &str {
        self.bundle.as_deref().or(self.adam.as_deref()).unwrap_or_default()
    }
}

/// Every app there is, numbered once.
#[derive(Debug, Default)]
pub(crate) struct Apps {
    items: Vec<App>,
    by_bundle: HashMap<String, u32>,
    by_adam: HashMap<String, u32>,
}

impl Apps {
    pub(crate) fn get(&self, app: u32) -> Option<&App> {
        self.items.get(at(app))
    }

    pub(crate) fn label(&self, app: u32) -> &str {
        self.get(app).map(App::label).unwrap_or_default()
    }

    pub(crate) fn items(&self) -> &[App] {
        &self.items
    }

    pub(crate) fn restore(items: Vec<App>) -> Self {
        let mut apps = Self::default();
        for App { bundle, adam } in items {
            apps.add(bundle, adam);
        }
        apps
    }

    /// The app with a bundle id, made known now if it is new.
    pub(crate) fn bundle(&mut self, bundle: &str) -> u32 {
        match self.by_bundle.get(bundle) {
            Some(known) => *known,
            None => self.add(Some(bundle.to_owned()), None),
        }
    }

    /// The app with a number in the store, made known now if it is new.
    pub(crate) fn adam(&mut self, adam: &str, bundle: Option<&str>) -> u32 {
        match (self.by_adam.get(adam).copied(), bundle) {
            (Some(known), None) => known,
            (Some(known), Some(bundle)) => {
                // A world need not say bundle ids: the first command that names both does.
                if let Some(App { bundle: unsaid @ None, .. }) = self.items.get_mut(at(known))
                    && !self.by_bundle.contains_key(bundle)
                {
                    *unsaid = Some(bundle.to_owned());
                    self.by_bundle.insert(bundle.to_owned(), known);
                }
                known
            }
            (None, Some(bundle)) => {
                let known = self.bundle(bundle);
                if let Some(App { adam: unsaid @ None, .. }) = self.items.get_mut(at(known)) {
                    *unsaid = Some(adam.to_owned());
                    self.by_adam.insert(adam.to_owned(), known);
                    return known;
                }
                // Another number has this bundle id already: another app.
                self.add(None, Some(adam.to_owned()))
            }
            (None, None) => self.add(None, Some(adam.to_owned())),
        }
    }

    fn add(&mut self, bundle: Option<String>, adam: Option<String>) -> u32 {
        let app = number(self.items.len());
        if let Some(bundle) = &bundle {
            self.by_bundle.insert(bundle.clone(), app);
        }
        if let Some(adam) = &adam {
            self.by_adam.insert(adam.clone(), app);
        }
        self.items.push(App { bundle, adam });
        app
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_names_an_apps_number_and_bundle_id_ties_them() {
        let mut apps = Apps::default();
        let notes = apps.adam("11", None);
        assert_eq!(apps.label(notes), "11");
        assert_eq!(apps.adam("11", Some("com.notes")), notes);
        assert_eq!(apps.bundle("com.notes"), notes);
        let draw = apps.bundle("com.draw");
        assert_eq!(apps.adam("12", Some("com.draw")), draw);
        assert_ne!(apps.adam("13", Some("com.draw")), draw, "one bundle id, one number");
        let again = Apps::restore(apps.items().to_vec());
        assert_eq!((again.items(), &again.by_adam), (apps.items(), &apps.by_adam));
    }
}
