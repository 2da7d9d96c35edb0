//! What holds for every plan: the numbers add up, two screens are enough, nothing gets out.

use std::ops::Range;

use proptest::prelude::*;
use vpp::actual::{MdmInfo, Stock};
use vpp::license::{ClientUserId, SerialNumber, UserDetails};
use vpp::manifest::kind::{Intent, ReclaimMode};
use vpp::plan::{
    Action, Cause, CauseKind, Change, Drift, GuardLevel, GuardOutcome, GuardResult, Inaction,
    InactionKind, LicenseRow, Notice, Plan, Unmanaged,
};
use vpp::render::plan::{AssignRow, Sections};
use vpp::render::{Shape, Styles, escape, plan, text};

use super::world::{self, World};

fn human(styles: &Styles, shape: &Shape, plan: &Plan) -> String {
    let mut out = vec![];
    plan::human(&mut out, styles, shape, plan).unwrap();
    String::from_utf8(out).unwrap()
}

fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.sum()
}

/// Every sum of the sections is the sum of what it is made of.
fn adds_up(plan: &Plan) {
    let sections = Sections::of(plan);
    let totals = &sections.totals;
    assert_eq!(totals.assign, plan.summary.assign);
    assert_eq!(totals.reclaim(), plan.summary.reclaim);
    assert_eq!(totals.release + totals.uninstall, totals.reclaim());
    assert_eq!(sum(sections.causes.iter().map(|row| row.assign)), totals.assign);
    assert_eq!(sum(sections.causes.iter().map(|row| row.reclaim)), totals.reclaim());
    assert_eq!(sum(sections.reclaims.iter().map(|row| row.release)), totals.release);
    assert_eq!(sum(sections.reclaims.iter().map(|row| row.uninstall)), totals.uninstall);
    assert_eq!(sum(sections.assigns.iter().map(AssignRow::total)), totals.assign);
    assert_eq!(sum(sections.locations.iter().map(|row| row.assign)), totals.assign);
    assert_eq!(sum(sections.locations.iter().map(|row| row.reclaim)), totals.reclaim());
    assert_eq!(sum(sections.locations.iter().map(|row| row.unchanged)), totals.unchanged);
    assert_eq!(sections.cost.waits, totals.uninstall);
    for row in &sections.reclaims {
        assert_eq!(row.holders + row.assign - row.reclaim(), row.after());
        assert!(row.examples.len() <= 3);
    }
    for row in &sections.assigns {
        if let Some(each) = row.each() {
            assert_eq!(each * u64::try_from(row.assets.len()).unwrap(), row.total());
        }
    }
}

/// The numbers in one column of one section's table, the last row apart.
fn column(text: &str, section: &str, title: &str) -> (Vec<u64>, u64) {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(section)).skip(1);
    let titles = lines.next().unwrap();
    let end = titles.find(title).unwrap() + title.len();
    let mut numbers: Vec<u64> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let cell: String = line.chars().take(end).collect();
            let digits = cell.rsplit(' ').next()?.replace(',', "");
            digits.parse().ok()
        })
        .collect();
    let last = numbers.pop().unwrap();
    (numbers, last)
}

#[test]
fn the_numbers_of_a_large_plan_add_up_as_they_are_read() {
    let plan = world::blocked();
    adds_up(&plan);
    for width in [60, 72, 80, 100, 132] {
        let shape = Shape { width, ascii: true, ..Shape::default() };
        let text = human(&Styles::plain(), &shape, &plan);
        for (title, total) in [("assign", 46_182), ("reclaim", 3_818)] {
            let (rows, last) = column(&text, "Why it changes", title);
            assert_eq!(last, total, "{text}");
            assert_eq!(rows.iter().sum::<u64>(), total, "{text}");
        }
        let (mut rows, last) = column(&text, "Assignments", "assign");
        rows.push(last);
        assert_eq!(rows.iter().sum::<u64>(), 46_182, "{text}");
        assert!(text.contains("46,182 to assign"), "{text}");
        assert!(text.contains("3,818 to reclaim"), "{text}");
    }
}

