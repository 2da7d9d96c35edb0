//! Subscriptions from manifest to seat, with whole commands against a sandbox.

use serde_json::Value;

use super::shell::{Shell, steady};

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
locations:
  - name: northfield
    uid: "100"
    owner: { id: us, name: Northfield IT }
    accounts: [carol@school.example]
    users:
      - { clientUserId: ada, managedAppleId: ada@school.example }
      - { clientUserId: bob, managedAppleId: bob@school.example }
      - { clientUserId: dan, managedAppleId: dan@school.example }
      - { clientUserId: eve, managedAppleId: eve@school.example }
      - { clientUserId: waits }
    subscriptions:
      - adamId: 6400000001
        parentAdamId: 640000001
        periodEnd: 2099-03-31
        renewing: 6
        expiring: 2
        assigned: { renewing: [ada, dan], expiring: [eve] }
        administrators: [dan]
      - { adamId: 6400000002, renewing: 3, assigned: { renewing: [ada] }, periodEnd: 2099-03-31 }
"#;

const LOCATION: &str = r#"
apiVersion: vpp/v1
kind: Location
name: northfield
uid: "100"
token: { env: VPP_TOKEN }
owner: { id: us, name: Northfield IT }
reclaim: release
---
apiVersion: vpp/v1
kind: Inventory
name: people
csv: { path: people.csv, user: id, managedAppleId: account }
---
apiVersion: vpp/v1
kind: Group
name: teachers
from: people
where: row.job == "teacher"
---
apiVersion: vpp/v1
kind: Group
name: it
users: [bob]
"#;

const PEOPLE: &str = "id,account,job\n\
    ada,ada@school.example,teacher\n\
    carol,carol@school.example,teacher\n\
    waits,,teacher\n\
    late,,teacher\n\
    bob,bob@school.example,it\n";

const STUDIO: &str = r"
apiVersion: vpp/v1
kind: Subscription
name: studio
adamId: 6400000001
location: northfield
assign:
  - to: teachers
  - to: it
    renewing: false
administrators: [it]
";

const HERE: &str = "--sandbox world.yaml --sandbox-state state.json";

