//! No fault of a server ever shrinks a group silently: the result is the whole group or an error.

use std::sync::Arc;

use proptest::prelude::*;

use super::fake::{FAULTS, Fault, House, Plan, apple, fleet, graph, jamf};
use super::servers::{Server, apple_server, entra_server, fleet_server, in_group, jamf_server};

/// How many things each fake has, on pages of ten.
const THINGS: u64 = 60;
const PAGE: usize = 10;

/// Each fake with this plan, and how many members its groups have when nothing is wrong.
fn servers(plan: Plan) -> Vec<(&'static str, Server, [usize; 2])> {
    let house = || House::new(PAGE, Some(plan));
    let apple = |counts: bool| apple::Apple { counts, ..apple::Apple::of(house(), THINGS) }.start();
    let entra = |size: u64| graph::Graph::of(House::new(PAGE, Some(plan)), size).start();
    let secret = "secret: { env: ENTRA_SECRET }";
    let everything = format!(
        "entra: {{ tenant: n.example, clientId: the-app, endpoint: '{}', {secret} }}",
        entra(THINGS)
    );
    vec![
        ("fleet", fleet_server(&fleet::Fleet { house: house(), hosts: THINGS }.start()), [60, 30]),
        ("jamf", jamf_server(&jamf::Jamf::of(house(), THINGS).start()), [60, 30]),
        ("apple", apple_server("appleBusiness", &apple(true), "servers: { some: S1 }"), [60, 30]),
        (
            "apple without counts",
            apple_server("appleBusiness", &apple(false), "servers: { some: S1 }"),
            [60, 30],
        ),
        (
            "apple people",
            apple_server("appleBusiness", &apple(true), "rows: people, userGroups: { some: G1 }"),
            [60, 12],
        ),
        ("entra", entra_server(&entra(THINGS), secret), [in_group(60); 2]),
        ("all of intune", Server::new(&everything, &[("all", ""), ("some", "true")]), [60, 60]),
    ]
}

/// The whole group, or an error that says so.
fn holds(plan: Plan) -> Result<(), TestCaseError> {
    for (name, server, sizes) in servers(plan) {
        for (group, whole) in ["all", "some"].into_iter().zip(sizes) {
            match server.size(group) {
                Ok(size) => prop_assert_eq!(size, whole, "{} {} {:?}", name, group, plan),
                Err(said) => {
                    let code = said.get(..8).unwrap_or_default();
                    let known = ["VPP-I014", "VPP-I015", "VPP-I016"].contains(&code);
                    prop_assert!(known, "{} {:?}: {}", name, plan, said);
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn no_fault_ever_shrinks_a_group_silently(
        fault in prop::sample::select(FAULTS.to_vec()),
        list in 0_usize..3,
        page in 0_usize..6,
        times in prop::sample::select(vec![1, 2, 3, usize::MAX]),
    ) {
        // Throttled for ever ends with the time, which is another test's.
        let times = if fault == Fault::Throttled { times.min(3) } else { times };
        holds(Plan { fault, list, page, times })?;
    }
}

#[test]
fn faults_that_lose_something_for_good_are_errors() {
    for fault in [Fault::Missing, Fault::Cut, Fault::Short, Fault::Broken, Fault::Failing] {
        for (name, server, _) in servers(Plan { fault, list: 0, page: 1, times: usize::MAX }) {
            let said = server.size("all");
            assert!(said.is_err(), "{name} {fault:?}: {said:?}");
        }
    }
}

#[test]
fn a_fault_that_passes_is_healed() {
    for fault in [Fault::Missing, Fault::Cut, Fault::Short, Fault::Throttled, Fault::Failing] {
        let plan = Plan { fault, list: 0, page: 1, times: 1 };
        let house = House::new(PAGE, Some(plan));
        let server =
            fleet_server(&fleet::Fleet { house: Arc::clone(&house), hosts: THINGS }.start());
        assert_eq!(server.size("all"), Ok(60), "{fault:?}");
        // Seven for the hosts and four for the label where nothing is wrong.
        assert!(house.requests() > 11, "{fault:?} did not strike");
    }
}
