//! What a plan says of groups, intents and licenses.

use serde_json::json;
use vpp::plan::served::MdmAction;

use super::fake::Fault;
use super::house::{APP, House, YEAR_7, YEAR_8, app, guards, tenant};

const BOTH: &str = "assign: [{ to: year-7 }, { to: year-8, intent: available }]";

#[tokio::test(start_paused = true)]
async fn what_is_as_wanted_is_no_change_and_a_new_group_is_one() {
    let house = House::new(tenant(), &app("assign: [{ to: year-7 }]"));
    let plan = house.plan().await;
    assert!(plan.is_empty() && plan.applyable, "{:?}", plan.guards);
    assert_eq!(plan.mdm_locations[0].apps[0].unchanged, 1);
    let nothing = plan.fingerprint;

    house.write("app.yaml", &app(BOTH));
    let plan = house.plan().await;
    let step = &plan.mdm_locations[0].apps[0].steps[0];
    assert_eq!(
        (step.action, step.title.as_deref(), step.devices),
        (MdmAction::Add, Some("Year 8"), 10)
    );
    assert_eq!((step.cause.file.as_str(), step.cause.line), ("app.yaml", 6));
    assert_ne!(plan.fingerprint, nothing);
    assert_eq!(plan.fingerprint, house.plan().await.fingerprint);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_gone_uninstalls_or_is_kept_as_reclaim_says() {
    let house = House::new(tenant(), &app("assign: [{ to: year-8 }]"));
    let plan = house.plan().await;
    let actions: Vec<_> =
        plan.mdm_locations[0].apps[0].steps.iter().map(|step| step.action).collect();
    assert_eq!(actions, [MdmAction::Add, MdmAction::Uninstall]);
    assert_eq!(plan.mdm_locations[0].apps[0].taken(), 20);

    house.write("app.yaml", &app("assign: [{ to: year-8 }]\nreclaim: keep"));
    let plan = house.plan().await;
    let plan = &plan.mdm_locations[0].apps[0];
    assert_eq!((plan.steps.len(), plan.kept.len()), (1, 1));
    assert!(plan.kept[0].why.contains("keep"));
}

#[tokio::test(start_paused = true)]
async fn an_uninstall_nobody_here_began_is_left_alone() {
    let house =
        House::new(tenant().assigned(APP, YEAR_8, "uninstall"), &app("assign: [{ to: year-7 }]"));
    let plan = house.plan().await;
    assert!(plan.is_empty());
    assert!(plan.mdm_locations[0].apps[0].kept[0].why.contains("nobody here began"));
}

#[tokio::test(start_paused = true)]
async fn guards_say_what_is_wrong() {
    let of = |change: fn(&mut super::fake::Tenant), lines: &str| {
        let mut tenant = tenant();
        change(&mut tenant);
        House::new(tenant, &app(lines))
    };
    let plain = "assign: [{ to: year-7 }]";
    for (state, code) in
        [("expired", "G151"), ("invalid", "G151"), ("assignedToExternalMDM", "G151")]
    {
        let house = of(|_| (), plain);
        house.fake.state().tenant.tokens[0]["state"] = json!(state);
        let plan = house.plan().await;
        assert_eq!(guards(&plan).0, [code], "{state}");
        assert!(!plan.guards[0].help[0].is_empty());
    }
    let ends =
        of(|tenant| tenant.tokens[0]["expirationDateTime"] = json!("2026-11-20T00:00:00Z"), plain);
    assert_eq!(guards(&ends.plan().await).1, ["G152"]);
    let no_app = of(|tenant| drop(tenant.apps.remove(APP)), plain);
    assert_eq!(guards(&no_app.plan().await).0, ["G153"]);
    let gone = of(|tenant| drop(tenant.groups.remove(YEAR_8)), BOTH);
    assert_eq!(guards(&gone.plan().await).0, ["G154"]);
    let small = of(|tenant| tenant.groups.get_mut(YEAR_8).unwrap().1.truncate(1), BOTH);
    assert_eq!(guards(&small.plan().await).0, ["G155"]);
    let empty = of(|tenant| tenant.groups.get_mut(YEAR_8).unwrap().1.clear(), BOTH);
    assert_eq!(guards(&empty.plan().await).0, ["G155"]);
    let short = of(
        |tenant| tenant.apps.get_mut(APP).unwrap().total = 25,
        "assign: [{ to: year-7 }, { to: year-8 }]",
    );
    let plan = short.plan().await;
    assert_eq!(guards(&plan).0, ["G157"]);
    assert!(
        plan.guards[0].message.contains("10 holders") && plan.guards[0].message.contains("5 of 25")
    );
    let nobody = of(|_| (), "assign: []");
    assert_eq!(guards(&nobody.plan().await).0, ["G159"]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_limits_what_a_server_takes_back_and_an_allowance_waives_it() {
    let house = House::new(tenant(), &app("assign: [{ to: year-8 }]"));
    let policy = "apiVersion: vpp/v1\nkind: Policy\nname: p\n";
    house.write("policy.yaml", policy);
    let plan = house.plan().await;
    assert_eq!(guards(&plan).0, ["G158", "G158"]);
    assert!(
        plan.guards[0].help.iter().any(|line| line.contains("reclaimUpTo: 20")),
        "{:?}",
        plan.guards
    );
    house.write(
        "policy.yaml",
        &format!(
            "{policy}allow:\n  - {{ guard: G158, app: Notability, reclaimUpTo: 20, until: 2026-12-01, reason: r }}\n  \
             - {{ guard: G158, app: northfield, reclaimUpTo: 20, until: 2026-12-01, reason: r }}\n"
        ),
    );
    let plan = house.plan().await;
    assert!(plan.applyable, "{:?}", plan.guards);
    house.write("policy.yaml", &format!("{policy}protect: [{{ app: Notability }}]\n"));
    assert!(guards(&house.plan().await).0.contains(&"G160"));
}

#[tokio::test(start_paused = true)]
async fn a_location_that_cannot_be_read_blocks_and_plans_nothing() {
    let house = House::new(tenant(), &app(BOTH));
    house.fake.trouble("managedDevices", Fault::Status(403));
    let plan = house.plan().await;
    assert_eq!(guards(&plan).0, ["G150"]);
    assert!(!plan.complete && plan.is_empty() && plan.mdm_locations[0].apps.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_manifests_cannot_say_is_shown_and_asks_for_beta() {
    let mut tenant = tenant();
    let row = &mut tenant.apps.get_mut(APP).unwrap().assignments[0];
    row["settings"]["isRemovable"] = json!(true);
    row["target"]["deviceAndAppManagementAssignmentFilterId"] = json!("f-1");
    row["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    let house = House::new(tenant, &app("assign: [{ to: year-7, intent: available }]"));
    let plan = house.plan().await;
    let plan = &plan.mdm_locations[0].apps[0];
    assert_eq!(plan.version.as_deref(), Some("beta"));
    assert_eq!(plan.steps[0].keeps, ["filter f-1 (include)", "isRemovable true"]);
    house.apply().await.unwrap();
    let after = house.fake.state().tenant.apps[APP].assignments[0].clone();
    assert_eq!(after["intent"], "available");
    assert_eq!(after["settings"]["isRemovable"], true);
    assert_eq!(after["target"]["deviceAndAppManagementAssignmentFilterId"], "f-1");
    assert_eq!(house.fake.state().assigned[0].0, "beta");
}

#[tokio::test(start_paused = true)]
async fn an_except_is_an_exclusion_in_every_intent() {
    let house = House::new(tenant(), &app("assign: [{ to: year-7 }]\nexcept: [year-8]"));
    let report = house.apply().await.unwrap();
    assert_eq!(report.counts(), (1, 0));
    let rows = house.fake.state().tenant.apps[APP].assignments.clone();
    assert_eq!(rows[1]["target"]["@odata.type"], "#microsoft.graph.exclusionGroupAssignmentTarget");
    assert_eq!(
        (rows[1]["target"]["groupId"].as_str(), rows[1]["intent"].as_str()),
        (Some(YEAR_8), Some("required"))
    );
    assert!(house.plan().await.is_empty());
    assert_eq!(rows[0]["target"]["groupId"], YEAR_7);
}