fn school() -> Shell {
    Shell::with_files(&[
        ("world.yaml", WORLD),
        ("location.yaml", LOCATION),
        ("people.csv", PEOPLE),
        ("studio.yaml", STUDIO),
    ])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_plan_for_people() {
    insta::assert_snapshot!(steady(&school().ok("plan --sandbox world.yaml")));
}

#[test]
fn every_holder_of_a_change() {
    insta::assert_snapshot!(steady(&school().ok("plan --detail --sandbox world.yaml")));
}

#[test]
fn the_plan_for_a_pull_request() {
    insta::assert_snapshot!(steady(&school().ok("plan --sandbox world.yaml --format markdown")));
}

#[test]
fn the_plan_for_machines_and_spreadsheets() {
    let shell = school();
    let plan = json(&shell.ok("plan --sandbox world.yaml --format json"));
    let schema = json(&shell.ok("schema plan"));
    jsonschema::validator_for(&schema).unwrap().validate(&plan).unwrap();
    insta::assert_json_snapshot!((
        &plan["summary"]["subscriptions"],
        &plan["locations"][0]["subscriptions"]
    ));
    insta::assert_snapshot!(shell.ok("plan --sandbox world.yaml --format csv"));
    let page = shell.ok("plan --sandbox world.yaml --format html");
    assert!(page.contains("<h2 id=\"h-seats\">Subscriptions</h2>"), "{page}");
}

#[test]
fn apply_then_nothing_to_do() {
    let shell = school();
    let ran = shell.run(&format!("apply --auto-approve --quiet {HERE}"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    insta::assert_snapshot!(steady(&ran.out));
    let again = shell.run(&format!("plan --detailed-exitcode {HERE}"));
    assert_eq!(again.code, 0, "{}", again.out);
    assert!(again.out.contains("NOTHING TO DO"), "{}", again.out);
    insta::assert_snapshot!(steady(&shell.ok(&format!("status {HERE}"))));
    insta::assert_snapshot!(shell.ok(&format!("status --format csv {HERE}")));
    let status = json(&shell.ok(&format!("status --format json {HERE}")));
    let seats = &status["locations"][0]["subscriptions"];
    assert_eq!(seats[0]["name"], "studio");
    assert_eq!(
        (&seats[1]["name"], &seats[1]["counts"]["assigned"]["renewing"]),
        (&Value::Null, &1.into())
    );
}

#[test]
fn the_stream_and_the_report_of_a_run_have_their_schemas() {
    let shell = school();
    let out = shell.ok(&format!(
        "apply --auto-approve --format json --report json=r.json --detailed-exitcode {HERE}"
    ));
    let schema = json(&shell.ok("schema events"));
    let schema = jsonschema::validator_for(&schema).unwrap();
    let lines: Vec<Value> = out.lines().map(json).collect();
    assert!(lines.iter().all(|line| schema.is_valid(line)), "{out}");
    let steps: Vec<&str> = lines
        .iter()
        .filter(|line| line["type"] == "seat_request")
        .map(|line| line["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "release",
            "release",
            "assign_renewing",
            "assign_expiring",
            "remove_administrators",
            "add_administrators"
        ],
        "the first is the small trial"
    );
    let report = json(&shell.read("r.json"));
    let schema = json(&shell.ok("schema result"));
    jsonschema::validator_for(&schema).unwrap().validate(&report).unwrap();
    assert_eq!(report["summary"]["subscriptions"]["assigned"], 2);
}

#[test]
fn a_seat_that_comes_back_later_stays_until_then_and_is_asked_for_once() {
    let shell = school();
    shell.edit("studio.yaml", "administrators: [it]", "deferred: true");
    let out = shell.ok(&format!("apply --auto-approve --quiet {HERE}"));
    assert!(out.contains("release at period end"), "{out}");
    let plan = shell.run(&format!("plan --detailed-exitcode {HERE}"));
    assert_eq!(plan.code, 0, "{}", plan.out);
    assert!(plan.out.contains("end with the billing period by themselves"), "{}", plan.out);
}

#[test]
fn too_few_seats_block_and_name_who_goes_without() {
    let shell = school();
    shell.edit("world.yaml", "renewing: 6", "renewing: 2");
    shell.edit("studio.yaml", "administrators: [it]", "reclaim: keep");
    let ran = shell.run("plan --sandbox world.yaml");
    assert_eq!(ran.code, 4, "{}", ran.out);
    assert!(ran.out.contains("seats for 1; 1 would go without"), "{}", ran.out);
    assert!(ran.out.contains("entry `teachers`: 0 get one, 1 go without"), "{}", ran.out);
    shell.edit("studio.yaml", "reclaim: keep", "reclaim: keep\nwhenShort: fill");
    let ran = shell.run("plan --sandbox world.yaml");
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("go without: no seat is left"), "{}", ran.out);
}

#[test]
fn limits_and_protection_hold_for_seats() {
    let shell = school();
    shell.write(
        "policy.yaml",
        "apiVersion: vpp/v1\nkind: Policy\nname: limits\nlimits: { app: { reclaim: { count: 1 } }, \
         location: { reclaim: { count: 9 } } }\n",
    );
    let ran = shell.run("plan --sandbox world.yaml");
    assert_eq!(ran.code, 4, "{}", ran.out);
    assert!(ran.out.contains("studio: reclaims 2 of 3 seats"), "{}", ran.out);
    assert!(ran.out.contains("app: studio, reclaimUpTo: 2"), "{}", ran.out);
    shell.write(
        "policy.yaml",
        "apiVersion: vpp/v1\nkind: Policy\nname: limits\nlimits: { app: { reclaim: { count: 1 } }, \
         location: { reclaim: { count: 9 } } }\nprotect: [{ app: studio, group: dans }]\n",
    );
    shell.write("dans.yaml", "apiVersion: vpp/v1\nkind: Group\nname: dans\nusers: [dan]\n");
    let ran = shell.run("plan --sandbox world.yaml");
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("studio: 1 seat protected"), "{}", ran.out);
}

#[test]
fn nobody_and_no_seats_are_said() {
    let shell = school();
    shell.edit(
        "studio.yaml",
        "assign:\n  - to: teachers\n  - to: it\n    renewing: false",
        "assign: []",
    );
    let ran = shell.run("plan --sandbox world.yaml");
    assert_eq!(ran.code, 4, "{}", ran.out);
    assert!(ran.out.contains("`assign: []`, and 3 people hold a seat; 3 would be"), "{}", ran.out);
    let shell = school();
    shell.edit("studio.yaml", "6400000001", "6400000009");
    let ran = shell.run("plan --sandbox world.yaml");
    assert_eq!(ran.code, 4, "{}", ran.out);
    assert!(ran.out.contains("northfield has no seat of subscription 6400000009"), "{}", ran.out);
}

#[test]
fn where_there_are_none_apply_says_that_they_are_handled_and_only_when_approved() {
    let shell = school();
    let world = WORLD.split("    subscriptions:\n").next().unwrap();
    shell.write("world.yaml", world);
    let plan = shell.ok(&format!("plan {HERE}"));
    assert!(plan.contains("apply tells Apple that subscriptions are handled"), "{plan}");
    let refused = shell.run(&format!("apply {HERE}"));
    assert_eq!(refused.code, 64, "{}", refused.err);
    shell.ok(&format!("apply --auto-approve {HERE}"));
    assert!(shell.read("state.json").contains("\"enabled\":true"));
    assert_eq!(shell.run(&format!("plan --detailed-exitcode {HERE}")).code, 0);
}

#[test]
fn who_is_retired_must_hold_no_seat_that_stays() {
    let shell = school();
    shell.edit(
        "location.yaml",
        "reclaim: release",
        "reclaim: release\nusers: { retire: unreferenced }",
    );
    shell.edit("studio.yaml", "administrators: [it]", "administrators: []");
    let plan = json(&shell.ok("plan --sandbox world.yaml --format json"));
    let retired = plan["locations"][0]["users"]["retire"].as_array().unwrap().len();
    assert_eq!(retired, 1, "eve's seat is released; dan administers until then: {plan}");
    shell.write("studio.yaml", "apiVersion: vpp/v1\nkind: Group\nname: nobody\nusers: [ada]\n");
    let plan = json(&shell.ok("plan --sandbox world.yaml --format json"));
    let retired: Vec<_> =
        plan["locations"][0]["users"]["retire"].as_array().unwrap().iter().collect();
    assert_eq!(retired, ["bob", "waits"], "without a manifest their seats are nobody's to take");
}

#[test]
fn the_first_plan_of_an_export_is_empty() {
    let shell = school();
    shell.ok("export out --sandbox world.yaml");
    let text = shell.read("out/subscriptions/subscription-6400000001-northfield.yaml");
    insta::assert_snapshot!(text);
    let ran = shell.run("plan out --sandbox world.yaml --detailed-exitcode");
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.contains("NOTHING TO DO"), "{}", ran.out);
}

