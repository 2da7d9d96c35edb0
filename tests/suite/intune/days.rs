//! A line is removed in git, and days pass: 500 devices, three of them offline for four days, one that
//! refuses, a token that expires half-way. What `plan` said each day is a golden file.

use std::fmt::Write as _;

use jiff::SignedDuration;
use serde_json::json;
use vpp::render::{Shape, Styles};

use super::fake::Tenant;
use super::house::{APP, House, YEAR_7, YEAR_8, app};

#[tokio::test(start_paused = true)]
async fn a_removed_line_comes_to_its_end_over_days() {
    let tenant = Tenant::at("2026-11-02T06:00:00Z")
        .app(APP, "Notability", 360_593_530, 600)
        .group(YEAR_7, "Year 7", 1..=500)
        .group(YEAR_8, "Year 8", 501..=520)
        .assigned(APP, YEAR_7, "required")
        .assigned(APP, YEAR_8, "required");
    let house = House::new(tenant, &app("assign: [{ to: year-7 }, { to: year-8 }]"));
    let mut told = String::new();
    for day in 1..=9 {
        {
            let mut state = house.fake.state();
            let now = state.tenant.now;
            match day {
                2 => {
                    for id in ["d-0001", "d-0002", "d-0003"] {
                        let device = state.tenant.devices.get_mut(id).unwrap();
                        device.offline_until = Some(now + SignedDuration::from_hours(96));
                    }
                    state.tenant.devices.get_mut("d-0004").unwrap().refuses = true;
                }
                4 => state.tenant.tokens[0]["state"] = json!("expired"),
                5 => state.tenant.tokens[0]["state"] = json!("valid"),
                8 => state.tenant.devices.get_mut("d-0004").unwrap().refuses = false,
                _ => {}
            }
        }
        if day == 2 {
            house.write("app.yaml", &app("assign: [{ to: year-8 }]"));
        }
        let plan = house.plan().await;
        let mut page = vec![];
        vpp::render::plan::human(&mut page, &Styles::plain(), &Shape::default(), &plan).unwrap();
        let page = String::from_utf8(page).unwrap();
        let page: Vec<&str> =
            page.lines().filter(|line| !line.starts_with("Fingerprint")).collect();
        writeln!(told, "==== day {day}\n{}", page.join("\n")).unwrap();
        match house.apply().await {
            None => writeln!(told, "---- blocked, nothing done").unwrap(),
            Some(report) => {
                let (done, not) = report.counts();
                let waits = report.waits();
                writeln!(told, "---- done {done}, not {not}, waits for {waits} devices").unwrap();
                for reclaim in &report.reclaims {
                    let end = serde_json::to_string(&reclaim.end).unwrap();
                    writeln!(told, "     {} of {} gone: {end}", reclaim.gone, reclaim.devices)
                        .unwrap();
                }
                assert_eq!((report.stopped, report.sync_failed), (None, None));
            }
        }
        assert_eq!(house.kept.open(), 0);
        house.fake.state().tenant.advance(SignedDuration::from_hours(23));
    }
    writeln!(told, "==== the end").unwrap();
    {
        let state = house.fake.state();
        let end = &state.tenant.apps[APP];
        writeln!(told, "licenses held: {}", end.holders.len()).unwrap();
        writeln!(told, "assignments: {}", end.assignments.len()).unwrap();
    }
    for ended in &house.kept.memory().app(APP).unwrap().ended {
        writeln!(
            told,
            "history: {} devices from {} to {}: {}",
            ended.devices, ended.begun, ended.ended, ended.how
        )
        .unwrap();
    }
    insta::assert_snapshot!(told);
}
