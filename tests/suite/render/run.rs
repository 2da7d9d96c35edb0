//! What a run did, for people and as a stream.

use proptest::prelude::*;
use vpp::apply::outcome::{
    ChangeReport, Event, FORMAT_VERSION, Failure, LocationReport, ReclaimCount, RunReport,
    RunResult, RunSummary, StepOutcome, UserCounts, UserOutcome,
};
use vpp::license::AssetKind;
use vpp::manifest::kind::{Intent, ReclaimMode};
use vpp::plan::{Action, Cause, CauseKind};
use vpp::reclaim::Phase;
use vpp::render::run::RunSections;
use vpp::render::{Shape, Styles, escape, run, text};

use super::world::{asset, entry, serial, time, unnamed};

fn change(id: usize, name: &str, action: Action, kind: CauseKind) -> ChangeReport {
    ChangeReport {
        asset: asset(id),
        kind: AssetKind::App,
        name: name.into(),
        action,
        cause: Cause { file: format!("apps/{name}.yaml"), line: 6, kind },
        applied: 0,
        already: 0,
        failed: vec![],
        not_tried: 0,
        withheld: vec![],
        waits: 0,
        reclaims: vec![],
        installs: None,
    }
}

fn failure(
    number: i32,
    message: &str,
    help: Option<&str>,
    holders: std::ops::Range<usize>,
) -> Failure {
    let mut holders: Vec<String> = holders.map(serial).collect();
    holders.sort();
    Failure {
        number: Some(number),
        message: message.into(),
        help: help.map(Into::into),
        count: u64::try_from(holders.len()).unwrap(),
        holders,
    }
}

fn location(name: &str, changes: Vec<ChangeReport>) -> LocationReport {
    LocationReport {
        name: name.into(),
        uid: Some("2049025000431439".into()),
        claim: None,
        users: UserOutcome::default(),
        changes,
        installs: vec![],
        stopped: None,
        requests: 212,
        subscriptions: None,
    }
}

fn report(result: RunResult, locations: Vec<LocationReport>) -> RunReport {
    RunReport {
        format_version: FORMAT_VERSION.into(),
        tool: "vpp 0.1.0".into(),
        fingerprint: format!("vpp1:9f2c41d077ab{}", "0".repeat(52)),
        started_at: time("2026-11-21T09:15:00Z"),
        ended_at: time("2026-11-21T09:22:31Z"),
        result,
        summary: RunSummary::of(&locations),
        locations,
        mdm_locations: vec![],
    }
}

fn converged() -> RunReport {
    let mut location = location(
        "northfield",
        vec![
            ChangeReport {
                applied: 1,
                ..change(1, "notability", Action::Release, unnamed(ReclaimMode::Release))
            },
            ChangeReport {
                applied: 3,
                already: 1,
                ..change(1, "notability", Action::Assign, entry("year-7", Intent::Required))
            },
        ],
    );
    location.users.created.applied = 1;
    location.claim = Some(StepOutcome::Applied);
    report(RunResult::Done, vec![location])
}

fn reclaims(phase: Phase, why: &str, count: u64) -> ReclaimCount {
    ReclaimCount { phase, why: why.into(), count }
}

fn waiting() -> RunReport {
    let one = ChangeReport {
        applied: 40,
        waits: 270,
        reclaims: vec![
            reclaims(Phase::UninstallSent, "the device has not answered the removal", 238),
            reclaims(Phase::Acknowledged, "the device's list must show that the app is gone", 30),
            reclaims(
                Phase::Blocked,
                "a declaration manages the app: take it out of the declaration",
                2,
            ),
        ],
        ..change(1, "Explain EDU", Action::Uninstall, unnamed(ReclaimMode::Uninstall))
    };
    let other = ChangeReport {
        waits: 12,
        reclaims: vec![reclaims(
            Phase::UninstallSent,
            "the device has not answered the removal",
            12,
        )],
        ..change(2, "Camera Lab", Action::Uninstall, unnamed(ReclaimMode::Uninstall))
    };
    report(RunResult::Done, vec![location("northfield", vec![one, other])])
}

