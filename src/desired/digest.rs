use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{Desired, Person, WantedAsset, WantedSubscription};
use crate::license::{AssetKind, HolderId, HolderRef, HolderSet, Roster};
use crate::manifest::kind::{Intent, ReclaimMode, WhenShort};

/// Version of what is hashed and how: another one, another digest.
const FORMAT: &str = "vpp-desired-1";

/// SHA-256, in hexadecimal, of what the manifests and inventories mean.
///
/// It counts who should hold what for which intent, where, how licenses come back, and what Apple
/// is told of people. It does not count how that is written down: names of manifests and groups,
/// which group or line names a holder, files, the order of anything (but of locations, which is
/// a preference, and of entries under `whenShort: fill`, which is too), comments, or numbering.
/// Guards (`minimum`, `assign: []`) are rules about a plan and not part of it.
pub fn digest(desired: &Desired, roster: &Roster) -> String {
    let everybody = Everybody::of(desired, roster);
    let mut hash = Canonical::default();
    hash.text(FORMAT);
    hash.number(everybody.holders);
    everybody.hash_names(roster, &mut hash);
    let mut assets: Vec<[u8; 32]> =
        desired.assets.iter().map(|asset| asset_digest(asset, &everybody)).collect();
    assets.sort_unstable();
    hash.number(assets.len());
    for asset in assets {
        hash.0.update(asset);
    }
    if !desired.subscriptions.is_empty() {
        hash.text("subscriptions");
        let mut all: Vec<[u8; 32]> =
            desired.subscriptions.iter().map(|one| subscription_digest(one, &everybody)).collect();
        all.sort_unstable();
        hash.number(all.len());
        for one in all {
            hash.0.update(one);
        }
    }
    hash.number(desired.people.len());
    for (user, Person { email, managed_apple_id }) in &desired.people {
        hash.text(user.as_str());
        hash.optional(email.as_deref());
        hash.optional(managed_apple_id.as_deref());
    }
    let mut text = String::new();
    for byte in hash.0.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn asset_digest(wanted: &WantedAsset, everybody: &Everybody) -> [u8; 32] {
    let WantedAsset {
        asset,
        kind,
        name: _,
        bundle_id,
        span: _,
        assign_span: _,
        locations,
        entries,
        // Whom no entry names is what matters, not why.
        except: _,
        except_lines: _,
        reclaim,
        when_short,
        irrevocable,
    } = wanted;
    let mut hash = Canonical::default();
    hash.text(&asset.adam_id.to_string());
    hash.text(asset.pricing_param.as_str());
    hash.text(match kind {
        AssetKind::App => "app",
        AssetKind::Book => "book",
    });
    hash.optional(bundle_id.as_deref());
    hash.number(locations.len());
    for location in locations {
        hash.text(location);
    }
    for intent in [Intent::Required, Intent::Available, Intent::Uninstall] {
        let mut all = HolderSet::new();
        for entry in entries.iter().filter(|entry| entry.intent == intent) {
            all |= &entry.holders;
        }
        everybody.hash_set(&all, &mut hash);
    }
    hash.text(match reclaim {
        None => "default",
        Some(ReclaimMode::Uninstall) => "uninstall",
        Some(ReclaimMode::Release) => "release",
        Some(ReclaimMode::Keep) => "keep",
    });
    match when_short {
        WhenShort::Block => hash.text("block"),
        WhenShort::Fill => {
            hash.text("fill");
            let filled: Vec<_> = entries.iter().filter(|entry| !entry.holders.is_empty()).collect();
            hash.number(filled.len());
            for entry in filled {
                everybody.hash_set(&entry.holders, &mut hash);
            }
        }
    }
    hash.number(usize::from(*irrevocable));
    hash.0.finalize().into()
}

fn subscription_digest(wanted: &WantedSubscription, everybody: &Everybody) -> [u8; 32] {
    let WantedSubscription {
        adam_id,
        name: _,
        span: _,
        assign_span: _,
        location,
        entries,
        // Whom no entry names is what matters, not why.
        except_lines: _,
        reclaim,
        reclaim_span: _,
        deferred,
        when_short,
        administrators,
    } = wanted;
    let mut hash = Canonical::default();
    hash.text(&adam_id.to_string());
    hash.text(location);
    for renewing in [true, false] {
        let mut all = HolderSet::new();
        entries.iter().filter(|entry| entry.renewing == renewing).for_each(|entry| {
            all |= &entry.holders;
        });
        everybody.hash_set(&all, &mut hash);
    }
    hash.text(&format!("{reclaim:?} {deferred} {when_short:?}"));
    if *when_short == WhenShort::Fill {
        let filled: Vec<_> = entries.iter().filter(|entry| !entry.holders.is_empty()).collect();
        hash.number(filled.len());
        for entry in &filled {
            everybody.hash_set(&entry.holders, &mut hash);
        }
    }
    hash.number(usize::from(administrators.is_some()));
    let mut people = HolderSet::new();
    administrators.iter().flatten().for_each(|(_, _, members)| people |= members);
    everybody.hash_set(&people, &mut hash);
    hash.0.finalize().into()
}

/// Every holder any entry decides over, in the order people see: a numbering of its own that is
/// the same on every machine.
struct Everybody {
    /// How many there are.
    holders: usize,
    /// Who they are, in order.
    order: Vec<HolderId>,
    /// Each one's place in the order, by their number in the roster.
    places: Vec<u32>,
}

impl Everybody {
    fn of(desired: &Desired, roster: &Roster) -> Self {
        let mut all = HolderSet::new();
        for asset in &desired.assets {
            for entry in &asset.entries {
                all |= &entry.holders;
            }
        }
        for one in &desired.subscriptions {
            one.entries.iter().for_each(|entry| all |= &entry.holders);
            one.administrators.iter().flatten().for_each(|(_, _, people)| all |= people);
        }
        let order = roster.in_order(&all);
        let mut places = vec![0; roster.len()];
        for (place, id) in (0..).zip(&order) {
            if let Some(slot) = places.get_mut(id.index()) {
                *slot = place;
            }
        }
        Self { holders: order.len(), order, places }
    }

    fn hash_names(&self, roster: &Roster, hash: &mut Canonical) {
        for holder in self.order.iter().filter_map(|&id| roster.get(id)) {
            hash.holder(holder);
        }
    }

    /// Hashes a set as the lengths of the runs of holders that are out of it, in it, out of it …
    fn hash_set(&self, set: &HolderSet, hash: &mut Canonical) {
        let mut bits = vec![0_u64; if set.is_empty() { 0 } else { self.holders.div_ceil(64) }];
        for place in set.iter().filter_map(|id| self.places.get(id.index())) {
            let place = usize::try_from(*place).unwrap_or(usize::MAX);
            if let Some(word) = bits.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        let mut at = 0;
        let mut inside = false;
        // What is left of the present run begins at `at`.
        while let Some(end) = next(&bits, at, !inside).filter(|&end| end < self.holders) {
            hash.number(end - at);
            (at, inside) = (end, !inside);
        }
        hash.number(self.holders - at);
    }
}

/// The first place from `at` on whose bit is as wanted; `None` where there is none.
fn next(bits: &[u64], at: usize, wanted: bool) -> Option<usize> {
    let mut skip = at % 64;
    for (index, word) in bits.iter().enumerate().skip(at / 64) {
        let word = (if wanted { *word } else { !*word }) & (u64::MAX << skip);
        if word != 0 {
            return Some(index * 64 + usize::try_from(word.trailing_zeros()).unwrap_or(0));
        }
        skip = 0;
    }
    None
}

/// A hash of values that cannot run into each other: each text is preceded by its length.
#[derive(Default)]
struct Canonical(Sha256);

impl Canonical {
    fn number(&mut self, number: usize) {
        self.0.update(u64::try_from(number).unwrap_or(u64::MAX).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.number(usize::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }

    fn holder(&mut self, holder: HolderRef<'_>) {
        self.number(match holder {
            HolderRef::Device(_) => 0,
            HolderRef::User(_) => 1,
        });
        self.text(holder.text());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it was first written, one holder after the other.
    fn plainly(order: &[HolderId], set: &HolderSet) -> Vec<usize> {
        let (mut runs, mut inside, mut run) = (vec![], false, 0);
        for &id in order {
            if set.contains(id) != inside {
                runs.push(run);
                (inside, run) = (!inside, 0);
            }
            run += 1;
        }
        runs.push(run);
        runs
    }

    #[test]
    fn runs_are_those_of_one_holder_after_the_other() {
        let mut roster = Roster::new();
        let ids: Vec<HolderId> = (0..200_u32)
            .map(|n| roster.number(HolderRef::Device(&format!("S{}", n * 7919 % 200))).unwrap())
            .collect();
        for holders in [0, 1, 63, 64, 65, 128, 200] {
            let all: HolderSet = ids.iter().take(holders).copied().collect();
            let order = roster.in_order(&all);
            let mut places = vec![0; roster.len()];
            (0..).zip(&order).for_each(|(place, id)| places[id.index()] = place);
            let everybody = Everybody { holders, order: order.clone(), places };
            for step in [1, 2, 3, 50, 64, 300] {
                for from in [0, 1, 5] {
                    let set: HolderSet = order.iter().skip(from).step_by(step).copied().collect();
                    let (mut one, mut other) = (Canonical::default(), Canonical::default());
                    everybody.hash_set(&set, &mut one);
                    for run in plainly(&order, &set) {
                        other.number(run);
                    }
                    assert_eq!(one.0.finalize(), other.0.finalize(), "{holders} {step} {from}");
                }
            }
            let (mut one, mut other) = (Canonical::default(), Canonical::default());
            everybody.hash_set(&HolderSet::new(), &mut one);
            other.number(holders);
            assert_eq!(one.0.finalize(), other.0.finalize(), "nobody of {holders}");
        }
    }
}
