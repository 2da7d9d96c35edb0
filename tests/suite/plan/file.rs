//! The plan file: written, read back, and what is refused.

use vpp::manifest::kind::ReclaimMode;
use vpp::plan::Plan;
use vpp::plan::file::{PlanFileError, read, write};

use super::world::{NORTH, World, devices, users};

fn plan() -> Plan {
    World::new()
        .at(NORTH, |site| site.owner = None)
        .group("year-7", devices(1..=3))
        .group("staff", users(["ada"]))
        .app("notability")
        .to("year-7")
        .to("staff")
        .except("staff")
        .reclaim(ReclaimMode::Release)
        .held_by(devices(9..=9))
        .owns(3)
        .warning("a duplicate")
        .plan()
}

fn written(plan: &Plan) -> String {
    let mut bytes = vec![];
    write(plan, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_read_back() {
    let plan = plan();
    let text = written(&plan);
    assert!(text.ends_with("}\n"));
    assert_eq!(read(text.as_bytes()).unwrap(), plan);
}

#[test]
fn something_else_is_no_plan() {
    for text in ["", "hello", "{}", "[1]", "{\"format_version\":\"one\"}", "{\"format_version\":1}"]
    {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(matches!(error, PlanFileError::NotAPlan { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains("vpp plan --out"), "{error}");
    }
    assert!(matches!(read(&[0xff, 0xfe]), Err(PlanFileError::NotAPlan { .. })));
}

#[test]
fn a_plan_cut_off_anywhere_is_truncated() {
    let text = written(&plan());
    let body = text.trim_end();
    for end in (1..body.len()).step_by(41) {
        let error = read(&body.as_bytes()[..end]).unwrap_err();
        assert!(matches!(error, PlanFileError::Truncated { line: 1 }), "{end}: {error:?}");
    }
}

#[test]
fn a_newer_format_is_refused_and_a_newer_minor_is_not() {
    let with = |version: &str| {
        let text = written(&plan());
        let text = text.replacen("\"1.0\"", &format!("\"{version}\""), 1);
        let more = text.replacen('{', "{\"new_field\":[1],", 1);
        read(more.as_bytes())
    };
    let found = "2.0".to_owned();
    assert_eq!(with("2.0").unwrap_err(), PlanFileError::NewerVersion { found });
    assert!(with("1.7").is_ok());
}

#[test]
fn an_edit_of_effects_totals_or_flags_is_noticed() {
    let text = written(&plan());
    let edits = [
        ("\"D001\"", "\"D004\""),
        ("\"assign\":3,\"reclaim\":1", "\"assign\":4,\"reclaim\":1"),
        ("\"applyable\":true", "\"applyable\":false"),
        ("\"devices\":[\"D001\",\"D002\",\"D003\"]", "\"devices\":[\"D001\",\"D002\"]"),
        ("\"id\":\"us\"", "\"id\":\"them\""),
        ("\"action\":\"release\"", "\"action\":\"uninstall\""),
    ];
    for (from, to) in edits {
        assert!(text.contains(from), "{from} in {text}");
        let error = read(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(matches!(error, PlanFileError::Edited { .. }), "{from}: {error:?}");
        assert!(error.to_string().contains("make a new"), "{error}");
    }
}
