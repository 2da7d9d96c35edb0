//! A plan for people: what a reviewer reads, in two screens.

use vpp::plan::Plan;
use vpp::render::{Shape, Styles, plan};

use super::world;

fn human(styles: &Styles, shape: &Shape, plan: &Plan) -> String {
    let mut out = vec![];
    plan::human(&mut out, styles, shape, plan).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(plan: &Plan) -> String {
    human(&Styles::plain(), &Shape::default(), plan)
}

fn colored(plan: &Plan) -> String {
    human(&Styles::colored(), &Shape::default(), plan)
}

fn saved() -> Shape {
    Shape { plan_file: Some("plan.json".into()), ..Shape::default() }
}

#[test]
fn a_small_plan() {
    let plan = world::quickstart();
    insta::assert_snapshot!(plain(&plan));
    insta::assert_snapshot!(colored(&plan));
}

#[test]
fn a_small_plan_with_every_holder() {
    let shape = Shape { detail: true, ..saved() };
    insta::assert_snapshot!(human(&Styles::plain(), &shape, &world::quickstart()));
}

#[test]
fn what_other_hands_moved_since_the_last_apply_is_a_section_of_its_own() {
    insta::assert_snapshot!(plain(&world::meddled()));
}

#[test]
fn a_large_plan_that_is_ready() {
    insta::assert_snapshot!(human(&Styles::plain(), &saved(), &world::large().plan()));
}

#[test]
fn a_large_plan_that_is_blocked() {
    let plan = world::blocked();
    insta::assert_snapshot!(plain(&plan));
    insta::assert_snapshot!(colored(&plan));
}

#[test]
fn a_blocked_plan_on_a_narrow_ascii_terminal() {
    let shape = Shape { width: 72, ascii: true, ..Shape::default() };
    let text = human(&Styles::plain(), &shape, &world::blocked());
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_plan_with_nothing_to_do() {
    let plan = world::empty();
    insta::assert_snapshot!(plain(&plan));
    insta::assert_snapshot!(colored(&plan));
}

#[test]
fn a_plan_whose_read_is_incomplete() {
    let plan = world::incomplete();
    insta::assert_snapshot!(plain(&plan));
    insta::assert_snapshot!(colored(&plan));
}

#[test]
fn hostile_names() {
    let plan = world::hostile();
    let shape = Shape { detail: true, ..Shape::default() };
    insta::assert_snapshot!(human(&Styles::plain(), &shape, &plan));
}
