//! Guards of the groups in Entra that entries name.

use super::named_groups;
use crate::diagnostic::Code;
use crate::plan::guards::{Guard, Trip, View};
use crate::plan::numbers::{count, counted, grouped};

pub(in crate::plan::guards) const GROUP_GONE: Guard = Guard {
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

pub(in crate::plan::guards) const GROUP_SMALL: Guard = Guard {
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
