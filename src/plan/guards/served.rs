//! Guards of locations whose server owns the token, one function each.

use super::limits::{Bound, bounds};
use super::{Guard, Trip, View};
use crate::diagnostic::{Code, Span};
use crate::intune::{Target, Word};
use crate::manifest::kind::{
    AssetManifest, EntraGroup, Group, LicenseKind, Limit, Limits, Location, TokenExpiry,
};
use crate::plan::numbers::{count, counted, grouped};
use crate::plan::served::{MdmAction, MdmAppPlan, MdmLocationPlan};

/// Without a policy: a month to get a new token, and no planning with one that has ended.
const DEFAULT_EXPIRY: TokenExpiry = TokenExpiry { warn_days: 30, block_days: 0 };
/// So many serial numbers are named.
const EXAMPLES: usize = 5;

pub(super) const UNREAD: Guard = Guard {
    code: Code {
        id: "VPP-G150",
        title: "the server of a location could not be read",
        explain: "What Intune has is read whole or not at all: half an answer would look like \
                  assignments that are gone. Nothing is planned for the location. Mend what the \
                  message says and plan again.",
    },
    waivable: false,
    check: unread,
};

pub(super) const TOKEN: Guard = Guard {
    code: Code {
        id: "VPP-G151",
        title: "the server cannot use the location's token",
        explain: "Intune says that the content token is expired, invalid or assigned to another \
                  server, so it would neither give licenses nor take them back, and a used count \
                  that does not fall would prove nothing. Do what the message says, sync with \
                  `vpp sync`, and plan again. What devices have proven so far is kept.",
    },
    waivable: false,
    check: token,
};

pub(super) const TOKEN_ENDS: Guard = Guard {
    code: Code {
        id: "VPP-G152",
        title: "the token in the server ends",
        explain: "The content token that Intune holds ends soon. Download a new one at Apple with \
                  the same account and renew it in Intune; assignments stay. `tokenExpiry` in a \
                  policy sets from how many days on it warns and blocks; without one it warns for \
                  30 days.",
    },
    waivable: true,
    check: token_ends,
};

pub(super) const NO_APP: Guard = Guard {
    code: Code {
        id: "VPP-G153",
        title: "the server does not have the app",
        explain: "Intune has no such app of this token. It knows apps after they were bought for the \
                  location and the token was synced. Check the `adamId`, buy licenses at Apple, run \
                  `vpp sync`, and plan again.",
    },
    waivable: false,
    check: no_app,
};

pub(super) const GROUP_GONE: Guard = Guard {
    code: Code {
        id: "VPP-G154",
        title: "no such group in Entra",
        explain: "A group's `entraGroup` is the object id of no group in the tenant: it was deleted \
                  there, or the id is of another tenant. An assignment to it would reach nobody. \
                  Correct the id, or take the group out of the manifests.",
    },
    waivable: false,
    check: group_gone,
};

pub(super) const GROUP_SMALL: Guard = Guard {
    code: Code {
        id: "VPP-G155",
        title: "group in Entra is empty or below its minimum",
        explain: "A group that an entry names has nobody in it at Entra, or fewer members than its \
                  `minimum` says. Licenses of those who are missing may come back by themselves, as \
                  the server takes them from devices that leave a group. Find out who is missing, or \
                  lower the minimum.",
    },
    waivable: true,
    check: group_small,
};

pub(super) const LICENSE_KIND: Guard = Guard {
    code: Code {
        id: "VPP-G156",
        title: "the app does not allow such licenses",
        explain: "An entry asks for licenses to devices, or to people, and the server says that the \
                  app does not allow them. Installing would fail on every device. Change `license`, \
                  or leave it out: then what the app allows is taken.",
    },
    waivable: false,
    check: license_kind,
};

pub(super) const SHORT: Guard = Guard {
    code: Code {
        id: "VPP-G157",
        title: "not enough licenses at the server",
        explain: "The new assignments reach more devices or people than there are free licenses. \
                  The server gives them to whoever asks first, in no order, and the rest fail to \
                  install. Buy licenses, name fewer, or wait for a reclaim to come to its end.",
    },
    waivable: true,
    check: short,
};

