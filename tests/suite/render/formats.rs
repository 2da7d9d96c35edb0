//! Plans as CSV, as annotations and as outputs of a step.

use proptest::prelude::*;
use vpp::license::{ClientUserId, SerialNumber};
use vpp::plan::{Change, Plan};
use vpp::render::{escape, plan};

use super::plan_holds::any_plan;
use super::world;

pub(super) fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = vec![];
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn csv(plan: &Plan) -> String {
    text(|out| plan::csv(out, plan))
}

pub(super) fn rows(csv: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect()
}

#[test]
fn a_row_per_license() {
    insta::assert_snapshot!(csv(&world::quickstart()));
    let plan = world::blocked();
    let rows = rows(&csv(&plan));
    assert_eq!(rows.len(), 50_000);
    let mut read = rows.iter();
    for change in &plan.changes {
        for device in &change.devices {
            let row = read.next().unwrap();
            assert_eq!((&row[2], &row[8]), (&*change.action.to_string(), device.as_str()));
        }
    }
}

fn computes(cell: &str) -> bool {
    cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[test]
fn annotations_of_a_blocked_plan() {
    insta::assert_snapshot!(text(|out| plan::github(out, "vpp", &world::blocked())));
    let hostile = text(|out| plan::github(out, ".", &world::hostile()));
    assert_eq!(hostile.lines().count(), 2, "{hostile}");
}

#[test]
fn the_worst_ten_are_annotated_and_the_others_counted() {
    let mut plan = world::blocked();
    for at in 0..20 {
        plan.guards.push(world::blocks(
            "VPP-G101",
            &format!("app {at}"),
            "too many",
            ("a.yaml", at),
        ));
    }
    let text = text(|out| plan::github(out, ".", &plan));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 11);
    assert!(lines[..10].iter().all(|line| line.starts_with("::error file=")), "{text}");
    assert_eq!(
        lines[10],
        "::notice title=vpp::14 more problems (12 errors), see the log of this step"
    );
}

#[test]
fn outputs_are_a_line_each() {
    insta::assert_snapshot!(text(|out| plan::github_outputs(out, &world::blocked())));
    let hostile = text(|out| plan::github_outputs(out, &world::hostile()));
    assert_eq!(hostile.lines().count(), 6, "{hostile}");
    assert!(
        text(|out| plan::github_outputs(out, &world::empty()))
            .starts_with("verdict=nothing-to-do\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_cell_computes_and_no_holder_is_lost(plan in any_plan(0..5)) {
        let csv = csv(&plan);
        let rows = rows(&csv);
        prop_assert_eq!(rows.len(), plan.changes.iter().map(Change::pairs).sum::<usize>());
        for row in &rows {
            prop_assert_eq!(row.len(), 18);
            prop_assert!(!row.iter().any(computes), "{:?}", row);
            prop_assert!(!row.iter().flat_map(str::chars).any(escape::is_hidden), "{:?}", row);
        }
        let holders = plan.changes.iter().flat_map(|change| {
            let devices = change.devices.iter().map(SerialNumber::as_str);
            devices.chain(change.users.iter().map(ClientUserId::as_str))
        });
        for (row, holder) in rows.iter().zip(holders) {
            let shown = escape::csv_cell(holder);
            prop_assert_eq!(&row[8], &*shown);
        }
    }

    #[test]
    fn any_plan_is_annotated_line_by_line(plan in any_plan(0..12)) {
        let text = text(|out| plan::github(out, "a,b::c", &plan));
        for line in text.lines() {
            prop_assert!(["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start)));
            prop_assert!(!line.chars().any(escape::is_hidden), "{line:?}");
        }
        prop_assert!(text.lines().count() <= 11);
        let outputs = text_of_outputs(&plan);
        prop_assert_eq!(outputs.lines().count(), 6);
    }
}

fn text_of_outputs(plan: &Plan) -> String {
    text(|out| plan::github_outputs(out, plan))
}
