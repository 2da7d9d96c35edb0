//! How many requests things take.

use std::fmt::Write as _;

use vpp::apply::outcome::RunResult;

use super::house::House;

/// Apps for one group, or for as many groups of the same devices.
fn manifests(apps: usize, groups: usize, devices: usize) -> Vec<(String, String)> {
    let mut text =
        "apiVersion: vpp/v1\nkind: Location\nname: north\nuid: \"100\"\ntoken: { env: T \
                    }\nowner: { id: ours, name: IT }\nreclaim: release\n---\napiVersion: vpp/v1\n\
                    kind: Inventory\nname: devices\ncsv: { path: devices.csv, serial: serial }\n"
            .to_owned();
    for group in 0..groups {
        writeln!(text, "---\napiVersion: vpp/v1\nkind: Group\nname: g{group}\nfrom: devices")
            .unwrap();
    }
    for app in 0..apps {
        writeln!(
            text,
            "---\napiVersion: vpp/v1\nkind: App\nname: a{app}\nadamId: \"{}\"\nlocation: north\n\
             assign: [{{ to: g{} }}]",
            1000 + app,
            app % groups
        )
        .unwrap();
    }
    let mut rows = "serial\n".to_owned();
    for device in 0..devices {
        writeln!(rows, "DMPX{device:08}").unwrap();
    }
    vec![("all.yaml".to_owned(), text), ("devices.csv".to_owned(), rows)]
}

fn world(apps: usize) -> String {
    let mut text = "apiVersion: vpp/v1\nkind: World\nlimits: { maxRequestPerSecond: 100000 }\n\
                    locations:\n  - name: north\n    uid: \"100\"\n    owner: { id: ours, name: IT \
                    }\n    assets:\n"
        .to_owned();
    for app in 0..apps {
        writeln!(text, "      - {{ adamId: {}, total: 2000 }}", 1000 + app).unwrap();
    }
    text
}

async fn house(apps: usize, groups: usize, devices: usize) -> House {
    let files = manifests(apps, groups, devices);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    House::new(&world(apps), &files).await
}

/// The trial is one request, and must not break what follows it into more.
async fn writes(apps: usize, groups: usize, devices: usize) -> usize {
    let house = house(apps, groups, devices).await;
    let report = house.apply().await;
    assert_eq!(report.result, RunResult::Done);
    assert_eq!(report.summary.assigned, u64::try_from(apps * devices).unwrap());
    let again = house.plan().await;
    assert!(again.is_empty());
    house.posts("assets/associate")
}

#[tokio::test]
async fn forty_apps_for_a_thousand_devices_are_two_requests_and_the_trial() {
    assert_eq!(writes(40, 1, 1000).await, 2 + 1);
}

#[tokio::test]
async fn two_hundred_apps_for_as_many_equal_groups_are_eight_requests_and_the_trial() {
    assert_eq!(writes(200, 200, 1000).await, 8 + 1);
}

#[tokio::test]
async fn a_hole_that_costs_nothing_is_not_filled() {
    let house = house(1, 1, 50).await;
    house.apply().await;
    let written = house.written();
    assert_eq!((house.posts("assets/associate"), written.len()), (2, 50), "no pair is sent twice");
}

#[tokio::test]
async fn a_plan_without_changes_reads_each_page_once_and_asks_three_things_beside() {
    let house = house(5, 1, 700).await;
    house.apply().await;
    let before = house.sandbox.requests().len();
    let plan = house.plan().await;
    assert!(plan.is_empty());
    let requests = house.sandbox.requests().split_off(before);
    assert!(requests.iter().all(|one| one.method == "GET"));
    let pages = requests.iter().filter(|one| !one.path.ends_with("config")).count();
    // One of assets, one of users, seven of 3,500 assignments.
    assert_eq!(pages, 9, "{requests:#?}");
    assert!(requests.len() <= pages + 3, "{requests:#?}");
    assert_eq!(plan.locations[0].read_requests, u64::try_from(requests.len()).unwrap());
}
