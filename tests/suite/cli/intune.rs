//! Whole commands in a location whose token Intune owns, against a strict Graph on a socket.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::apple::Apple;
use super::shell::{Shell, steady};
use crate::intune::fake::{ACCESS, Fake, SECRET, Tenant};

const YEAR_7: &str = "00000000-0000-0000-0000-000000000007";
const YEAR_8: &str = "00000000-0000-0000-0000-000000000008";
const APP: &str = "app-1";

/// Year 7 has the app, year 8 does not. Its clock is the program's.
fn tenant() -> Tenant {
    #[expect(clippy::disallowed_methods, reason = "the program takes its own clock")]
    let now = Timestamp::now();
    let mut tenant = Tenant::at(&now.to_string())
        .app(APP, "Notability", 360_593_530, 600)
        .group(YEAR_7, "Year 7", 1..=20)
        .group(YEAR_8, "Year 8", 21..=30)
        .assigned(APP, YEAR_7, "required");
    let ends = now + SignedDuration::from_hours(24 * 200);
    tenant.tokens[0]["expirationDateTime"] = json!(ends.to_string());
    tenant
}

fn frame(endpoint: &str) -> String {
    format!(
        "apiVersion: vpp/v1\nkind: Mdm\nname: campus\nintune:\n  tenant: northfield.example\n  \
         clientId: c0ffee\n  secret: {{ env: INTUNE_SECRET }}\n  endpoint: {endpoint}\n---\n\
         apiVersion: vpp/v1\nkind: Location\nname: northfield\nlicenses: mdm\nmdm: campus\n\
         reclaim: uninstall\n---\n\
         apiVersion: vpp/v1\nkind: Group\nname: year-7\nentraGroup: {YEAR_7}\n---\n\
         apiVersion: vpp/v1\nkind: Group\nname: year-8\nentraGroup: {YEAR_8}\n"
    )
}

fn app(lines: &str) -> String {
    format!(
        "apiVersion: vpp/v1\nkind: App\nname: Notability\nadamId: \"360593530\"\n\
         location: northfield\n{lines}\n"
    )
}

fn house(lines: &str) -> (Shell, Fake) {
    let fake = Fake::new(tenant());
    let endpoint = fake.serve();
    let mut shell =
        Shell::with_files(&[("frame.yaml", &frame(&endpoint)), ("app.yaml", &app(lines))]);
    shell.set("INTUNE_SECRET", SECRET);
    shell.set("VPP_POLL_INTERVAL", "1ms");
    (shell, fake)
}

const BOTH: &str = "assign: [{ to: year-7 }, { to: year-8, intent: available }]";
const LEAVING: &str = "assign: [{ to: year-8 }]";

fn intents(fake: &Fake) -> Vec<(String, String)> {
    let rows = fake.state().tenant.apps[APP].assignments.clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(&row["target"]["groupId"]), text(&row["intent"]))).collect()
}

/// Without the line breaks that a terminal's width makes.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_plan_is_saved_shown_and_carried_out_and_the_next_one_is_empty() {
    let (shell, fake) = house(BOTH);
    let planned = shell.ok("plan --out p.json");
    insta::assert_snapshot!("intune-plan", steady(&planned));
    let comment = shell.ok("show p.json --format markdown").replace("&#8203;", "");
    insta::assert_snapshot!("intune-plan.md", steady(&comment));
    assert!(
        !fake.state().log.iter().any(|line| line.ends_with("/assign")),
        "planning writes nothing"
    );
    let csv = shell.ok("show p.json --format csv");
    assert_eq!(
        csv.lines().nth(1).unwrap(),
        format!(
            "northfield,,add,360593530,STDQ,Notability,App,group,{YEAR_8},app.yaml,6,\
             \"assign to year-8, available\",,,,\"available, device licenses\",10,0"
        )
    );
    let html = shell.ok("show p.json --format html");
    for text in [
        "At servers that own the token",
        "(available, device licenses), 10 devices",
        "No license moves at Apple.",
    ] {
        assert!(html.contains(text), "{text}");
    }
    let applied = shell.ok("apply p.json --auto-approve --report markdown=run.md");
    let report = shell.read("run.md");
    assert!(report.contains("| add | Notability: Year 8: done, read back |"), "{report}");
    insta::assert_snapshot!("intune-apply", steady(&applied));
    let wanted = [(YEAR_7, "required"), (YEAR_8, "available")];
    let wanted = wanted.map(|(group, intent)| (group.to_owned(), intent.to_owned()));
    assert_eq!(intents(&fake), wanted);
    assert_eq!(shell.run("plan --detailed-exitcode").code, 0);
    // A plan that was carried out is not carried out again.
    let again = shell.run("apply p.json --auto-approve");
    assert_eq!(again.code, 5, "{}", again.err);
    insta::assert_snapshot!("intune-status", steady(&shell.ok("status")));
}

