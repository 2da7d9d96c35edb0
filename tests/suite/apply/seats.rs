//! Subscriptions from plan to read-back, in this process.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;
use vpp::apply::outcome::{RunReport, RunResult};
use vpp::plan::Plan;
use vpp::render::{Shape, Styles, run};
use vpp::sandbox::{LostReply, PlannedFault};

use super::house::House;

const MANIFESTS: &str = r#"
apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: T }
owner: { id: ours, name: IT }
reclaim: release
"#;

/// What stands at Apple and what is wanted, of people `u0` to `u7`.
#[derive(Debug, Clone)]
struct Story {
    /// Those who have accepted the invitation.
    associated: BTreeSet<usize>,
    held: [BTreeSet<usize>; 2],
    administrators: BTreeSet<usize>,
    /// Whom two entries name: seats that go on, and seats that end.
    wanted: [BTreeSet<usize>; 2],
    administering: Option<BTreeSet<usize>>,
    deferred: bool,
    seats: [u32; 2],
    limits: [u32; 2],
}

fn names(people: &BTreeSet<usize>) -> String {
    people.iter().map(|n| format!("u{n}")).collect::<Vec<_>>().join(", ")
}

impl Story {
    fn world(&self) -> String {
        let user = |n: &usize| {
            let account = format!(", managedAppleId: u{n}@s.example");
            let account = if self.associated.contains(n) { account.as_str() } else { "" };
            format!("      - {{ clientUserId: u{n}{account} }}\n")
        };
        let users: String = (0..6).map(|n| user(&n)).collect();
        // Seats are held by those who can.
        let of = |people: &BTreeSet<usize>| names(&(people & &self.associated));
        let renewing = &self.held[0] & &self.associated;
        let expiring = &(&self.held[1] & &self.associated) - &renewing;
        let used = |people: &BTreeSet<usize>| u32::try_from(people.len()).unwrap();
        format!(
            "apiVersion: vpp/v1\nkind: World\nlimits: {{ maxRequestPerSecond: 100000, \
             maxSubscriptions: {}, maxSubscriptionClientUserIds: {} }}\nlocations:\n  - name: \
             north\n    uid: \"100\"\n    owner: {{ id: ours, name: IT }}\n    accounts: [u6@s.example]\n    \
             users:\n{users}    subscriptions:\n      - {{ adamId: 71, renewing: {}, expiring: {}, \
             assigned: {{ renewing: [{}], expiring: [{}] }}, administrators: [{}] }}\n",
            self.limits[0],
            self.limits[1],
            used(&renewing) + self.seats[0],
            used(&expiring) + self.seats[1],
            names(&renewing),
            names(&expiring),
            of(&self.administrators),
        )
    }

    fn manifests(&self) -> String {
        let group = |name: &str, people: &BTreeSet<usize>| {
            format!(
                "---\napiVersion: vpp/v1\nkind: Group\nname: {name}\nusers: [{}]\n",
                names(people)
            )
        };
        let mut text = MANIFESTS.to_owned();
        text += "---\napiVersion: vpp/v1\nkind: Inventory\nname: people\ncsv: { path: people.csv, user: \
                 id, managedAppleId: account }\n";
        text += &group("going", &self.wanted[0]);
        text += &group("ending", &self.wanted[1]);
        text += "---\napiVersion: vpp/v1\nkind: Subscription\nname: studio\nadamId: 71\nlocation: \
                 north\nwhenShort: fill\nassign:\n  - to: going\n  - { to: ending, renewing: false }\n";
        text += &format!("deferred: {}\n", self.deferred);
        if let Some(people) = &self.administering {
            text += &format!("administrators: [it]\n{}", group("it", people));
        }
        text
    }

    async fn house(&self) -> House {
        // `u6` will be linked as soon as it is registered, `u7` has to accept an invitation.
        let people = "id,account\nu6,u6@s.example\nu7,\n";
        House::new(&self.world(), &[("all.yaml", &self.manifests()), ("people.csv", people)]).await
    }
}

fn people(most: usize) -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0..most, 0..6)
}

fn some(most: usize) -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0..most, 1..6)
}

fn story() -> impl Strategy<Value = Story> {
    (
        people(6),
        [people(6), people(6)],
        people(6),
        [some(8), some(8)],
        prop::option::of(some(8)),
        any::<bool>(),
        [0..4_u32, 0..3_u32],
        [1..3_u32, 1..4_u32],
    )
        .prop_map(
            |(associated, held, administrators, wanted, administering, deferred, seats, limits)| {
                Story {
                    associated,
                    held,
                    administrators,
                    wanted,
                    administering,
                    deferred,
                    seats,
                    limits,
                }
            },
        )
}

/// Every pair the plan moves, by path of the request.
fn planned(plan: &Plan) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for seats in plan.locations.iter().filter_map(|one| one.subscriptions.as_ref()) {
        for change in &seats.changes {
            let path = if change.action.is_reclaim() { "disassociate" } else { "associate" };
            let path = format!("subscriptions/{path}");
            all.extend(change.users.iter().map(|user| (path.clone(), user.to_string())));
        }
        for change in &seats.administrators {
            let path = if change.is_add() { "add" } else { "remove" };
            let path = format!("subscriptions/admins/{path}");
            all.extend(change.users.iter().map(|user| (path.clone(), user.to_string())));
        }
    }
    all
}

