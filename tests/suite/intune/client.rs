//! Reading Intune: whole or an error, with every fault a server has.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use vpp::graph::{GraphError, Version};
use vpp::intune::{InstallState, Memory, Scope, Seen, Target, Wanted, Word, Writer, read};

use super::fake::{Fake, Fault, READ, SECRET, Tenant};

const YEAR_7: &str = "00000000-0000-0000-0000-000000000007";
const YEAR_8: &str = "00000000-0000-0000-0000-000000000008";

fn tenant() -> Tenant {
    Tenant::at("2026-11-27T06:00:00Z")
        .app("app-1", "Notability", 360_593_530, 500)
        .app("app-2", "Pages", 361_309_726, 10)
        .group(YEAR_7, "Year 7", 1..=230)
        .group(YEAR_8, "Year 8", 231..=240)
        .assigned("app-1", YEAR_7, "required")
}

fn scope() -> Scope {
    let asset = vpp::license::Asset {
        adam_id: "360593530".parse().unwrap(),
        pricing_param: vpp::license::PricingParam::Standard,
    };
    let apps = vec![Wanted { asset, bundle_id: None }];
    Scope { token: None, apps, groups: BTreeSet::from([YEAR_8.to_owned()]) }
}

async fn seen(fake: &Fake) -> Result<Seen, String> {
    let now = fake.state().tenant.now;
    read(&fake.reader(), &scope(), &Memory::default(), now).await
}

