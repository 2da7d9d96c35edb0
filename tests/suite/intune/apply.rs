//! What is written, and what is not.

use vpp::apply::outcome::StepOutcome;
use vpp::apply::served::MdmEnd;
use vpp::intune::Phase;
use vpp::store::Outcome;

use super::fake::{Fault, assignment};
use super::house::{APP, House, YEAR_7, YEAR_8, app, guards, tenant};

const ADD: &str = "assign: [{ to: year-7 }, { to: year-8 }]";
const OUT: &str = "assign: []\nreclaim: uninstall";

#[tokio::test(start_paused = true)]
async fn a_plan_that_was_carried_out_is_empty_afterwards() {
    let house = House::new(tenant(), &app(ADD));
    let report = house.apply().await.unwrap();
    assert_eq!((report.counts(), house.kept.open()), ((1, 0), 0));
    assert_eq!(house.fake.state().assigned[0].0, "v1.0");
    let plan = house.plan().await;
    assert!(plan.is_empty() && plan.guards.is_empty(), "{:?}", plan.guards);
}

#[tokio::test(start_paused = true)]
async fn another_admins_change_is_not_lost_and_the_plan_says_it_moved() {
    let other = "00000000-0000-0000-0000-000000000009";
    let house =
        House::new(tenant().group(other, "Staff", 31..=40), &app(&format!("{ADD}\nreclaim: keep")));
    house.fake.state().tenant.apps.get_mut(APP).unwrap().assignments.clear();
    // Somebody adds a group between plan and apply.
    let report = house
        .apply_after(|tenant| {
            let row = assignment(other, "required");
            tenant.apps.get_mut(APP).unwrap().assignments.push(row);
        })
        .await;
    assert_eq!(report.counts(), (2, 0), "{report:?}");
    let groups = |house: &House| -> Vec<String> {
        let rows = house.fake.state().tenant.apps[APP].assignments.clone();
        rows.iter().map(|row| row["target"]["groupId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(groups(&house), [other, YEAR_7, YEAR_8]);
    // Now they change one that the last run left, and take away one of ours.
    {
        let mut state = house.fake.state();
        let rows = &mut state.tenant.apps.get_mut(APP).unwrap().assignments;
        rows.retain(|row| row["target"]["groupId"] != YEAR_8);
        rows[0]["intent"] = serde_json::json!("available");
    }
    let plan = house.plan().await;
    assert_eq!(guards(&plan), (vec![], vec!["G161"]));
    let moved = &plan.mdm_locations[0].apps[0].moved;
    assert_eq!(moved.len(), 2);
    let staff = "Staff: was (required, device licenses), is (available, device licenses)";
    assert!(plan.guards[0].help.iter().any(|line| line == staff), "{:?}", plan.guards[0].help);
    house.apply().await.unwrap();
    assert_eq!(groups(&house), [other, YEAR_7, YEAR_8]);
    assert!(house.plan().await.guards.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_changed_since_the_plan_is_left_alone() {
    let house = House::new(tenant(), &app("assign: [{ to: year-7, intent: available }]"));
    let report = house
        .apply_after(|tenant| {
            let row = &mut tenant.apps.get_mut(APP).unwrap().assignments[0];
            row["settings"]["useDeviceLicensing"] = serde_json::json!(false);
        })
        .await;
    let StepOutcome::Failed { failure } = &report.steps[0].outcome else { panic!("{report:?}") };
    assert!(failure.message.contains("somebody else has changed"), "{}", failure.message);
    assert_eq!(house.fake.state().assigned.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_reading() {
    let house = House::new(tenant(), &app(ADD));
    house.fake.trouble("/assign$", Fault::Lost);
    let report = house.apply().await.unwrap();
    assert_eq!((report.counts(), house.kept.open()), ((1, 0), 0));
    let house = House::new(tenant(), &app(ADD));
    house.fake.trouble("/assign$", Fault::Status(500));
    let report = house.apply().await.unwrap();
    assert_eq!(report.counts(), (0, 1), "{report:?}");
    assert_eq!(house.apply().await.unwrap().counts(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_run_left_open_is_settled_by_reading() {
    let house = House::new(tenant(), &app(ADD));
    house.apply().await.unwrap();
    house.kept.forget_ends();
    house.apply().await.unwrap();
    assert_eq!(house.kept.ends(), [Some(Outcome::Settled { done: 2, failed: 0 })]);
    // Somebody changed the set since: nobody can say what became of it.
    house.kept.forget_ends();
    house.fake.state().tenant.apps.get_mut(APP).unwrap().assignments.pop();
    house.apply().await.unwrap();
    assert_eq!(house.kept.open(), 0);
    assert!(
        house.kept.ends().iter().flatten().any(|end| matches!(end, Outcome::Overtaken { .. })),
        "{:?}",
        house.kept.ends()
    );
}

#[tokio::test(start_paused = true)]
async fn every_step_is_told_while_it_happens() {
    let house = House::new(tenant(), &app("assign: [{ to: year-8 }]"));
    let report = house.apply().await.unwrap();
    let told = house.heard.take();
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["mdm_step", "mdm_step", "mdm_reclaim"]);
    assert_eq!(told[1]["location"], "northfield");
    assert_eq!(told[1]["step"], serde_json::to_value(&report.steps[1]).unwrap());
    assert_eq!(told[2]["reclaim"], serde_json::to_value(&report.reclaims[0]).unwrap());
}

#[tokio::test(start_paused = true)]
async fn who_asks_to_stop_gets_nothing_new_and_every_step_accounted_for() {
    let house = House::new(tenant(), &app("assign: [{ to: year-8 }]"));
    house.stop.ask();
    let report = house.apply().await.unwrap();
    assert_eq!((report.counts(), house.fake.state().assigned.len()), ((0, 2), 0));
    assert!(report.steps.iter().all(|step| step.outcome == StepOutcome::NotTried));
}

fn leaving() -> House {
    House::new(tenant(), &app("assign: [{ to: year-8 }]"))
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ended_before_it_was_heard_goes_on_from_what_is_there() {
    let house = leaving();
    house.apply().await.unwrap();
    // As if the run had been killed right after sending.
    let mut memory = house.kept.memory();
    for reclaim in &mut memory.app_mut(APP).reclaims {
        (reclaim.phase, reclaim.changed_at) = (Phase::Intended, None);
    }
    house.kept.put(&memory);
    house.fake.state().tenant.advance(jiff::SignedDuration::from_hours(1));
    // Older reports are no proof, as nobody knows when the change was taken.
    let report = house.apply().await.unwrap();
    assert!(matches!(report.reclaims[0].end, MdmEnd::Waits { .. }), "{report:?}");
    assert_eq!(report.reclaims[0].gone, 0);

    // As if it had been killed right before: nothing had been asked.
    let house = leaving();
    house.apply().await.unwrap();
    house.kept.put(&memory);
    house.fake.state().tenant.apps.get_mut(APP).unwrap().assignments[0]["intent"] =
        serde_json::json!("required");
    let report = house.apply().await.unwrap();
    assert_eq!(report.counts(), (1, 0), "it is begun again: {report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_wanted_again_calls_its_reclaim_off() {
    let house = leaving();
    house.apply().await.unwrap();
    assert_eq!(house.kept.memory().app(APP).unwrap().reclaims.len(), 1);
    house.write("app.yaml", &app(ADD));
    house.apply().await.unwrap();
    assert!(house.kept.memory().app(APP).unwrap().reclaims.is_empty());
    assert!(house.plan().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_dropped_before_the_used_count_has_fallen() {
    let house = leaving();
    house.apply().await.unwrap();
    {
        let mut state = house.fake.state();
        state.tenant.advance(jiff::SignedDuration::from_hours(1));
        // Apple has not given the licenses back, whatever devices say.
        let held = (1..=20).map(|number| format!("d-{number:04}"));
        state.tenant.apps.get_mut(APP).unwrap().holders.extend(held);
        state.tenant.freezes = true;
    }
    let report = house.apply().await.unwrap();
    let MdmEnd::Waits { missing } = &report.reclaims[0].end else { panic!("{report:?}") };
    assert!(missing.contains("still lists 20"), "{missing}");
    assert_eq!(report.reclaims[0].gone, 20);
    house.fake.state().tenant.freezes = false;
    house.fake.state().tenant.advance(jiff::SignedDuration::from_hours(1));
    let report = house.apply().await.unwrap();
    assert_eq!(report.reclaims[0].end, MdmEnd::Dropped);
    assert!(house.plan().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_allowance_is_needed_to_take_the_app_from_everybody() {
    let house = House::new(tenant(), &app(OUT));
    assert!(house.apply().await.is_none());
    assert_eq!(house.fake.state().assigned.len(), 0);
}