pub(super) const LIMIT: Guard = Guard {
    code: Code {
        id: "VPP-G158",
        title: "too many licenses move at the server",
        explain: "The plan takes back, or gives, more licenses through the server than the policy's \
                  `limits` for one app or one location allow in one plan. Uninstalling also deletes \
                  the app's data on every device. If it is meant, add the allowance shown. With a \
                  policy that says nothing of it, 10 % and 500 hold for reclaims.",
    },
    waivable: true,
    check: limit,
};

pub(super) const NOBODY: Guard = Guard {
    code: Code {
        id: "VPP-G159",
        title: "assigned to nobody while a group has it",
        explain: "`assign: []` means that nobody should have the app, and the server assigns it. \
                  Written by mistake this removes it from every device, so it needs an allowance \
                  that names how many. To stop managing the app without touching it, delete its \
                  manifest or write `reclaim: keep`.",
    },
    waivable: true,
    check: nobody,
};

pub(super) const PROTECTED: Guard = Guard {
    code: Code {
        id: "VPP-G160",
        title: "a protected app would be uninstalled",
        explain: "A policy's `protect` keeps licenses of this app, and the plan would uninstall it \
                  from a whole group through the server, which cannot leave single devices out. \
                  Take the item out of `protect`, or keep the line that assigns the group.",
    },
    waivable: false,
    check: protected,
};

pub(super) const MOVED: Guard = Guard {
    code: Code {
        id: "VPP-G161",
        title: "somebody else changed assignments",
        explain: "Assignments at the server are not as the last run left them: somebody changed them \
                  in the portal, or another tool did. Nothing of theirs is lost: what the manifests \
                  do not name stays or follows `reclaim`, and the plan shows what would become of \
                  it. Put the change into the manifests, or find out who writes there.",
    },
    waivable: false,
    check: moved,
};

pub(super) const STUCK: Guard = Guard {
    code: Code {
        id: "VPP-G162",
        title: "devices refuse to remove an app",
        explain: "A group is on its way out, and on some of its devices removing the app failed. \
                  Their licenses stay where they are, and the group is not dropped. Look at the \
                  devices, remove the app by hand, or take them out of the group.",
    },
    waivable: false,
    check: stuck,
};

pub(super) const DISAGREE: Guard = Guard {
    code: Code {
        id: "VPP-G163",
        title: "Apple and the server disagree about licenses",
        explain: "Read beside the server, Apple names other holders. Serial numbers the server does \
                  not know hold licenses it can neither see nor take back: devices that left it, were \
                  wiped or replaced. vpp never writes to Apple where the server owns the token. They \
                  are safe to free only where no other server uses the token and the device is really \
                  gone: then take the token over (`licenses: apple`, without the server), release \
                  them, and give it back, or have Apple's support do it.",
    },
    waivable: false,
    check: disagree,
};

fn unread(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        let failed = plan.failed.as_ref().map(|why| Trip::block(format!("{}: {why}", plan.name)));
        let apple = plan
            .apple_failed
            .as_ref()
            .map(|why| Trip::warn(format!("{}: Apple could not be compared: {why}", plan.name)));
        let help = "mend that and plan again";
        trips.extend(failed.into_iter().chain(apple).map(|trip| here(view, plan, trip).help(help)));
    }
    trips
}

fn token(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        let Some(token) = &plan.token else { continue };
        if let Some(help) = &token.help {
            let said = format!("{}: the token in {} is {}", plan.name, plan.mdm, token.state);
            trips.push(here(view, plan, Trip::block(said)).help(help.clone()));
        } else if token.last_sync_status == "failed" {
            let said = format!("{}: the last sync of the token failed", plan.name);
            trips.push(here(view, plan, Trip::warn(said)).help("run `vpp sync` and look again"));
        }
    }
    trips
}

