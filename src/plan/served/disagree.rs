//! Apple's holders against the server's.

use std::collections::BTreeSet;

use super::{MdmAppPlan, MdmDisagreement};
use crate::actual::Actual;
use crate::intune::{Holder, Seen};
use crate::license::{Asset, HolderRef, Roster};

/// Where the two disagree; `None` where they do not. Only devices are compared: people have other
/// names at Apple.
pub(super) fn of(
    seen: &Seen,
    actual: &Actual,
    roster: &Roster,
    asset: Asset,
    plan: &MdmAppPlan,
) -> Option<MdmDisagreement> {
    let held = actual.held.get(&asset)?;
    let mut at_apple = BTreeSet::new();
    for holder in roster.sorted(held) {
        if let HolderRef::Device(serial) = holder {
            at_apple.insert(serial.to_owned());
        }
    }
    let known = seen.devices.serials();
    let listed: Option<BTreeSet<String>> = seen.apps.get(&asset)?.holders.as_ref().map(|holders| {
        let serial = |holder: &Holder| match holder {
            Holder::Device(id) => {
                let serial = seen.devices.get(id)?.serial_number.as_deref()?;
                Some(serial.trim().to_ascii_uppercase())
            }
            Holder::User(_) => None,
        };
        holders.iter().filter_map(serial).collect()
    });
    let texts = |set: &mut dyn Iterator<Item = &String>| set.cloned().collect::<Vec<String>>();
    let unknown = texts(&mut at_apple.difference(&known));
    let (only_apple, only_mdm) = match &listed {
        Some(listed) => (
            texts(&mut at_apple.difference(listed).filter(|serial| known.contains(*serial))),
            texts(&mut listed.difference(&at_apple)),
        ),
        None => (vec![], vec![]),
    };
    let apple = actual.assets.get(&asset).map_or(held.len(), |owned| owned.assigned);
    let same = unknown.is_empty() && only_apple.is_empty() && only_mdm.is_empty();
    if same && apple == plan.used {
        return None;
    }
    Some(MdmDisagreement { apple, mdm: plan.used, unknown, only_apple, only_mdm })
}
