//! Guards of the licenses a server would be told to give and to take.

use super::{each, here};
use crate::diagnostic::{Code, Span};
use crate::intune::Word;
use crate::manifest::kind::{LicenseKind, Limit, Limits};
use crate::plan::guards::limits::{Bound, bounds};
use crate::plan::guards::{Guard, Trip, View};
use crate::plan::numbers::{count, counted, grouped};
use crate::plan::served::{MdmAction, MdmAppPlan};

pub(in crate::plan::guards) const LICENSE_KIND: Guard = Guard {
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

pub(in crate::plan::guards) const SHORT: Guard = Guard {
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

pub(in crate::plan::guards) const LIMIT: Guard = Guard {
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

pub(in crate::plan::guards) const NOBODY: Guard = Guard {
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

pub(in crate::plan::guards) const PROTECTED: Guard = Guard {
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

fn place(view: &View<'_>, span: Span) -> String {
    format!("{}:{}", view.survey.manifests.sources.path(span), span.line)
}