#[test]
fn mistakes_in_a_manifest_are_pointed_at() {
    let shell = school();
    shell.write(
        "studio.yaml",
        "apiVersion: vpp/v1\nkind: Subscripton\nname: a\n---\napiVersion: vpp/v1\nkind: \
         Subscription\nname: b\nadamId: 6400000001\nlocation: northfeld\nrenewng: true\nreclaim: \
         uninstall\nassign:\n  - to: teacher\n    license: user\nadministrators: [itt]\n",
    );
    let ran = shell.run("validate");
    assert_eq!(ran.code, 3);
    insta::assert_snapshot!(ran.err);
}

#[test]
fn a_saved_plan_with_seats_is_the_plan_that_is_applied() {
    let shell = school();
    shell.ok(&format!("plan --out plan.json {HERE}"));
    let again = shell.run(&format!("plan --format json {HERE}"));
    assert_eq!(json(&again.out)["fingerprint"], json(&shell.read("plan.json"))["fingerprint"]);
    let edited = shell.read("plan.json").replace("assign_renewing", "assign_expiring");
    shell.write("edited.json", &edited);
    let ran = shell.run(&format!("apply edited.json --auto-approve {HERE}"));
    assert!(ran.err.contains("was changed after it was written"), "{}", ran.err);
    shell.ok(&format!("apply plan.json --auto-approve {HERE}"));
    let stale = shell.run(&format!("apply plan.json --auto-approve {HERE}"));
    assert_eq!(stale.code, 5, "{}", stale.err);
}

#[test]
fn who_holds_a_seat_and_who_would_is_a_diff() {
    let shell = school();
    insta::assert_snapshot!("seats-diff", shell.ok("diff --sandbox world.yaml"));
    let one = shell.run("diff --sandbox world.yaml --app studio --detailed-exitcode");
    assert_eq!((one.code, one.out.contains("desired/northfield/studio")), (2, true), "{}", one.out);
    let none = shell.run("diff --sandbox world.yaml --app studi");
    assert_eq!(none.code, 64);
    assert!(none.err.contains("did you mean `studio`"), "{}", none.err);
    shell.ok(&format!("apply --auto-approve {HERE}"));
    let nothing = shell.run(&format!("diff --detailed-exitcode {HERE}"));
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""));
}

#[test]
fn seats_that_a_change_intends_are_told_from_those_that_were_out_of_place() {
    let shell = school();
    shell.ok("plan --out before.json --sandbox world.yaml");
    let same = json(&shell.ok("plan --base-plan before.json --sandbox world.yaml --format json"));
    let all = same["base"]["drift_seats"].as_u64().unwrap();
    assert!(all > 1, "{}", same["base"]);
    assert_eq!(
        (&same["base"]["intended_seats"], &same["base"]["seats_no_longer"]),
        (&0.into(), &0.into())
    );
    // Bob's seat would end with the period; now it is to go on.
    shell.edit("studio.yaml", "    renewing: false\n", "");
    let line = "plan --base-plan before.json --sandbox world.yaml";
    let plan = json(&shell.ok(&format!("{line} --format json")));
    let base = &plan["base"];
    assert_eq!((&base["intended_seats"], &base["seats_no_longer"]), (&1.into(), &1.into()));
    assert_eq!(base["drift_seats"], all - 1);
    let changes = plan["locations"][0]["subscriptions"]["changes"].as_array().unwrap();
    let intended: Vec<_> = changes.iter().filter(|one| one["origin"] == "intended").collect();
    assert_eq!(intended.len(), 1);
    assert_eq!(
        (&intended[0]["action"], &intended[0]["users"][0]),
        (&"assign_renewing".into(), &"bob".into())
    );
    assert!(changes.iter().all(|one| one["origin"].is_string()), "{changes:?}");
    // Where it comes from is no part of what it does.
    assert_eq!(
        plan["fingerprint"],
        json(&shell.ok("plan --sandbox world.yaml --format json"))["fingerprint"]
    );
    let text = shell.ok(line).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("of seats, 1 intended and {} drift", all - 1)), "{text}");
    let csv = shell.ok(&format!("{line} --format csv"));
    assert!(csv.lines().any(|row| row.contains(",bob,") && row.contains(",intended,")), "{csv}");
}
