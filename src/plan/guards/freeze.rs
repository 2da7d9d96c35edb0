use super::{Guard, Trip, View};
use crate::diagnostic::Code;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G120",
        title: "frozen",
        explain: "A policy's `freeze` window is open: nothing is applied before it ends, for \
                  example during exams. The plan is made all the same. Wait, or add an allowance \
                  that names the reason.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let windows = view.survey.manifests.policies.iter().flat_map(|policy| &policy.freeze);
    let open = windows.filter(|window| {
        window.from.timestamp() <= view.survey.now && view.survey.now < window.until.timestamp()
    });
    let trips = open.map(|window| {
        let reason = window.reason.as_ref();
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        Trip::block(format!("frozen until {}{reason}", window.until))
            .at(window.span)
            .help("wait until then")
    });
    trips.collect()
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, allowed, blocked};

    /// The run is at 09:14:07 UTC, which is 10:14:07 in Berlin.
    fn frozen(from: &str, until: &str) -> World {
        World::new().freeze(
            &format!("2026-11-21T{from}[Europe/Berlin]"),
            &format!("2026-11-21T{until}[Europe/Berlin]"),
        )
    }

    #[test]
    fn an_open_window_blocks_and_can_be_waived() {
        assert_eq!(blocked(&frozen("10:14:07", "12:00:00").plan()), ["VPP-G120"]);
        let waived = frozen("10:00:00", "12:00:00").allow("G120", |allow| allow).plan();
        assert_eq!(allowed(&waived), ["VPP-G120"]);
    }

    #[test]
    fn before_and_after_the_window_nothing_is_frozen() {
        assert!(frozen("09:00:00", "10:14:07").plan().guards.is_empty());
        assert!(frozen("10:14:08", "12:00:00").plan().guards.is_empty());
    }
}