fn partly() -> RunReport {
    let busy = "The asset is not assignable to this device";
    let changes = (0..20)
        .map(|at| ChangeReport {
            applied: 1_988,
            failed: vec![failure(
                9610,
                busy,
                Some("take these devices out of the group, or check their platform"),
                at..at + 12,
            )],
            ..change(at, &format!("app-{at:02}"), Action::Assign, entry("year-7", Intent::Required))
        })
        .chain([
            ChangeReport {
                applied: 100,
                failed: vec![failure(9616, "Unable to disassociate the license", None, 50..54)],
                waits: 20,
                not_tried: 6,
                ..change(30, "Camera Lab", Action::Uninstall, unnamed(ReclaimMode::Uninstall))
            },
            ChangeReport {
                applied: 36,
                ..change(31, "LumaFusion", Action::Release, unnamed(ReclaimMode::Release))
            },
        ])
        .collect();
    let mut north = location("northfield", changes);
    north.users.created = UserCounts {
        applied: 3,
        already: 0,
        failed: vec![Failure {
            number: Some(9637),
            message: "Invalid e-mail address".into(),
            help: Some("correct the address in the inventory".into()),
            holders: vec!["ada@northfield".into()],
            count: 1,
        }],
        not_tried: 0,
    };
    let mut south = location(
        "southfield",
        vec![ChangeReport {
            not_tried: 500,
            ..change(1, "app-01", Action::Assign, entry("staff", Intent::Available))
        }],
    );
    south.stopped = Some("Apple answered 9625: the server has revoked the token".into());
    report(RunResult::Partial, vec![north, south])
}

