//! Whether one plan is what is left of another.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::license::{Asset, ClientUserId, SerialNumber};
use crate::plan::served::{MdmAppPlan, MdmStep};
use crate::plan::{Action, Plan, SubscriptionPlan};
use crate::render::escape;

/// One thing a plan would do, at the location with this id at Apple.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Effect<'a> {
    location: &'a str,
    what: What<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum What<'a> {
    Device(Asset, Action, &'a str),
    User(Asset, Action, &'a str),
    /// Everything else a plan does, as it is written in the plan file.
    Other(&'static str, String),
}

/// The first thing `left` would do that `whole` would not.
pub(super) fn beyond(left: &Plan, whole: &Plan) -> Option<String> {
    let approved = effects(whole);
    effects(left).difference(&approved).next().map(ToString::to_string)
}

/// What the fingerprint is made of.
fn effects(plan: &Plan) -> BTreeSet<Effect<'_>> {
    let uid = |name: &str| {
        let location = plan.locations.iter().find(|location| location.name == name);
        location.and_then(|location| location.uid.as_deref()).unwrap_or_default()
    };
    let mut effects = BTreeSet::new();
    for change in plan.changes.iter().chain(&plan.later) {
        let location = uid(&change.location);
        let devices = change.devices.iter().map(SerialNumber::as_str);
        let users = change.users.iter().map(ClientUserId::as_str);
        let of_devices = devices.map(|one| What::Device(change.asset, change.action, one));
        let of_users = users.map(|one| What::User(change.asset, change.action, one));
        effects.extend(of_devices.chain(of_users).map(|what| Effect { location, what }));
    }
    for location in &plan.locations {
        let users = &location.users;
        let json = |word, value: serde_json::Result<Value>| {
            // Strings and structs of strings: writing them cannot fail.
            What::Other(word, value.unwrap_or_default().to_string())
        };
        let claim = location.claim.iter().map(|who| json("claim", serde_json::to_value(who)));
        let create = users.create.iter().map(|who| json("create", serde_json::to_value(who)));
        let update = users.update.iter().map(|who| json("update", serde_json::to_value(who)));
        let retire = users.retire.iter().map(|who| json("retire", serde_json::to_value(who)));
        let uid = location.uid.as_deref().unwrap_or_default();
        let all = claim.chain(create).chain(update).chain(retire);
        effects.extend(all.map(|what| Effect { location: uid, what }));
        let seats = location.subscriptions.iter().flat_map(seats);
        effects.extend(seats.map(|what| Effect { location: uid, what }));
    }
    for location in &plan.mdm_locations {
        let token = location.token.as_ref().map_or("", |token| token.id.as_str());
        for app in &location.apps {
            let steps = app.steps.iter().map(|step| assignment(app, step));
            effects.extend(steps.map(|what| Effect { location: token, what }));
        }
    }
    effects
}

fn seats(plan: &SubscriptionPlan) -> Vec<What<'_>> {
    let other = |word, what: String, user: &ClientUserId| {
        What::Other(word, format!("{what} {}", escape::terminal(user.as_str())))
    };
    let enable = plan.enable.then(|| What::Other("enable", "subscriptions".to_owned()));
    let mut all: Vec<What<'_>> = enable.into_iter().collect();
    for change in &plan.changes {
        let what = format!("{} {}", change.action.as_str(), change.adam_id);
        all.extend(change.users.iter().map(|user| other("seat", what.clone(), user)));
    }
    for change in &plan.administrators {
        let what = format!("{} {}", change.action, change.adam_id);
        all.extend(change.users.iter().map(|user| other("change", what.clone(), user)));
    }
    all
}

/// What a server would be told of one group.
fn assignment<'a>(app: &MdmAppPlan, step: &MdmStep) -> What<'a> {
    let MdmStep { action, target, from, to, .. } = step;
    let what = serde_json::json!({
        "app": app.asset, "action": action, "target": target, "from": from, "to": to
    });
    What::Other("assignment", what.to_string())
}

impl fmt::Display for Effect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { location, what } = self;
        let (asset, action, kind, who) = match what {
            What::Device(asset, action, who) => (asset, action, "device", who),
            What::User(asset, action, who) => (asset, action, "user", who),
            What::Other(word, who) => return write!(f, "{word} {who} at {location}"),
        };
        write!(f, "{action} {} {kind} {} at {location}", asset.adam_id, escape::terminal(who))
    }
}

#[cfg(test)]
mod tests {
    use super::beyond;
    use crate::plan::Plan;
    use crate::plan::world::{World, devices};

    fn giving(to: std::ops::RangeInclusive<u32>) -> Plan {
        let world = World::new().group("year-7", devices(to)).app("notability").to("year-7");
        world.owns(20).plan()
    }

    #[test]
    fn what_is_left_is_part_of_the_plan_and_more_is_not() {
        let whole = giving(1..=8);
        assert_eq!(beyond(&giving(3..=5), &whole), None);
        assert_eq!(beyond(&whole, &whole), None);
        let more = beyond(&giving(8..=9), &whole);
        assert_eq!(more.as_deref(), Some("assign 1001 device D009 at 2049025000431439"));
    }

    #[test]
    fn another_location_or_another_action_is_not_part_of_it() {
        let whole = giving(1..=8);
        let mut elsewhere = giving(1..=2);
        elsewhere.locations[0].uid = Some("1".to_owned());
        assert!(beyond(&elsewhere, &whole).unwrap().ends_with("at 1"));
        let mut otherwise = giving(1..=2);
        otherwise.changes[0].action = crate::plan::Action::Release;
        assert!(beyond(&otherwise, &whole).unwrap().starts_with("release "));
    }
}
