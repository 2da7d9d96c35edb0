//! The hash of what a plan would do.
//!
//! It is SHA-256 over plain lines that anyone can write down again. First `vpp1`, then for every
//! location where something happens, ascending by Apple's id, `location` and the id as a JSON
//! string, followed by its effects, each a line:
//!
//! ```text
//! claim {"id":…,"name":…,"metadata":…}
//! create {"client_user_id":…,"email":…,"managed_apple_id":…}
//! update {…}
//! retire "ada"
//! release 360593530 STDQ device "DMPXK1A2HJ0M"
//! uninstall …
//! assign … user "ada"
//! assign and install … device "DMPXK1A2HJ0M"
//! enable subscriptions
//! seat release 6400000001 "ada"
//! administrator add 6400000001 "ada"
//! ```
//!
//! in that order, people ascending by id, licenses by asset, action and holder, seats by
//! subscription, action and person. Where a server owns the token, what it would be told follows: `mdm`
//! and a list of token, app, action, target and both sides. What does not happen has no line, so a plan
//! without subscriptions has the fingerprint it had before there were any. Causes, names,
//! files, the number of requests and the order of anything in the manifests are not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::served::{MdmLocationPlan, MdmStep};
use super::{Action, Change, LocationPlan, Plan, SeatAction, SubscriptionPlan};
use crate::license::{AdamId, Asset, ClientUserId, SerialNumber};

/// The fingerprint of what the plan would do: `vpp1:` and 64 hexadecimal digits.
pub fn fingerprint(plan: &Plan) -> String {
    of(&plan.locations, &plan.changes, &plan.later, &plan.mdm_locations)
}

/// A fingerprint as people compare it: `vpp1:9f2c-41d0-77ab`. A text that is none is given back
/// as it is.
pub fn short(fingerprint: &str) -> String {
    let parts = fingerprint.split_once(':').and_then(|(version, digits)| {
        Some((version, digits.get(0..4)?, digits.get(4..8)?, digits.get(8..12)?))
    });
    match parts {
        Some((version, a, b, c)) => format!("{version}:{a}-{b}-{c}"),
        None => fingerprint.to_owned(),
    }
}

/// An asset, what happens to it, whether it waits for a license, whether the app is installed, too.
type What = (Asset, Action, bool, bool);

/// What moves of one asset in one way.
#[derive(Default)]
struct Moves<'a> {
    devices: Vec<&'a SerialNumber>,
    users: Vec<&'a ClientUserId>,
}

pub(super) fn of(
    locations: &[LocationPlan],
    changes: &[Change],
    later: &[Change],
    served: &[MdmLocationPlan],
) -> String {
    let uids: BTreeMap<&str, &str> = locations
        .iter()
        .map(|location| (location.name.as_str(), location.uid.as_deref().unwrap_or_default()))
        .collect();
    let mut moves: BTreeMap<&str, BTreeMap<What, Moves<'_>>> = BTreeMap::new();
    let now = changes.iter().map(|change| (change, false));
    for (change, waits) in now.chain(later.iter().map(|change| (change, true))) {
        let uid = uids.get(change.location.as_str()).copied().unwrap_or_default();
        let assets = moves.entry(uid).or_default();
        let Moves { devices, users } =
            assets.entry((change.asset, change.action, waits, change.install)).or_default();
        devices.extend(&change.devices);
        users.extend(&change.users);
    }
    let mut ordered: Vec<&LocationPlan> = locations.iter().collect();
    ordered.sort_by_key(|location| location.uid.as_deref().unwrap_or_default());

    let mut hash = Lines::new();
    hash.line("vpp1");
    let mut last = None;
    for location in ordered {
        let uid = location.uid.as_deref().unwrap_or_default();
        let licenses = if last == Some(uid) { None } else { moves.remove(uid) };
        last = Some(uid);
        let users = &location.users;
        let people = users.create.len() + users.update.len() + users.retire.len();
        let seats =
            location.subscriptions.as_ref().filter(|seats| seats.enable || !seats.is_empty());
        let nothing = licenses.is_none() && people == 0 && location.claim.is_none();
        if nothing && seats.is_none() {
            continue;
        }
        hash.json("location", &uid);
        if let Some(claim) = &location.claim {
            hash.json("claim", claim);
        }
        users.create.iter().for_each(|user| hash.json("create", user));
        users.update.iter().for_each(|user| hash.json("update", user));
        users.retire.iter().for_each(|user| hash.json("retire", user));
        for ((asset, action, waits, install), Moves { mut devices, mut users }) in
            licenses.into_iter().flatten()
        {
            devices.sort_unstable();
            users.sort_unstable();
            let later = if waits { "later " } else { "" };
            let (number, price) = (asset.adam_id, asset.pricing_param.as_str());
            let install = if install { " and install" } else { "" };
            let what = format!("{later}{action}{install} {number} {price}");
            for device in devices {
                hash.json(&format!("{what} device"), device);
            }
            for user in users {
                hash.json(&format!("{what} user"), user);
            }
        }
        if let Some(seats) = seats {
            subscriptions(&mut hash, seats);
        }
    }
    of_servers(served, &mut hash);
    hash.finish()
}

fn subscriptions(hash: &mut Lines, plan: &SubscriptionPlan) {
    if plan.enable {
        hash.line("enable subscriptions");
    }
    let mut moves: BTreeSet<(AdamId, SeatAction, &ClientUserId)> = BTreeSet::new();
    for change in &plan.changes {
        moves.extend(change.users.iter().map(|user| (change.adam_id, change.action, user)));
    }
    for (adam_id, action, user) in moves {
        hash.json(&format!("seat {} {adam_id}", action.as_str()), user);
    }
    let mut people: BTreeSet<(AdamId, bool, &ClientUserId)> = BTreeSet::new();
    for change in &plan.administrators {
        people.extend(change.users.iter().map(|user| (change.adam_id, change.is_add(), user)));
    }
    for (adam_id, add, user) in people {
        let word = if add { "add" } else { "remove" };
        hash.json(&format!("administrator {word} {adam_id}"), user);
    }
}

/// What servers would be told, ascending by token and app; nothing where there is nothing.
fn of_servers(served: &[MdmLocationPlan], hash: &mut Lines) {
    let mut steps = vec![];
    for location in served {
        let token = location.token.as_ref().map_or("", |token| token.id.as_str());
        for app in &location.apps {
            for MdmStep { action, target, from, to, .. } in &app.steps {
                steps.push((token, app.id.as_deref(), *action, target, from, to));
            }
        }
    }
    steps.sort_unstable();
    for step in &steps {
        hash.json("mdm", step);
    }
}

/// Lines on their way into the hash.
struct Lines(Sha256);

impl Lines {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn line(&mut self, line: &str) {
        self.0.update(line);
        self.0.update(b"\n");
    }

    /// A word and a value; JSON keeps names with line breaks from looking like other lines.
    fn json(&mut self, word: &str, value: &impl Serialize) {
        // The values are strings and structs of strings: writing them cannot fail.
        let text = serde_json::to_string(value).unwrap_or_default();
        self.line(&format!("{word} {text}"));
    }

    fn finish(self) -> String {
        let mut text = String::from("vpp1:");
        for byte in self.0.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn the_short_form_keeps_twelve_digits() {
        let long = format!("vpp1:9f2c41d077ab{}", "0".repeat(52));
        assert_eq!(short(&long), "vpp1:9f2c-41d0-77ab");
        assert_eq!(short("vpp1:9f"), "vpp1:9f");
        assert_eq!(short("nonsense"), "nonsense");
    }
}