fn written(house: &House) -> BTreeSet<(String, String)> {
    let posts = house.tap.posts();
    let posts = posts.iter().filter(|post| post.path.starts_with("subscriptions/"));
    posts
        .flat_map(|post| {
            let users = post.body["clientUserIds"].as_array().cloned().unwrap_or_default();
            users.into_iter().map(|user| (post.path.clone(), user.as_str().unwrap().to_owned()))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn what_a_plan_says_is_what_is_written_and_then_there_is_nothing_to_do(story in story()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let house = story.house().await;
            let (plan, writers) = house.survey().await;
            assert!(plan.applyable, "{:#?}", plan.guards);
            let report = house.carry_out(&plan, &writers).await;
            let ended = matches!(report.result, RunResult::Done | RunResult::Nothing);
            assert!(ended, "{report:#?}");
            assert_eq!(written(&house), planned(&plan), "{story:#?}");
            let mut again = house.plan().await;
            // Which kind of seat somebody holds cannot be told from Apple's lists. Where seats are
            // short it is counted so that none is promised that there is not, and there may be one
            // more afterwards.
            if plan.summary.subscriptions.unwrap().short > 0 && !again.is_empty() {
                house.apply().await;
                again = house.plan().await;
            }
            assert!(again.is_empty(), "{again:#?}");
            house.stop().await;
        });
    }
}

fn simple() -> Story {
    let set = |people: &[usize]| people.iter().copied().collect::<BTreeSet<_>>();
    Story {
        associated: set(&[0, 1, 2, 3, 4, 5]),
        held: [set(&[0]), set(&[1])],
        administrators: set(&[]),
        wanted: [set(&[2, 3, 4]), set(&[5])],
        administering: None,
        deferred: false,
        seats: [4, 1],
        limits: [25, 1000],
    }
}

fn fault(path: &str) -> PlannedFault {
    PlannedFault { path: Some(path.to_owned()), times: Some(1), ..PlannedFault::default() }
}

#[tokio::test]
async fn a_reply_that_got_lost_is_settled_by_reading() {
    for lost in [LostReply::Before, LostReply::After] {
        let house = simple().house().await;
        house.sandbox.fail(PlannedFault { lost: Some(lost), ..fault("subscriptions/associate") });
        let report = house.apply().await;
        assert_eq!(report.result, RunResult::Done, "{report:#?}");
        assert!(house.plan().await.is_empty());
        let sent = house.posts("subscriptions/associate");
        // The trial's is lost: sent again only where reading shows that nothing happened.
        let again = usize::from(lost == LostReply::Before);
        assert_eq!(sent, 2 + again, "{lost:?}");
    }
}

#[tokio::test]
async fn who_is_refused_stands_alone_and_the_others_get_their_seats() {
    let house = simple().house().await;
    let (plan, writers) = house.survey().await;
    // Somebody else retires one of them between plan and apply.
    house
        .post("north", "users/retire", serde_json::json!({ "users": [{ "clientUserId": "u3" }] }))
        .await;
    house.sandbox.settle_events().await;
    let report = house.carry_out(&plan, &writers).await;
    assert_eq!(report.result, RunResult::Partial, "{report:#?}");
    let seats = report.summary.subscriptions.clone().unwrap();
    assert_eq!((seats.assigned, seats.reclaimed, seats.failed), (3, 2, 1), "{report:#?}");
    let failed: Vec<_> = failures(&report);
    assert_eq!(failed, [(Some(9814), vec!["u3".to_owned()])]);
}

fn failures(report: &RunReport) -> Vec<(Option<i32>, Vec<String>)> {
    let seats = report.locations.iter().filter_map(|one| one.subscriptions.as_ref());
    let failed = seats.flat_map(|seats| &seats.changes).flat_map(|one| &one.outcome.failed);
    failed.map(|one| (one.number, one.holders.clone())).collect()
}

#[tokio::test]
async fn every_number_of_subscriptions_says_what_happened_and_what_to_do() {
    let mut table = String::new();
    for number in [9634, 9709, 9811, 9812, 9813, 9814, 9815, 9816, 9817, 9818] {
        let faulty = |path: &str| PlannedFault {
            number: Some(number),
            times: Some(1_000_000),
            ..fault(path)
        };
        let mut house = simple().house().await;
        house.retry_budget = Duration::from_millis(8);
        house.options.rounds = 2;
        let (plan, writers) = house.survey().await;
        house.sandbox.fail(faulty("subscriptions/associate"));
        let report = house.carry_out(&plan, &writers).await;
        let mut shown = vec![];
        let shape = Shape { width: 1000, ..Shape::default() };
        run::human(&mut shown, &Styles::plain(), &shape, &report).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        let told = shown
            .lines()
            .skip(1)
            .filter(|line| !line.is_empty() && !line.starts_with("Plan "))
            .collect::<Vec<_>>()
            .join("\n    ");
        let house = simple().house().await;
        house.sandbox.fail(faulty("subscriptions/assignments"));
        let plan = house.plan().await;
        let read = plan.locations[0].failed.clone();
        let read = read.unwrap_or_else(|| "(is read as without subscriptions)".to_owned());
        writeln!(table, "{number} plan:  {read}\n     apply:\n    {told}\n").unwrap();
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_read_again() {
    let house = simple().house().await;
    // The first later part is refused: its cursor is not good any more.
    house.sandbox.fail(PlannedFault { number: Some(9812), ..fault("subscriptions/assignments") });
    let plan = house.plan().await;
    assert!(plan.locations[0].failed.is_some(), "a first part has no cursor that could be bad");
    assert!(house.plan().await.complete);
}