#[test]
fn a_run_is_in_the_history_and_in_the_stream_of_events() {
    let (shell, _fake) = house(BOTH);
    let told = lines(&shell.ok("apply --auto-approve --format json"));
    let schema: Value = serde_json::from_str(&shell.ok("schema events")).unwrap();
    for line in &told {
        jsonschema::validate(&schema, line).unwrap();
    }
    let kinds: Vec<&str> = told.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["version", "mdm_step", "summary"]);
    assert_eq!(told[1]["step"]["title"], "Year 8");
    assert_eq!(told[2]["result"]["state"], "done");

    let listed: Value = serde_json::from_str(&shell.ok("history --format json")).unwrap();
    let run = &listed["runs"][0]["run"];
    assert_eq!(
        (&run["locations"], &run["end"]["result"]),
        (&json!(["intune/t-1"]), &json!("done"))
    );
    let id = run["id"].as_str().unwrap();
    let shown: Value =
        serde_json::from_str(&shell.ok(&format!("history show {id} --format json"))).unwrap();
    let sent = &shown["runs"][0]["journal"][0];
    assert_eq!((&sent["kind"], &sent["body"]["app"]), (&json!("mdm_assignment"), &json!(APP)));
    assert_eq!(sent["outcome"][0], json!({ "state": "settled", "done": 2, "failed": 0 }));
    let report = &shown["runs"][0]["run"]["end"]["report"]["mdm_locations"][0];
    assert_eq!(report["steps"][0]["outcome"]["state"], "applied");
}

#[test]
fn a_reclaim_goes_on_from_run_to_run_and_waits_with_code_7() {
    let (shell, fake) = house(LEAVING);
    let first = shell.run("apply --auto-approve --detailed-exitcode");
    assert_eq!(first.code, 7, "{}\n{}", first.out, first.err);
    assert!(intents(&fake).contains(&(YEAR_7.to_owned(), "uninstall".to_owned())));
    assert!(shell.read(".vpp/.gitignore").ends_with("\n*\n"));
    // Nothing changes in the manifests, and the plan says what is waited for.
    let waits = shell.ok("plan");
    assert!(waits.contains("0 of 20 devices done, 20 waiting"), "{waits}");
    let plan: Value = serde_json::from_str(&shell.ok("plan --format json")).unwrap();
    let told = json!({ "steps": 0, "assign": 0, "reclaim": 0, "unchanged": 1, "waiting": 20 });
    assert_eq!(plan["summary"]["servers"], told);
    fake.state().tenant.advance(SignedDuration::from_hours(1));
    let second = shell.run("apply --auto-approve --detailed-exitcode");
    assert_eq!(second.code, 0, "{}\n{}", second.out, second.err);
    assert!(second.out.contains("its licenses are back"), "{}", second.out);
    assert_eq!(intents(&fake), [(YEAR_8.to_owned(), "required".to_owned())]);
    let runs: Value = serde_json::from_str(&shell.ok("history --format json")).unwrap();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2);
    assert_eq!(shell.run("plan --detailed-exitcode").code, 0);
}

#[test]
fn who_loses_the_memory_loses_no_license() {
    let (shell, fake) = house(LEAVING);
    shell.ok("apply --auto-approve");
    fs_err::remove_dir_all(shell.path().join(".vpp")).unwrap();
    fake.state().tenant.advance(SignedDuration::from_hours(1));
    let plan = flat(&shell.ok("plan"));
    assert!(plan.contains("nobody here began this uninstall"), "{plan}");
    shell.ok("apply --auto-approve");
    assert!(intents(&fake).contains(&(YEAR_7.to_owned(), "uninstall".to_owned())));
}

#[test]
fn a_location_renamed_goes_on_where_it_was() {
    let (shell, fake) = house(LEAVING);
    shell.ok("apply --auto-approve");
    shell.edit("frame.yaml", "name: northfield\n", "name: north\n");
    shell.edit("app.yaml", "location: northfield", "location: north");
    fake.state().tenant.advance(SignedDuration::from_hours(1));
    let applied = shell.ok("apply --auto-approve");
    assert!(applied.contains("its licenses are back"), "{applied}");
}

#[test]
fn another_admins_change_is_kept_and_told() {
    let (shell, fake) = house(BOTH);
    shell.ok("apply --auto-approve");
    {
        let mut state = fake.state();
        let rows = &mut state.tenant.apps.get_mut(APP).unwrap().assignments;
        rows[0]["settings"]["useDeviceLicensing"] = json!(false);
        rows.push(crate::intune::fake::assignment(
            "00000000-0000-0000-0000-000000000009",
            "required",
        ));
        let group = ("Staff".to_owned(), vec![]);
        state.tenant.groups.insert("00000000-0000-0000-0000-000000000009".to_owned(), group);
    }
    shell.edit("frame.yaml", "reclaim: uninstall", "reclaim: keep");
    let plan = shell.run("plan");
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    insta::assert_snapshot!("intune-moved", steady(&plan.out));
    shell.ok("apply --auto-approve");
    assert_eq!(intents(&fake).len(), 3, "what the other admin added is still there");
}