#[tokio::test(start_paused = true)]
async fn a_location_is_read_whole_over_many_pages() {
    let fake = Fake::new(tenant());
    fake.state().page = 7;
    fake.state().reorder = true;
    let seen = seen(&fake).await.unwrap();
    assert_eq!((seen.token.id.as_str(), seen.unmanaged, seen.devices.len()), ("t-1", 1, 240));
    let app = seen.apps.values().next().unwrap();
    assert_eq!((app.app.used, app.app.total, app.version), (230, 500, Version::V1));
    assert_eq!(app.holders.as_ref().map(Vec::len), Some(230));
    assert_eq!(app.assignments[0].target, Target::Group(YEAR_7.to_owned()));
    assert_eq!(app.assignments[0].word, Word::Required);
    let groups: Vec<_> =
        seen.groups.values().map(|group| (group.title.as_deref(), group.len())).collect();
    assert_eq!(groups, [(Some("Year 7"), 230), (Some("Year 8"), 10)]);
    assert_eq!(seen.groups[YEAR_7].managed(&seen.devices).len(), 230);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_moves_while_it_is_read_is_read_again_and_never_comes_out_shorter() {
    let whole = seen(&Fake::new(tenant())).await.unwrap();
    for moves in (1..60).step_by(9) {
        let fake = Fake::new(tenant());
        (fake.state().page, fake.state().reorder, fake.state().moves) = (40, true, moves);
        match seen(&fake).await {
            Ok(seen) => assert_eq!((&seen.devices, &seen.groups), (&whole.devices, &whole.groups)),
            Err(error) => assert!(error.contains("moved each time"), "{error}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reading_never_posts_a_change_and_needs_no_right_to_write() {
    let fake = Fake::new(tenant());
    fake.state().scopes = READ.into_iter().collect();
    seen(&fake).await.unwrap();
    let posts = fake
        .state()
        .log
        .iter()
        .filter(|line| line.starts_with("POST"))
        .cloned()
        .collect::<BTreeSet<_>>();
    assert_eq!(
        posts,
        BTreeSet::from(["POST beta/$batch".to_owned(), "POST v1.0/$batch".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_named_as_such() {
    for scope in READ {
        let fake = Fake::new(tenant());
        fake.state().scopes.remove(scope);
        let error = seen(&fake).await.unwrap_err();
        assert!(error.contains("lacks a permission"), "{scope}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_for_within_one_budget() {
    let fake = Fake::new(tenant());
    for seconds in [20, 0] {
        fake.trouble("vppTokens", Fault::Throttle(seconds));
    }
    fake.state().throttled_items = 2;
    let begun = Instant::now();
    seen(&fake).await.unwrap();
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(23) && waited < Duration::from_mins(1), "{waited:?}");

    for _ in 0..3 {
        fake.trouble("managedDevices", Fault::Throttle(200));
    }
    let begun = Instant::now();
    let error = seen(&fake).await.unwrap_err();
    assert!(error.contains("asked to wait 200 s"), "{error}");
    assert!(begun.elapsed() <= Duration::from_mins(5), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_an_error_or_overcome_and_never_a_smaller_answer() {
    let whole = seen(&Fake::new(tenant())).await.unwrap();
    let paths = [
        "vppTokens",
        "mobileApps",
        "assignedLicenses",
        "managedDevices",
        "$batch",
        "transitiveMembers",
    ];
    let faults = [Fault::Status(503), Fault::Lost, Fault::Cut, Fault::Redirect, Fault::Status(400)];
    for path in paths {
        for fault in &faults {
            let fake = Fake::new(tenant());
            fake.state().page = 50;
            fake.trouble(path, fault.clone());
            match seen(&fake).await {
                Ok(read) => {
                    let holders = read.apps.values().next().unwrap().holders.is_some();
                    let whole = whole.clone();
                    let same = (read.groups == whole.groups) && (read.devices == whole.devices);
                    assert!(same, "{path} {fault:?}");
                    // Who holds licenses may be unknown, never half known.
                    assert!(holders || path == "assignedLicenses", "{path} {fault:?}");
                }
                Err(error) => assert!(error.contains("Graph"), "{path} {fault:?}: {error}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_leads_elsewhere_or_in_a_circle_is_an_error() {
    let fake = Fake::new(tenant());
    let graph = fake.graph();
    // The fake takes a link once: reading a chain twice from one link is refused.
    let read =
        graph.list::<serde_json::Value>(Version::V1, "deviceManagement/managedDevices", false);
    assert_eq!(read.await.unwrap().len(), 240);
    let error = graph
        .list::<serde_json::Value>(
            Version::V1,
            "deviceManagement/managedDevices?$skiptoken=5.1",
            false,
        )
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::Refused { status: 400, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn more_questions_than_one_batch_takes_go_into_several() {
    let mut tenant = tenant();
    for number in 0..45 {
        tenant = tenant.group(&format!("g-{number}"), "Some", 1..=2);
    }
    let fake = Fake::new(tenant);
    let ids: Vec<String> = (0..45).map(|number| format!("g-{number}")).collect();
    let groups = fake.reader().groups(&ids).await.unwrap();
    assert!(groups.iter().all(|group| group.len() == 2) && groups.len() == 45);
    let none = fake.reader().groups(&["g-99".to_owned()]).await.unwrap();
    assert_eq!((none[0].title.as_deref(), none[0].len()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn several_tokens_must_be_told_apart() {
    let mut tenant = tenant();
    let mut other = tenant.tokens[0].clone();
    other["id"] = serde_json::json!("t-2");
    tenant.tokens.push(other);
    let fake = Fake::new(tenant);
    let error = seen(&fake).await.unwrap_err();
    assert!(error.contains("`mdmToken`") && error.contains("t-2"), "{error}");
    assert!(!error.contains("TheTextOfTheToken"));
    let scope = Scope { token: Some("T-1".to_owned()), ..scope() };
    let now = fake.state().tenant.now;
    let seen = read(&fake.reader(), &scope, &Memory::default(), now).await.unwrap();
    assert_eq!(seen.apps.len(), 1);
    let scope = Scope { token: Some("t-2".to_owned()), ..scope };
    let seen = read(&fake.reader(), &scope, &Memory::default(), now).await.unwrap();
    assert_eq!(seen.apps.len(), 0, "beta says of which token an app is");
}

#[tokio::test(start_paused = true)]
async fn an_access_token_that_was_withdrawn_is_renewed_once() {
    let fake = Fake::new(tenant());
    let reader = fake.reader();
    reader.tokens().await.unwrap();
    fake.reader().tokens().await.unwrap();
    // Signing in again made the first one worthless.
    assert_eq!(reader.tokens().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_not_sent_again() {
    let fake = Fake::new(tenant());
    let writer = Writer::new(fake.reader());
    for fault in [Fault::Lost, Fault::Status(500)] {
        fake.trouble("/assign$", fault);
        let error = writer.assign(Version::V1, "app-1", &[]).await.unwrap_err();
        assert!(matches!(error, GraphError::Unknown { .. }), "{error}");
    }
    let assigns = fake.state().log.iter().filter(|line| line.ends_with("/assign")).count();
    assert_eq!(assigns, 1, "the second one never arrived");
    fake.trouble("/assign$", Fault::Throttle(1));
    writer.assign(Version::V1, "app-1", &[]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_says_what_to_do_and_not_what_it_is() {
    let fake = Fake::new(tenant());
    let mut credential = super::fake::credential();
    credential.proof = vpp::graph::Proof::Secret("WrongSecret".into());
    let graph = vpp::graph::Graph::over(credential, super::fake::options(), Box::new(fake.clone()));
    let error = vpp::intune::Reader::new(graph).tokens().await.unwrap_err();
    assert!(error.to_string().contains("give its value, not its id"), "{error}");
    assert!(!format!("{error:?}").contains("WrongSecret"));
    assert!(!format!("{:?}", super::fake::credential()).contains(SECRET));
}

#[tokio::test(start_paused = true)]
async fn a_job_of_github_actions_signs_in_without_any_secret() {
    let fake = Fake::new(tenant());
    let sign_in = |token: &str| {
        let url = "http://127.0.0.1:9/idtoken?api-version=2.0";
        let proof = vpp::graph::Proof::github_actions(url, token).unwrap();
        let credential = vpp::graph::Credential { proof, ..super::fake::credential() };
        vpp::graph::Graph::over(credential, super::fake::options(), Box::new(fake.clone()))
    };
    let reader = vpp::intune::Reader::new(sign_in("JobToken"));
    assert_eq!(reader.tokens().await.unwrap().len(), 1);
    let error = vpp::intune::Reader::new(sign_in("Other")).tokens().await.unwrap_err();
    assert!(matches!(error, GraphError::SignIn { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_report_says_of_every_device_what_it_did_and_when() {
    let fake = Fake::new(tenant());
    let reader = fake.reader();
    let seen = seen(&fake).await.unwrap();
    let assignments = &seen.apps.values().next().unwrap().assignments;
    let out = [assignments[0].with(Word::Uninstall, None)];
    let changed = Writer::new(reader.clone()).assign(Version::V1, "app-1", &out).await.unwrap();
    assert_eq!(changed, Some(fake.state().tenant.now), "by the server's clock");
    {
        let mut state = fake.state();
        let late = state.tenant.now + jiff::SignedDuration::from_hours(2);
        state.tenant.devices.get_mut("d-0001").unwrap().offline_until = Some(late);
        state.tenant.devices.get_mut("d-0002").unwrap().refuses = true;
        state.tenant.advance(jiff::SignedDuration::from_hours(1));
    }
    let report = reader.report("app-1").await.unwrap();
    assert_eq!(report.rows.len(), 230);
    let states = ["d-0001", "d-0002", "d-0003"].map(|id| report.rows[id][0].state);
    let (there, failed, gone) =
        (InstallState::Installed, InstallState::UninstallFailed, InstallState::NotInstalled);
    assert_eq!(states, [there, failed, gone]);
    assert!(report.rows["d-0003"][0].at > changed && report.rows["d-0001"][0].at <= changed);
}