fn token_ends(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        let Some(ends) = plan.token.as_ref().and_then(|token| token.expires) else { continue };
        let left = ends.duration_since(view.survey.now);
        let within = |days: u32| left <= jiff::SignedDuration::from_hours(24 * i64::from(days));
        let policies = &view.survey.manifests.policies;
        let rules: Vec<TokenExpiry> = policies
            .iter()
            .filter_map(|policy| Some(policy.token_expiry.as_ref()?.value))
            .collect();
        let rules = if rules.is_empty() { vec![DEFAULT_EXPIRY] } else { rules };
        let days = u64::try_from(left.as_hours() / 24).unwrap_or(0);
        let said = if left <= jiff::SignedDuration::ZERO {
            format!("{}: the token in {} ended on {ends}", plan.name, plan.mdm)
        } else {
            format!(
                "{}: the token in {} ends in {} ({ends})",
                plan.name,
                plan.mdm,
                counted(days, "day")
            )
        };
        let trip = if rules.iter().any(|rule| within(rule.block_days)) {
            Trip::block(said)
        } else if rules.iter().any(|rule| within(rule.warn_days)) {
            Trip::warn(said)
        } else {
            continue;
        };
        trips.push(here(view, plan, trip).help("download a new one and renew it in the server"));
    }
    trips
}

fn no_app(view: &View<'_>) -> Vec<Trip> {
    each(view, |plan, app, asset| {
        let said = format!("{}: {} has no app {} of this token", app.name, plan.mdm, app.asset);
        let trip = Trip::block(said).at(asset.asset.span);
        let help = "check its adamId, or buy it for this location and run `vpp sync`";
        app.id.is_none().then(|| trip.help(help))
    })
}

fn group_gone(view: &View<'_>) -> Vec<Trip> {
    named_groups(view, |group, id, seen| {
        let gone = seen.is_some_and(|seen| seen.title.is_none());
        let said = format!("group `{}`: Entra has no group {id}", group.name.value);
        gone.then(|| Trip::block(said).help("correct its `entraGroup`"))
    })
}

fn group_small(view: &View<'_>) -> Vec<Trip> {
    named_groups(view, |group, _, seen| {
        let seen = seen.filter(|seen| seen.title.is_some())?;
        let (members, name) = (count(seen.len()), &group.name.value);
        let minimum = group.minimum.as_ref().map_or(0, |minimum| minimum.value);
        let said = if members == 0 {
            format!("group `{name}` has nobody in it at Entra")
        } else if members < minimum {
            format!(
                "group `{name}` has {} at Entra, fewer than its minimum of {}",
                counted(members, "member"),
                grouped(minimum)
            )
        } else {
            return None;
        };
        Some(Trip::block(said).help("find out who is missing there"))
    })
}

fn license_kind(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for (plan, seen) in view.served.iter().filter_map(|plan| Some((plan, view.seen(&plan.name)?))) {
        for app in &plan.apps {
            let Some(found) = seen.apps.get(&app.asset) else { continue };
            let wrong = app.steps.iter().find_map(|step| {
                let to = step.to.as_ref().filter(|to| to.intent != Word::Uninstall)?;
                match to.license? {
                    LicenseKind::Device if !found.app.to_devices => Some(("devices", step)),
                    LicenseKind::User if !found.app.to_users => Some(("people", step)),
                    LicenseKind::Device | LicenseKind::User => None,
                }
            });
            if let Some((whom, step)) = wrong {
                let said = format!("{}: its licenses cannot go to {whom}", app.name);
                let place = format!("asked for in {}:{}", step.cause.file, step.cause.line);
                let trip = Trip::block(said).subject(&app.name).help(place);
                trips.push(here(view, plan, trip).help("change `license`, or leave it out"));
            }
        }
    }
    trips
}

fn short(view: &View<'_>) -> Vec<Trip> {
    each(view, |_, app, asset| {
        let free = app.total.saturating_sub(app.used);
        let said = format!(
            "{}: new assignments reach {} without a license, and {} of {} are free",
            app.name,
            counted(app.needed, "holder"),
            grouped(free),
            grouped(app.total)
        );
        let missing = app.needed.saturating_sub(free);
        let help = format!("buy {}, or name fewer", counted(missing, "license"));
        (missing > 0).then(|| Trip::block(said).at(asset.assign_span).assigns(missing).help(help))
    })
}

