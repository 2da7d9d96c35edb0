use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use crate::license::{AdamId, Asset, PricingParam};

/// What the store says of an app or a book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreItem {
    /// Its name.
    pub name: String,
    /// The app's bundle identifier.
    pub bundle_id: Option<String>,
}

/// What a manifest of an asset is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    /// Unique among all manifests of the kind.
    pub(super) name: String,
    /// Unique file name, without folder and ending.
    pub(super) file: String,
    pub(super) bundle_id: Option<String>,
}

/// Gives every asset of every location a name of its own.
pub(super) struct Names<'a> {
    items: &'a BTreeMap<AdamId, StoreItem>,
    taken: BTreeSet<String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(items: &'a BTreeMap<AdamId, StoreItem>) -> Self {
        Self { items, taken: BTreeSet::new() }
    }

    pub(super) fn of_location(&mut self, source: &Source<'_>) -> BTreeMap<Asset, Title> {
        source.actual.assets.keys().map(|&asset| (asset, self.title(asset, source))).collect()
    }

    fn title(&mut self, asset: Asset, source: &Source<'_>) -> Title {
        let item = self.items.get(&asset.adam_id);
        let plain = item.map(|item| plain(&item.name)).filter(|name| !name.is_empty());
        let mut name = plain.unwrap_or_else(|| format!("app-{}", asset.adam_id));
        if asset.pricing_param == PricingParam::Plus {
            name.push_str(" PLUS");
        }
        let candidates = [
            name.clone(),
            format!("{name} {}", source.name),
            format!("{name} {} {}", source.name, asset.adam_id),
        ];
        let free = candidates.iter().find(|name| !self.taken.contains(&file(name)));
        let name = free.or(candidates.last()).cloned().unwrap_or(name);
        let file = file(&name);
        self.taken.insert(file.clone());
        Title { name, file, bundle_id: item.and_then(|item| item.bundle_id.clone()) }
    }
}

/// A store's name with only the characters a manifest's name may have.
fn plain(name: &str) -> String {
    let cut = name.split([':', '|', '–', '—']).next().unwrap_or(name);
    let kept: String = cut
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._ -".contains(c) { c } else { ' ' })
        .collect();
    let words = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    words.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).chars().take(60).collect()
}

fn file(name: &str) -> String {
    let dashed: String = name
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_the_store_is_cut_to_what_a_manifest_may_be_called() {
        assert_eq!(plain("Notability: Smarter AI Notes"), "Notability");
        assert_eq!(plain("  …Über-App™ 2 "), "ber-App 2");
        assert_eq!(plain("日本語"), "");
        assert_eq!(file("Swift Playgrounds"), "swift-playgrounds");
    }
}