#[test]
fn a_token_that_cannot_be_used_blocks_with_what_to_do() {
    let (shell, fake) = house(BOTH);
    for (state, what) in [
        ("expired", "renew it in Intune"),
        ("invalid", "download a new one"),
        ("assignedToExternalMDM", "another server has taken the location over"),
    ] {
        fake.state().tenant.tokens[0]["state"] = json!(state);
        let plan = shell.run("plan");
        assert_eq!(plan.code, 4, "{}{}", plan.out, plan.err);
        let flat = flat(&plan.out);
        assert!(flat.contains("G151") && flat.contains(state) && flat.contains(what), "{flat}");
        let status = shell.ok("status");
        assert!(status.contains(state), "{status}");
        let told = shell.run("apply --auto-approve");
        assert_eq!(told.code, 4);
    }
    assert!(fake.state().assigned.is_empty());
}

#[test]
fn a_sync_is_asked_for_and_waited_for() {
    let (shell, fake) = house(BOTH);
    let synced = steady(&shell.ok("sync"));
    assert_eq!(synced, "northfield: synced [moment]\n");
    fake.state().tenant.tokens[0]["state"] = json!("expired");
    let failed = shell.run("sync");
    assert_eq!(failed.code, 1);
    assert!(failed.out.contains("northfield: not synced: "), "{}", failed.out);
}

#[test]
fn a_tenant_that_cannot_be_read_is_told_and_nothing_is_changed() {
    let (mut shell, fake) = house(BOTH);
    shell.set("INTUNE_SECRET", "wrong");
    let plan = shell.run("plan");
    assert_eq!(plan.code, 1, "{}{}", plan.out, plan.err);
    assert!(plan.out.contains("AADSTS7000215"), "{}", plan.out);
    assert_eq!(shell.run("apply --auto-approve").code, 1);
    assert!(fake.state().log.is_empty());
}

#[test]
fn with_a_token_to_read_apple_the_plan_shows_where_the_two_disagree() {
    let (mut shell, _fake) = house(BOTH);
    let here: Vec<String> = (1..=18).map(|number| format!("SER{number:04}")).collect();
    let holders = format!("{}, GONE0001, GONE0002", here.join(", "));
    shell.write(
        "world.yaml",
        &format!(
            "apiVersion: vpp/v1\nkind: World\nlocations:\n  - name: northfield\n    \
             uid: \"2049025000431439\"\n    assets:\n      - adamId: \"360593530\"\n        \
             name: Notability\n        total: 600\n        assigned: {{ devices: [{holders}] }}\n"
        ),
    );
    let apple = Apple::of(&mut shell);
    shell.edit("frame.yaml", "licenses: mdm\n", "licenses: mdm\ntoken: { env: VPP_TOKEN }\n");
    let plan = shell.ok("plan");
    insta::assert_snapshot!("intune-disagreement", steady(&plan));
    let json: Value = serde_json::from_str(&shell.ok("plan --format json")).unwrap();
    let found = &json["mdm_locations"][0]["apps"][0]["disagreement"];
    assert_eq!(found["unknown"], json!(["GONE0001", "GONE0002"]));
    assert_eq!(found["only_mdm"], json!(["SER0019", "SER0020"]));
    assert_eq!((&found["apple"], &found["mdm"]), (&json!(20), &json!(20)));
    let status: Value = serde_json::from_str(&shell.ok("status --format json")).unwrap();
    assert_eq!(status["mdm_locations"][0]["apps"][0]["disagreement"], *found);
    shell.ok("apply --auto-approve");
    assert_eq!(apple.posts(), 0, "Apple is read and never written");
}

#[test]
fn two_owners_of_one_pool_are_refused() {
    let (shell, _fake) = house(BOTH);
    shell.edit("frame.yaml", "licenses: mdm\n", "token: { env: VPP_TOKEN }\n");
    let ran = shell.run("validate");
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(flat(&ran.err).contains("two owners: vpp and Intune"), "{}", ran.err);
}

#[test]
fn no_secret_is_in_any_output() {
    let (mut shell, _fake) = house(LEAVING);
    shell.set("VPP_LOG", "trace");
    for line in [
        "plan --format json --detail",
        "status --format json",
        "apply --auto-approve --format json",
        "history --format json",
        "sync",
    ] {
        let ran = shell.run(line);
        for secret in [SECRET, ACCESS, "TheTextOfTheToken"] {
            assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{line}: {secret}");
        }
    }
}
