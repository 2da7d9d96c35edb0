use super::Lint;
use crate::plan::{InactionKind, Plan, Summary, fingerprint, numbers};

pub(super) const SUMMARY: Lint = Lint {
    name: "summary-adds-up",
    about: "The totals are the sums of the changes, rows and people.",
    check: |plan, say| {
        let written = &plan.summary;
        let locations = (&plan.locations[..], &plan.mdm_locations[..]);
        let summed = Summary::of(locations, &plan.changes, &plan.inactions, written.assets_managed);
        if summed != *written {
            say.push(format!("the summary says {written:?} and its parts sum to {summed:?}"));
        }
        let mut names: Vec<_> = plan
            .locations
            .iter()
            .flat_map(|location| &location.licenses)
            .map(|row| (row.asset, &row.name))
            .collect();
        names.sort_unstable();
        names.dedup();
        if numbers::count(names.len()) > written.assets_managed {
            say.push(format!(
                "the summary says {} managed assets and there are rows for {}",
                written.assets_managed,
                names.len()
            ));
        }
    },
};

pub(super) const FINGERPRINT: Lint = Lint {
    name: "fingerprint-matches",
    about: "The fingerprint is the hash of the effects.",
    check: |plan, say| {
        let computed = fingerprint(plan);
        if computed != plan.fingerprint {
            say.push(format!(
                "its fingerprint says {} and its effects hash to {computed}",
                plan.fingerprint
            ));
        }
    },
};

pub(super) const FLAGS: Lint = Lint {
    name: "flags-hold",
    about: "`complete` means every location was read; `applyable` means complete, no error, and \
            no guard blocks.",
    check: |plan, say| {
        let complete = Plan::is_complete(&plan.locations, &plan.mdm_locations);
        if plan.complete != complete {
            say.push(format!("`complete` says {} and should say {complete}", plan.complete));
        }
        let applyable = Plan::is_applyable(complete, &plan.guards, &plan.diagnostics);
        if plan.applyable != applyable {
            say.push(format!("`applyable` says {} and should say {applyable}", plan.applyable));
        }
    },
};

pub(super) const UNCHANGED: Lint = Lint {
    name: "unchanged-adds-up",
    about: "Per location, what is wanted is there, is given, is short, or is held back with a \
            reason.",
    check: |plan, say| {
        for location in &plan.locations {
            let held_back: u64 = plan
                .inactions
                .iter()
                .filter(|inaction| inaction.location == location.name && waits(inaction.kind))
                .map(|inaction| inaction.pairs)
                .sum();
            let rows = || location.licenses.iter();
            let desired: u64 = rows().map(|row| row.desired).sum();
            let missing: u64 = rows().map(|row| row.assign + row.short).sum();
            if desired != location.unchanged + missing + held_back {
                say.push(format!(
                    "{}: {desired} are wanted, but {} unchanged, {missing} to assign or short and \
                     {held_back} held back",
                    location.name, location.unchanged
                ));
            }
        }
    },
};

/// Whether these holders are wanted and not counted as given or short.
fn waits(kind: InactionKind) -> bool {
    match kind {
        InactionKind::NotAssignable | InactionKind::Withheld => true,
        InactionKind::Kept
        | InactionKind::Irrevocable
        | InactionKind::Short
        | InactionKind::WaitsForReclaim
        | InactionKind::Protected
        | InactionKind::Malformed => false,
    }
}