fn limit(view: &View<'_>) -> Vec<Trip> {
    let policies = &view.survey.manifests.policies;
    let sources = &view.survey.manifests.sources;
    let scope = |of: fn(&Limits) -> Option<&Limit>| bounds(policies, of, true);
    let place = |bound: &Bound| {
        format!("the limit stands in {}:{}", sources.path(bound.span), bound.span.line)
    };
    let moved = |bound: &Bound, app: &MdmAppPlan| {
        if bound.reclaim { app.taken() } else { app.needed }
    };
    let trip = |bound: &Bound, name: &str, moved: u64, present: u64| {
        let broken = bound.broken(moved, present)?;
        let said = format!(
            "{name}: {} {} of {} licenses through its server ({broken})",
            bound.verb(),
            grouped(moved),
            grouped(present)
        );
        let trip = Trip::block(said).help(place(bound));
        Some(if bound.reclaim { trip.reclaims(moved) } else { trip.assigns(moved) })
    };
    let mut trips = vec![];
    for bound in scope(|limits| limits.app.as_ref()) {
        trips.extend(each(view, |_, app, asset| {
            let trip = trip(&bound, &app.name, moved(&bound, app), app.used)?;
            Some(trip.at(asset.assign_span))
        }));
    }
    for bound in scope(|limits| limits.location.as_ref()) {
        for plan in view.served {
            let all: u64 = plan.apps.iter().map(|app| moved(&bound, app)).sum();
            let present = plan.apps.iter().map(|app| app.used).sum();
            let trip = trip(&bound, &plan.name, all, present);
            trips.extend(trip.map(|trip| here(view, plan, trip)));
        }
    }
    trips
}

fn nobody(view: &View<'_>) -> Vec<Trip> {
    each(view, |_, app, asset| {
        let groups = app.steps.iter().filter(|step| step.action == MdmAction::Uninstall).count();
        let said = format!(
            "{}: `assign: []`, and {} have it; {} would come back",
            app.name,
            counted(count(groups), "group"),
            counted(app.taken(), "license")
        );
        let help = "name who should have it, or delete the manifest to leave it alone";
        (asset.assign.is_empty() && groups > 0)
            .then(|| Trip::block(said).at(asset.assign_span).reclaims(app.taken()).help(help))
    })
}

fn protected(view: &View<'_>) -> Vec<Trip> {
    each(view, |_, app, asset| {
        let uninstalls = || app.steps.iter().filter(|step| step.action == MdmAction::Uninstall);
        let rules = view.survey.manifests.policies.iter().flat_map(|policy| &policy.protect);
        let rule = rules.into_iter().find(|rule| {
            let of_it = rule.app.as_ref().is_none_or(|named| {
                named.value == app.name || named.value == app.asset.adam_id.to_string()
            });
            let reaches = rule.group.as_ref().is_none_or(|group| {
                uninstalls().any(|step| match &step.group {
                    Some(name) => *name == group.value,
                    // A group whose line is gone has no name; nobody can tell whom it reaches.
                    None => true,
                })
            });
            of_it && reaches
        })?;
        uninstalls().next()?;
        let said = format!("{}: protected, and the plan would uninstall it", app.name);
        let at = rule.span;
        let trip =
            Trip::block(said).at(at).help("take the item out of `protect`, or keep the line");
        Some(trip.help(format!("its assignments stand in {}", place(view, asset.assign_span))))
    })
}

fn moved(view: &View<'_>) -> Vec<Trip> {
    each(view, |_, app, asset| {
        let told = app.moved.iter().take(EXAMPLES).map(|moved| {
            let side = |side: &Option<crate::plan::served::MdmSide>| {
                side.as_ref().map_or("nothing".to_owned(), |side| side.intent.to_string())
            };
            let name = moved.title.clone().unwrap_or_else(|| moved.target.to_string());
            format!("{name}: {} is {} now", side(&moved.was), side(&moved.is))
        });
        let said = format!(
            "{}: somebody else changed {} since the last run",
            app.name,
            counted(count(app.moved.len()), "assignment")
        );
        let trip = Trip::warn(said).at(asset.assign_span).examples(told.collect());
        let help = "nothing of it is lost; put it into the manifests, or find out who writes there";
        (!app.moved.is_empty()).then(|| trip.help(help))
    })
}

