//! Guards of what others do: admins, devices, Apple.

use super::{EXAMPLES, each};
use crate::diagnostic::Code;
use crate::plan::guards::{Guard, Trip, View};
use crate::plan::numbers::{count, counted, grouped};

pub(in crate::plan::guards) const MOVED: Guard = Guard {
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

pub(in crate::plan::guards) const STUCK: Guard = Guard {
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

pub(in crate::plan::guards) const DISAGREE: Guard = Guard {
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

fn moved(view: &View<'_>) -> Vec<Trip> {
    each(view, |_, app, asset| {
        let told = app.moved.iter().take(EXAMPLES).map(|moved| {
            let name = moved.title.clone().unwrap_or_else(|| moved.target.to_string());
            match (&moved.was, &moved.is) {
                (Some(was), Some(is)) => format!("{name}: was ({was}), is ({is})"),
                (None, Some(is)) => format!("{name}: added ({is})"),
                (Some(was), None) => format!("{name}: taken away, was ({was})"),
                (None, None) => name,
            }
        });
        let said = format!(
            "{}: somebody else changed {} since the last run",
            app.name,
            counted(count(app.moved.len()), "assignment")
        );
        let trip = told.fold(Trip::warn(said).at(asset.assign_span), Trip::help);
        let help = "nothing of it is lost; put it into the manifests, or find out who writes there";
        (!app.moved.is_empty()).then(|| trip.help(help))
    })
}

fn stuck(view: &View<'_>) -> Vec<Trip> {
    each(view, |_, app, asset| {
        let stuck: u64 = app.reclaims.iter().map(|reclaim| reclaim.blocked).sum();
        // Those who refuse come first.
        let refusing = app.reclaims.iter().flat_map(|reclaim| {
            let many = usize::try_from(reclaim.blocked).unwrap_or(usize::MAX);
            reclaim.examples.iter().take(many).filter_map(|example| example.split_once(": "))
        });
        let (serials, reasons): (Vec<_>, Vec<_>) = refusing.unzip();
        let refuse = if stuck == 1 { "refuses" } else { "refuse" };
        let said = format!("{}: {} {refuse} to remove it", app.name, counted(stuck, "device"));
        let trip = Trip::warn(said).at(asset.assign_span);
        let trip = trip.examples(serials.iter().take(EXAMPLES).map(ToString::to_string).collect());
        let trip = match reasons.first() {
            Some(reason) => trip.help(format!("Intune says: {reason}")),
            None => trip,
        };
        let help = "remove it there by hand, or take them out of the group";
        (stuck > 0).then(|| trip.help(help))
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