fn human(styles: &Styles, shape: &Shape, report: &RunReport) -> String {
    let mut out = vec![];
    run::human(&mut out, styles, shape, report).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(report: &RunReport) -> String {
    human(&Styles::plain(), &Shape::default(), report)
}

#[test]
fn a_run_that_converged() {
    insta::assert_snapshot!(plain(&converged()));
    insta::assert_snapshot!(human(&Styles::colored(), &Shape::default(), &converged()));
}

#[test]
fn a_run_whose_reclaims_wait() {
    insta::assert_snapshot!(plain(&waiting()));
}

#[test]
fn a_run_that_applied_in_part() {
    insta::assert_snapshot!(plain(&partly()));
    insta::assert_snapshot!(human(&Styles::colored(), &Shape::default(), &partly()));
    let shape = Shape { width: 72, ascii: true, detail: true, ..Shape::default() };
    insta::assert_snapshot!(human(&Styles::plain(), &shape, &partly()));
}

#[test]
fn runs_that_did_nothing_or_were_ended() {
    let mut text = plain(&report(RunResult::Nothing, vec![location("northfield", vec![])]));
    let reason = "errors of one kind passed 5 % (9610, 60 of 1,000 pairs)".to_owned();
    for result in [RunResult::Stopped { reason }, RunResult::Interrupted] {
        let change = ChangeReport {
            applied: 940,
            not_tried: 9_000,
            failed: vec![failure(9610, "Not assignable", None, 0..60)],
            ..change(1, "Pages", Action::Assign, entry("year-7", Intent::Required))
        };
        text += &plain(&report(result, vec![location("northfield", vec![change])]));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn every_pair_ends_in_one_count() {
    let report = partly();
    let sections = RunSections::of(&report);
    let pairs: u64 =
        report.locations.iter().flat_map(|one| &one.changes).map(ChangeReport::pairs).sum();
    assert_eq!(pairs, 20 * 2_000 + 130 + 36 + 500);
    assert_eq!(sections.steps.iter().map(run::StepRow::pairs).sum::<u64>(), pairs);
    let summary = &report.summary;
    let counted = summary.assigned
        + summary.reclaimed
        + summary.already
        + summary.failed
        + summary.not_tried
        + summary.waits;
    assert_eq!(counted, pairs);
    let failed: u64 = sections.failures.iter().map(|row| row.count).sum();
    assert_eq!(failed, summary.failed + summary.users_failed);
    assert_eq!((summary.failed, summary.not_tried, summary.waits), (244, 506, 20));
}

#[test]
fn the_stream_is_one_object_a_line_that_starts_with_its_version() {
    let events = [
        Event::version("vpp 0.1.0", "vpp1:00"),
        Event::LocationStarted {
            location: "north\u{1b}[2J\n".into(),
            uid: None,
            changes: 1,
            pairs: 3,
        },
        Event::RequestSent {
            location: "north".into(),
            event_id: Some("e-1".into()),
            action: Action::Assign,
            pairs: 3,
        },
        Event::ChangeDone {
            location: "north".into(),
            change: change(1, "Pages", Action::Assign, entry("year-7", Intent::Required)),
        },
        Event::Summary { result: RunResult::Done, summary: RunSummary::default() },
    ];
    let mut out = vec![];
    for event in &events {
        run::event(&mut out, event).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    insta::assert_snapshot!(text);
    let back: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(back, events);
}

#[test]
fn a_report_for_the_summary_of_a_job() {
    let markdown = |report: &RunReport| {
        let mut out = vec![];
        run::markdown(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    };
    insta::assert_snapshot!("markdown_waiting", markdown(&waiting()));
    insta::assert_snapshot!("markdown_partly", markdown(&partly()));
    let (waiting, partly) = (markdown(&waiting()), markdown(&partly()));
    assert!(waiting.contains("282 reclaims wait"), "{waiting}");
    assert!(!partly.contains("ada@northfield"), "nobody is named: {partly}");
}

#[test]
fn what_is_written_fits_the_schemas() {
    let result = jsonschema::validator_for(vpp::apply::outcome::json_schema().as_value()).unwrap();
    for report in [converged(), waiting(), partly()] {
        let mut out = vec![];
        run::json(&mut out, &report).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert!(result.is_valid(&value), "{value}");
        assert_eq!(serde_json::from_value::<RunReport>(value).unwrap(), report);
    }
    let events = jsonschema::validator_for(vpp::apply::outcome::event_schema().as_value()).unwrap();
    let stopped = Event::Stopped { location: None, reason: "x".into() };
    for event in [Event::version("vpp", "vpp1:0"), stopped] {
        assert!(events.is_valid(&serde_json::to_value(&event).unwrap()));
    }
    assert!(!events.is_valid(&serde_json::json!({ "type": "nonsense" })));
}

prop_compose! {
    fn any_change()(
        name in "(?s).{0,40}|[a-z]{200}",
        group in "(?s).{0,40}",
        action in prop::sample::select(vec![Action::Assign, Action::Release, Action::Uninstall]),
        [applied, already, count, not_tried, waits] in prop::array::uniform5(
            prop_oneof![0u64..9, any::<u64>(), Just(u64::MAX)],
        ),
        number in prop::option::of(any::<i32>()),
        help in prop::option::of("(?s).{0,40}"),
        holders in prop::collection::vec("(?s).{0,20}", 0..6),
        why in prop::collection::vec("(?s).{0,200}", 0..6),
    ) -> ChangeReport {
        let phases = [Phase::Blocked, Phase::UninstallSent, Phase::Unknown];
        let phases = phases.into_iter().cycle();
        let reclaims =
            why.iter().zip(phases).map(|(why, phase)| reclaims(phase, why, count)).collect();
        ChangeReport {
            reclaims,
            applied,
            already,
            failed: vec![Failure { number, message: name.clone(), help, holders, count }],
            not_tried,
            waits,
            ..change(1, &name, action, entry(&group, Intent::Required))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_report_renders_and_nothing_gets_out(
        changes in prop::collection::vec(any_change(), 0..40),
        reason in "(?s).{0,200}",
        width in 20usize..200,
        ascii: bool,
    ) {
        let mut one = location(&reason, changes);
        one.stopped = Some(reason.clone());
        let report = report(RunResult::Stopped { reason }, vec![one]);
        for detail in [false, true] {
            let shape = Shape { width, ascii, detail, ..Shape::default() };
            let text = human(&Styles::plain(), &shape, &report);
            prop_assert!(!text.chars().any(|c| c != '\n' && escape::is_hidden(c)), "{text:?}");
            prop_assert!(!ascii || text.is_ascii(), "{text}");
            prop_assert!(detail || text.lines().count() <= 80);
            let room = shape.columns() + 5;
            prop_assert!(detail || text.lines().all(|line| text::width(line) <= room), "{text}");
            let colored = human(&Styles::colored(), &shape, &report);
            prop_assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text);
        }
    }
}
