//! Inventories on servers, against fakes as strict as the servers' documents.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vpp::inventory::{Freshness, InProcess, LoadedInventories, Patience, load_all};
use vpp::manifest;

use super::fake::{Fault, House, Plan, apple, fleet, graph, jamf};
use super::world::{World, codes, only};

/// A folder with one inventory named `server` and groups from it, written as YAML.
pub(crate) struct Server {
    pub(crate) world: World,
}

impl Server {
    /// `source` is the inventory's block; each group is a name and a condition.
    pub(crate) fn new(source: &str, groups: &[(&str, &str)]) -> Self {
        let mut world = World::new();
        let mut text =
            format!("apiVersion: vpp/v1\nkind: Inventory\nname: server\n{}\n", source.trim());
        for (name, filter) in groups {
            text.push_str(&format!(
                "---\napiVersion: vpp/v1\nkind: Group\nname: {name}\nfrom: server\n"
            ));
            if !filter.is_empty() {
                text.push_str(&format!("where: '{filter}'\n"));
            }
        }
        world.file("vpp.yaml", text);
        let manifest::Loaded { manifests, diagnostics } = manifest::load(world.folder());
        assert!(diagnostics.is_empty(), "{diagnostics:#?}");
        world.manifests = manifests;
        world.environment.patience = Patience { first_pause: Duration::from_millis(1), tries: 3 };
        world.environment.now = "2026-11-27T10:00:00Z".parse().unwrap();
        for (name, secret) in [
            ("FLEET_TOKEN", fleet::TOKEN),
            ("JAMF_SECRET", jamf::SECRET),
            ("APPLE_KEY", apple::KEY),
            ("ENTRA_SECRET", graph::SECRET),
        ] {
            world.environment.vars.insert(name.to_owned(), secret.to_owned());
        }
        Self { world }
    }

    pub(crate) fn load(&self) -> LoadedInventories {
        load_all(&self.world.manifests, self.world.folder(), &self.world.environment)
    }

    /// How many members a group has; an error's text where there is one.
    pub(crate) fn size(&self, group: &str) -> Result<usize, String> {
        let loaded = self.load();
        if loaded.tables.is_empty() {
            return Err(only(&loaded.diagnostics));
        }
        let mut roster = vpp::license::Roster::new();
        let resolved = vpp::desired::resolve(&self.world.manifests, &loaded.tables, &mut roster);
        assert!(resolved.diagnostics.is_empty(), "{:#?}", resolved.diagnostics);
        Ok(usize::try_from(resolved.desired.groups[group].members.len()).unwrap())
    }

    fn error(&self) -> String {
        let loaded = self.load();
        assert!(loaded.tables.is_empty(), "a table in spite of an error");
        only(&loaded.diagnostics)
    }
}