fn stuck(view: &View<'_>) -> Vec<Trip> {
    each(view, |_, app, asset| {
        let stuck: u64 = app.reclaims.iter().map(|reclaim| reclaim.blocked).sum();
        let examples = app.reclaims.iter().filter(|reclaim| reclaim.blocked > 0);
        let examples = examples.flat_map(|reclaim| reclaim.examples.iter().cloned());
        let said = format!("{}: {} refuse to remove it", app.name, counted(stuck, "device"));
        let trip = Trip::warn(said).at(asset.assign_span);
        let help = "remove it there by hand, or take them out of the group";
        (stuck > 0).then(|| trip.examples(examples.take(EXAMPLES).collect()).help(help))
    })
}

fn disagree(view: &View<'_>) -> Vec<Trip> {
    each(view, |plan, app, asset| {
        let found = app.disagreement.as_ref()?;
        let mut parts = vec![];
        for (serials, what) in [
            (&found.unknown, "held by serial numbers it does not know"),
            (&found.only_apple, "only at Apple"),
            (&found.only_mdm, "only in its list"),
        ] {
            if !serials.is_empty() {
                parts.push(format!("{} {what}", grouped(count(serials.len()))));
            }
        }
        let parts =
            if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        let said = format!(
            "{}: Apple counts {} licenses and {} {}{parts}",
            app.name,
            grouped(found.apple),
            plan.mdm,
            grouped(found.mdm)
        );
        let all = found.unknown.iter().chain(&found.only_apple).chain(&found.only_mdm);
        let trip = Trip::warn(said).at(asset.assign_span);
        let trip = trip.examples(all.take(EXAMPLES).cloned().collect());
        Some(if found.unknown.is_empty() {
            trip.help("the server catches up by itself; `vpp sync` asks it to")
        } else {
            trip.help("vpp frees none of them here: see `vpp explain G163` for when that is safe")
        })
    })
}

/// One guard's word on every app of every such location.
fn each(
    view: &View<'_>,
    check: impl Fn(&MdmLocationPlan, &MdmAppPlan, &AssetManifest) -> Option<Trip>,
) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        for app in &plan.apps {
            let asset = view
                .survey
                .manifests
                .assets
                .iter()
                .find(|asset| asset.name.value == app.name && asset.asset.value == app.asset);
            let trip = asset.and_then(|asset| check(plan, app, asset));
            trips.extend(trip.map(|trip| trip.location(&plan.name).subject(&app.name)));
        }
    }
    trips
}

/// One guard's word on every group of Entra that an app of such a location names.
fn named_groups(
    view: &View<'_>,
    check: impl Fn(&Group, &str, Option<&crate::intune::SeenGroup>) -> Option<Trip>,
) -> Vec<Trip> {
    let manifests = view.survey.manifests;
    let mut trips = vec![];
    for plan in view.served {
        let Some(seen) = view.seen(&plan.name) else { continue };
        let here = manifests
            .assets
            .iter()
            .filter(|asset| asset.locations.iter().any(|location| location.value == plan.name));
        let mut names: Vec<&str> = here
            .flat_map(|asset| asset.assign.iter().map(|entry| &entry.to).chain(&asset.except))
            .map(|to| to.value.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let group = manifests.groups.iter().find(|group| group.name.value == name);
            let Some(group) = group else { continue };
            let Some(EntraGroup::Id(id)) = group.entra_group.as_ref().map(|at| &at.value) else {
                continue;
            };
            let target = Target::Group(id.clone());
            let found = target.group().and_then(|id| seen.groups.get(id));
            if let Some(trip) = check(group, id, found) {
                trips.push(trip.location(&plan.name).subject(name).at(group.name.span));
            }
        }
    }
    trips
}

/// With the location and where its manifest names it.
fn here(view: &View<'_>, plan: &MdmLocationPlan, trip: Trip) -> Trip {
    let manifests = view.survey.manifests;
    let location: Option<&Location> =
        manifests.locations.iter().find(|location| location.name.value == plan.name);
    let trip = trip.location(&plan.name);
    match location {
        Some(location) => trip.at(location.name.span),
        None => trip,
    }
}

fn place(view: &View<'_>, span: Span) -> String {
    format!("{}:{}", view.survey.manifests.sources.path(span), span.line)
}