#[test]
fn fifty_thousand_changes_over_forty_apps_fit_on_two_screens_of_any_width() {
    let plan = world::blocked();
    assert_eq!(plan.changes.iter().map(Change::pairs).sum::<usize>(), 50_000);
    for width in 60..=140 {
        let shape = Shape { width, ..Shape::default() };
        let text = human(&Styles::plain(), &shape, &plan);
        assert!(text.lines().count() <= 80, "{width}: {} lines", text.lines().count());
        for line in text.lines() {
            assert!(text::width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn ten_thousand_locations_fold() {
    let mut world = World::new();
    for at in 0..10_000 {
        world = world.location(&format!("school-{at:05}"), "A school").app(1, "Pages", 100, 50);
        if at % 100 == 7 {
            world = world
                .moves(
                    Action::Release,
                    ("apps/pages.yaml", 9),
                    CauseKind::Unnamed { reclaim: ReclaimMode::Release },
                    0..at / 1000 + 1,
                )
                .guard(world::blocks(
                    "VPP-G101",
                    &format!("school-{at:05}"),
                    "reclaims too many",
                    ("policy.yaml", 3),
                ));
        }
        if at % 1000 == 3 {
            world = world.last(|location| {
                location.failed = Some("the token has expired".into());
            });
        }
    }
    let plan = world.plan();
    let text = human(&Styles::plain(), &Shape::default(), &plan);
    assert!(text.lines().count() <= 80, "{text}");
    assert!(text.contains("10 of 10,000 locations could not be read"), "{text}");
    assert!(text.contains("(9"), "the guards left out are counted:\n{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn examples_do_not_depend_on_the_order_of_the_holders() {
    let plan = world::blocked();
    let mut turned = plan.clone();
    for change in &mut turned.changes {
        change.devices.reverse();
    }
    let examples = |plan: &Plan| -> Vec<Vec<String>> {
        let rows = Sections::of(plan).reclaims;
        rows.iter().map(|row| row.examples.iter().map(ToString::to_string).collect()).collect()
    };
    assert_eq!(examples(&plan), examples(&turned));
    assert!(examples(&plan).iter().all(|row| row.len() == 3));
}

#[test]
fn every_holder_is_listed_when_asked_for() {
    let plan = world::blocked();
    let shape = Shape { detail: true, ..Shape::default() };
    let text = human(&Styles::plain(), &shape, &plan);
    let (_, listed) = text.split_once("\n- reclaim by").unwrap();
    let listed: usize = listed
        .lines()
        .filter(|line| line.starts_with("    C02X"))
        .map(|line| line.split_whitespace().count())
        .sum();
    let after: usize = plan.changes.iter().map(Change::pairs).sum();
    let before: usize = plan
        .changes
        .iter()
        .take_while(|change| !change.action.is_reclaim())
        .map(Change::pairs)
        .sum();
    assert_eq!(listed, after - before);
    assert!(text.lines().all(|line| text::width(line) <= 100));
}

#[test]
fn the_plan_as_json_reads_back_the_same() {
    let plan = world::hostile();
    let mut out = vec![];
    plan::json(&mut out, &plan).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.trim_end().chars().any(escape::is_hidden));
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,12}",
        "(?s).{0,30}",
        "[\u{0}-\u{20}\u{7f}-\u{a0}\u{202e}\u{200b}日é:#\\[]{0,60}",
        "[a-z ]{300}",
        "[a-z]{300}",
    ]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..10, any::<u64>(), Just(u64::MAX)]
}

fn cause() -> impl Strategy<Value = Cause> {
    let intent = prop::sample::select(vec![Intent::Required, Intent::Available, Intent::Uninstall]);
    let reclaim =
        prop::sample::select(vec![ReclaimMode::Uninstall, ReclaimMode::Release, ReclaimMode::Keep]);
    let kind = prop_oneof![
        (name(), intent).prop_map(|(group, intent)| CauseKind::Entry { group, intent }),
        name().prop_map(|group| CauseKind::Except { group }),
        reclaim.prop_map(|reclaim| CauseKind::Unnamed { reclaim }),
    ];
    (name(), any::<u32>(), kind).prop_map(|(file, line, kind)| Cause { file, line, kind })
}

fn change() -> impl Strategy<Value = Change> {
    let action = prop::sample::select(vec![Action::Assign, Action::Release, Action::Uninstall]);
    let devices = prop::collection::vec("[A-Z0-9]{1,64}", 0..5);
    let users = prop::collection::vec(name(), 0..5);
    (name(), name(), 0usize..9, action, cause(), devices, users).prop_map(
        |(location, name, id, action, cause, devices, users)| Change {
            location,
            asset: world::asset(id),
            kind: vpp::license::AssetKind::App,
            name,
            bundle_id: None,
            install: false,
            action,
            cause,
            origin: None,
            devices: devices.iter().filter_map(|one| one.parse::<SerialNumber>().ok()).collect(),
            users: users.iter().filter_map(|one| ClientUserId::new(one)).collect(),
        },
    )
}

fn guard() -> impl Strategy<Value = GuardResult> {
    let level = prop::sample::select(vec![GuardLevel::Block, GuardLevel::Warn]);
    let outcome = prop::sample::select(vec![GuardOutcome::Tripped, GuardOutcome::Allowed]);
    let help = prop::collection::vec(name(), 0..5);
    (name(), level, outcome, prop::option::of(name()), name(), help).prop_map(
        |(code, level, outcome, subject, message, help)| GuardResult {
            code,
            level,
            outcome,
            location: subject.clone(),
            file: subject.clone(),
            line: Some(3),
            examples: help.clone(),
            subject,
            message,
            help,
        },
    )
}

fn inaction() -> impl Strategy<Value = Inaction> {
    let kind = prop::sample::select(vec![
        InactionKind::Kept,
        InactionKind::Irrevocable,
        InactionKind::Short,
        InactionKind::WaitsForReclaim,
        InactionKind::Protected,
        InactionKind::NotAssignable,
        InactionKind::Withheld,
        InactionKind::Malformed,
    ]);
    (name(), name(), kind, number(), cause()).prop_map(|(location, name, kind, pairs, cause)| {
        let examples = vec![name.clone()];
        Inaction { location, asset: world::asset(1), name, kind, pairs, cause, examples }
    })
}

fn license() -> impl Strategy<Value = LicenseRow> {
    let stock = prop_oneof![
        Just(None),
        Just(Some(Stock::Unlimited)),
        (number(), number()).prop_map(|(total, available)| {
            Some(Stock::Limited { total, available, retired: 0 })
        }),
    ];
    (name(), stock, prop::array::uniform6(number()), prop::option::of(number())).prop_map(
        |(name, stock, [assigned, desired, assign, release, uninstall, short], free_after)| {
            LicenseRow {
                asset: world::asset(1),
                kind: vpp::license::AssetKind::Book,
                name,
                stock,
                assigned,
                desired,
                assign,
                release,
                uninstall,
                short,
                free_after,
            }
        },
    )
}

prop_compose! {
    /// Any plan at all, consistent or not: a plan file may come from anywhere.
    pub(super) fn any_plan(sizes: Range<usize>)(
        locations in prop::collection::vec(
            (name(), name(), prop::option::of(name()), prop::collection::vec(license(), 0..6),
             prop::array::uniform4(number())),
            sizes.clone(),
        ),
        changes in prop::collection::vec(change(), sizes.clone()),
        guards in prop::collection::vec(guard(), sizes.clone()),
        inactions in prop::collection::vec(inaction(), sizes.clone()),
        notices in prop::collection::vec((name(), name(), name()), sizes),
        numbers in prop::array::uniform6(number()),
        fingerprint in name(),
        complete: bool,
        applyable: bool,
    ) -> Plan {
        let mut world = World::new();
        for (name, description, failed, licenses, [a, b, c, d]) in locations {
            world = world.location(&name, &description).last(|location| {
                location.owner = None;
                location.claim = failed.clone().map(|name| MdmInfo {
                    id: name.clone(),
                    name,
                    metadata: String::new(),
                });
                location.failed = failed;
                location.licenses = licenses;
                location.write_requests = a;
                location.read_requests = b;
                location.unchanged = c;
                location.users.waiting = d;
                location.users.create = ClientUserId::new(&name)
                    .map(|client_user_id| UserDetails {
                        client_user_id,
                        email: None,
                        managed_apple_id: None,
                    })
                    .into_iter()
                    .collect();
                location.limits.requests_per_second = u32::try_from(a % 3).unwrap();
                location.unmanaged = Unmanaged { assets: a, assignments: b };
            });
        }
        world.raw(|plan| {
            plan.changes = changes;
            plan.drift = inactions
                .iter()
                .map(|one: &Inaction| Drift {
                    location: one.location.clone(),
                    asset: one.asset,
                    name: one.name.clone(),
                    run: one.name.clone(),
                    since: world::time("2026-11-20T02:00:00Z"),
                    gained: one.pairs,
                    lost: one.pairs / 2,
                    gained_examples: one.examples.clone(),
                    lost_examples: vec![one.name.clone()],
                })
                .collect();
            plan.guards = guards;
            plan.inactions = inactions;
            plan.diagnostics = notices
                .into_iter()
                .map(|(code, level, message)| Notice {
                    file: Some(code.clone()),
                    line: Some(1),
                    help: vec![level.clone()],
                    code,
                    level,
                    message,
                })
                .collect();
            let [a, b, c, d, e, f] = numbers;
            plan.summary.unchanged = a;
            plan.summary.unmanaged = b;
            plan.summary.assets_changed = c;
            plan.summary.assets_managed = d;
            plan.summary.devices = e;
            plan.summary.users = f;
            plan.fingerprint = fingerprint;
            plan.complete = complete;
            plan.applyable = applyable;
        })
    }
}

fn holds(plan: &Plan, width: usize, ascii: bool) -> Result<(), TestCaseError> {
    for detail in [false, true] {
        let plan_file = Some("p\u{1b}lan".into());
        let shape = Shape { width, ascii, detail, plan_file, ..Shape::default() };
        let text = human(&Styles::plain(), &shape, plan);
        prop_assert!(!text.chars().any(|c| c != '\n' && escape::is_hidden(c)), "{text:?}");
        prop_assert!(!ascii || text.is_ascii(), "{text}");
        prop_assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        prop_assert!(!text.contains("##["), "{text}");
        prop_assert!(detail || text.lines().count() <= 80, "{} lines", text.lines().count());
        if !detail {
            for line in text.lines() {
                // A `::` that opens a line is broken up when it is written, which takes room.
                let room = shape.columns() + if line.contains("\\u{3a}") { 5 } else { 0 };
                prop_assert!(text::width(line) <= room, "{width}: {line}");
            }
        }
        let colored = human(&Styles::colored(), &shape, plan);
        prop_assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_plan_renders_and_nothing_gets_out(
        plan in any_plan(0..4),
        width in 20usize..200,
        ascii: bool,
    ) {
        holds(&plan, width, ascii)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn a_plan_with_too_much_of_everything_fits_too(
        plan in any_plan(20..30),
        width in 20usize..200,
    ) {
        holds(&plan, width, false)?;
    }

    #[test]
    fn the_numbers_of_any_consistent_plan_add_up(
        apps in prop::collection::vec(
            (0usize..3, prop::collection::vec((0usize..4, 0usize..3, 1usize..40), 0..4)),
            1..30,
        ),
    ) {
        let groups = ["year-7", "staff", "labs"];
        let mut world = World::new().location("north", "North");
        for (at, (location, moves)) in apps.into_iter().enumerate() {
            if location == 0 {
                world = world.location(&format!("l{at}"), "More");
            }
            world = world.app(at, &format!("app-{at}"), 1_000, 400);
            let mut next = 0;
            for (action, group, holders) in moves {
                let (action, cause) = match action {
                    0 => (Action::Release, CauseKind::Unnamed { reclaim: ReclaimMode::Release }),
                    1 => (Action::Uninstall, CauseKind::Except { group: groups[group].into() }),
                    _ => (Action::Assign, world::entry(groups[group], Intent::Required)),
                };
                let file = format!("apps/{at}.yaml");
                world = world.moves(action, (&file, 3), cause, next..next + holders);
                next += holders;
            }
        }
        let plan = world.plan();
        adds_up(&plan);
        holds(&plan, 100, false)?;
    }
}