pub(crate) fn fleet_server(url: &str) -> Server {
    let source = format!(
        "fleet: {{ url: '{url}', token: {{ env: FLEET_TOKEN }}, labels: {{ year7: 12 }} }}"
    );
    Server::new(&source, &[("all", ""), ("some", r#"row.year7 == "true""#)])
}

pub(crate) fn jamf_server(url: &str) -> Server {
    let source = format!(
        "jamf: {{ url: '{url}', clientId: jamf-client, secret: {{ env: JAMF_SECRET }}, user: username, \
         smartGroups: {{ smart: 4 }}, staticGroups: {{ fixed: 12 }} }}"
    );
    let some = r#"row.smart == "true" && row.model == "iPad Air""#;
    Server::new(&source, &[("all", ""), ("some", some), ("fixed", r#"row.fixed == "true""#)])
}

pub(crate) fn apple_server(kind: &str, url: &str, more: &str) -> Server {
    let client = apple::CLIENT;
    let source = format!(
        "{kind}: {{ clientId: '{client}', keyId: the-key-id, key: {{ env: APPLE_KEY }}, endpoint: '{url}', {more} }}"
    );
    Server::new(&source, &[("all", ""), ("some", r#"row.some == "true""#)])
}

pub(crate) fn entra_server(url: &str, more: &str) -> Server {
    let source = format!(
        "entra: {{ tenant: n.example, clientId: the-app, endpoint: '{url}', groups: {{ some: G1 }}, {more} }}"
    );
    Server::new(&source, &[("all", ""), ("some", r#"row.some == "true""#)])
}

const ENTRA: &str = "secret: { env: ENTRA_SECRET }";

/// How many of 1 to `n` Entra's group G1 has: every second device, every fifth person's.
pub(crate) fn in_group(n: usize) -> usize {
    (1..=n).filter(|number| number.is_multiple_of(2) || number.is_multiple_of(5)).count()
}

#[test]
fn fleets_hosts_labels_and_teams_are_read_whole() {
    let url = fleet::Fleet { house: House::new(10, None), hosts: 95 }.start();
    let server = fleet_server(&url);
    assert_eq!((server.size("all"), server.size("some")), (Ok(95), Ok(47)));
    let report = &server.load().sources["server"];
    assert_eq!((report.rows, report.freshness), (95, Freshness::Live));
    let source = format!(
        "fleet: {{ url: '{url}', token: {{ env: FLEET_TOKEN }}, team: 3, labels: {{ year7: 12 }} }}"
    );
    let team = Server::new(&source, &[("some", r#"row.year7 == "true" && row.team == "North""#)]);
    assert_eq!(team.size("some"), Ok(15));
}

#[test]
fn jamfs_devices_and_groups_are_read_with_a_token_that_is_renewed() {
    let house = House::new(10, None);
    let url = jamf::Jamf { token_lasts: 4, ..jamf::Jamf::of(house, 100) }.start();
    let server = jamf_server(&url);
    assert_eq!(server.size("all"), Ok(100));
    assert_eq!((server.size("some"), server.size("fixed")), (Ok(50), Ok(20)));
}

#[test]
fn apples_devices_and_people_are_read_with_a_signed_assertion() {
    for counts in [true, false] {
        let house = House::new(10, None);
        let url = apple::Apple { counts, token_lasts: 5, ..apple::Apple::of(house, 100) }.start();
        let devices = apple_server("appleBusiness", &url, "servers: { some: S1 }");
        assert_eq!((devices.size("all"), devices.size("some")), (Ok(100), Ok(50)));
        let people = apple_server("appleBusiness", &url, "rows: people, userGroups: { some: G1 }");
        assert_eq!((people.size("all"), people.size("some")), (Ok(100), Ok(20)));
    }
    let school = apple::Apple { school: true, ..apple::Apple::of(House::new(10, None), 30) };
    let server = apple_server("appleSchool", &school.start(), "servers: { some: S1 }");
    assert_eq!((server.size("all"), server.size("some")), (Ok(30), Ok(15)));
}

#[test]
fn apples_key_may_be_a_bare_ec_key() {
    let url = apple::Apple::of(House::new(10, None), 10).start();
    let mut server = apple_server("appleBusiness", &url, "servers: { some: S1 }");
    server.world.environment.vars.insert("APPLE_KEY".into(), apple::BARE_KEY.into());
    assert_eq!(server.size("all"), Ok(10));
    for bad in ["nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
        server.world.environment.vars.insert("APPLE_KEY".into(), bad.into());
        let said = server.error();
        assert!(said.starts_with("VPP-I017") && !said.contains("AAAA"), "{said}");
    }
}

#[test]
fn entras_groups_become_serial_numbers_one_by_one_or_all_at_once() {
    for (managed, by_batch) in [(60, true), (4_000, false)] {
        let graph = graph::Graph::of(House::new(500, None), managed);
        let batches = Arc::clone(&graph.batches);
        let server = entra_server(&graph.start(), ENTRA);
        let expected = in_group(usize::try_from(managed).unwrap());
        assert_eq!((server.size("all"), server.size("some")), (Ok(expected), Ok(expected)));
        assert_eq!(batches.load(Ordering::SeqCst) > 0, by_batch, "{managed}");
    }
}

#[test]
fn every_answer_of_a_batch_is_judged_by_itself() {
    let graph = graph::Graph {
        throttle: AtomicUsize::new(7),
        ..graph::Graph::of(House::new(100, None), 60)
    };
    assert_eq!(entra_server(&graph.start(), ENTRA).size("all"), Ok(in_group(60)));
    let always = graph::Graph {
        drop: AtomicUsize::new(usize::MAX),
        ..graph::Graph::of(House::new(100, None), 60)
    };
    let said = entra_server(&always.start(), ENTRA).error();
    assert!(
        said.starts_with("VPP-I016") && said.contains("0 of 20 questions are answered"),
        "{said}"
    );
}

#[test]
fn entras_people_are_rows_where_people_are_asked_for() {
    let url = graph::Graph::of(House::new(10, None), 60).start();
    let more = format!("{ENTRA}, rows: people, managedAppleId: userPrincipalName");
    let loaded = entra_server(&url, &more).load();
    let table = &loaded.tables["server"];
    assert_eq!(table.rows(), 12);
    assert_eq!(table.users().unwrap().get(0), Some("user-5"));
    assert_eq!(table.managed_apple_ids().unwrap().get(0), Some("p5@n.example"));
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I007"], "{:#?}", loaded.diagnostics);
}

#[test]
fn unmanaged_devices_and_people_without_or_with_two_devices_are_reported() {
    let graph = graph::Graph { strangers: true, ..graph::Graph::of(House::new(10, None), 60) };
    let loaded = entra_server(&graph.start(), ENTRA).load();
    assert_eq!(loaded.tables["server"].rows(), in_group(60) + 1);
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I021", "VPP-I019", "VPP-I020"]);
    let said: Vec<&str> = loaded.diagnostics.iter().map(|found| found.message.as_str()).collect();
    assert!(said[0].contains("`dev-unknown`") && said[1].contains("`user-none`"), "{said:?}");
    assert!(said[2].contains("`user-5`"), "{said:?}");
}

#[test]
fn a_job_of_github_actions_needs_no_secret() {
    let url = graph::Graph::of(House::new(100, None), 60).start();
    let mut server = entra_server(&url, "federated: githubActions");
    let said = server.error();
    assert!(said.starts_with("VPP-I017") && said.contains("id-token: write"), "{said}");
    let vars = &mut server.world.environment.vars;
    vars.insert(
        "ACTIONS_ID_TOKEN_REQUEST_URL".into(),
        format!("{url}/github/identity?api-version=2.0"),
    );
    vars.insert("ACTIONS_ID_TOKEN_REQUEST_TOKEN".into(), graph::JOB_TOKEN.into());
    assert_eq!(server.size("all"), Ok(in_group(60)));
}

#[test]
fn members_are_remembered_until_graph_says_that_they_changed() {
    let graph = graph::Graph::of(House::new(10, None), 60);
    let (version, pages) = (Arc::clone(&graph.version), Arc::clone(&graph.member_pages));
    let mut server = entra_server(&graph.start(), ENTRA);
    server.world.environment.memory = Some(Arc::new(InProcess::default()));
    let read = || {
        let before = pages.load(Ordering::SeqCst);
        assert_eq!(server.size("all"), Ok(in_group(60)));
        pages.load(Ordering::SeqCst) - before
    };
    let whole = read();
    assert_eq!((whole > 5, read(), read()), (true, 0, 0));
    version.store(1, Ordering::SeqCst);
    assert_eq!((read(), read()), (whole, 0));
    // A week later they are read whole although nothing changed.
    server.world.environment.now = "2026-12-05T10:00:00Z".parse().unwrap();
    let before = pages.load(Ordering::SeqCst);
    assert_eq!(server.size("all"), Ok(in_group(60)));
    assert_eq!(pages.load(Ordering::SeqCst) - before, whole);
}

#[test]
fn a_missing_permission_is_an_error_and_never_fewer_members() {
    for missing in
        ["GroupMember.Read.All", "Device.Read.All", "DeviceManagementManagedDevices.Read.All"]
    {
        let permissions = graph::ALL.into_iter().filter(|&one| one != missing).collect();
        let graph = graph::Graph { permissions, ..graph::Graph::of(House::new(10, None), 60) };
        let said = entra_server(&graph.start(), ENTRA).error();
        assert!(
            said.starts_with("VPP-I015") && said.contains("lacks a permission"),
            "{missing}: {said}"
        );
    }
}

#[test]
fn what_the_manifest_names_and_the_server_does_not_have_is_an_error() {
    let fleet = fleet::Fleet { house: House::new(10, None), hosts: 9 }.start();
    let source = format!(
        "fleet: {{ url: '{fleet}', token: {{ env: FLEET_TOKEN }}, labels: {{ gone: 99 }} }}"
    );
    let said = Server::new(&source, &[("all", "")]).error();
    assert!(said.starts_with("VPP-I015") && said.contains("404"), "{said}");
    let entra = graph::Graph::of(House::new(10, None), 9).start();
    let source = format!(
        "entra: {{ tenant: n.example, clientId: the-app, endpoint: '{entra}', {ENTRA}, groups: {{ gone: G9 }} }}"
    );
    assert!(Server::new(&source, &[("all", "")]).error().starts_with("VPP-I015"));
}

#[test]
fn an_empty_server_is_an_error() {
    let url = fleet::Fleet { house: House::new(10, None), hosts: 0 }.start();
    assert!(fleet_server(&url).error().starts_with("VPP-I005"));
}

#[test]
fn a_wrong_secret_is_refused_and_never_repeated() {
    let wrong = "wrong-secret-that-is-echoed-by-servers";
    let house = || House::new(10, None);
    let mut servers = [
        fleet_server(&fleet::Fleet { house: house(), hosts: 9 }.start()),
        jamf_server(&jamf::Jamf::of(house(), 9).start()),
        entra_server(&graph::Graph::of(house(), 9).start(), ENTRA),
    ];
    for server in &mut servers {
        for name in ["FLEET_TOKEN", "JAMF_SECRET", "ENTRA_SECRET"] {
            server.world.environment.vars.insert(name.into(), wrong.into());
        }
        let said = server.error();
        assert!(said.starts_with("VPP-I015") && said.contains("[secret]"), "{said}");
        assert!(!said.contains("wrong-secret") && !said.contains("echoed"), "{said}");
        server.world.environment.vars.clear();
        let said = server.error();
        assert!(said.starts_with("VPP-I017") && said.contains("is not set"), "{said}");
    }
}

#[test]
fn a_secret_from_a_program_is_not_had_where_programs_are_forbidden() {
    let url = fleet::Fleet { house: House::new(10, None), hosts: 9 }.start();
    let source = format!(
        "fleet: {{ url: '{url}', token: {{ command: [printf, '%s', {}] }} }}",
        fleet::TOKEN
    );
    let mut server = Server::new(&source, &[("all", "")]);
    let said = server.error();
    assert!(said.starts_with("VPP-I017") && said.contains("--no-exec"), "{said}");
    server.world.environment.allow_exec = true;
    assert_eq!(server.size("all"), Ok(9));
}

#[test]
fn nobody_waits_longer_than_the_timeout() {
    let plan = Plan { fault: Fault::Throttled, list: 0, page: 1, times: usize::MAX };
    let url = fleet::Fleet { house: House::new(10, Some(plan)), hosts: 95 }.start();
    let source = format!("fleet: {{ url: '{url}', token: {{ env: FLEET_TOKEN }}, timeout: 1s }}");
    let said = Server::new(&source, &[("all", "")]).error();
    assert!(said.starts_with("VPP-I014"), "{said}");
}

#[test]
fn many_hosts_take_no_request_too_many() {
    let house = House::new(500, None);
    let url = fleet::Fleet { house: Arc::clone(&house), hosts: 5_000 }.start();
    assert_eq!(fleet_server(&url).size("all"), Ok(5_000));
    // Ten pages and the empty one after them, for the hosts; half as many for the label.
    assert_eq!(house.requests(), 11 + 6);
}
