//! A hundred thousand devices from each kind of server: how long, and how much memory at most.
//!
//! `cargo bench --bench servers [-- DEVICES]`; prints a line a source. The fake is a process of its
//! own, and so is each reader, so the peak is the reader's.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring")]

#[path = "../tests/suite/inventory/fake/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "a test's"
)]
mod fake;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use camino::Utf8Path;
use fake::{House, apple, fleet, graph, jamf};
use vpp::inventory::{Environment, load_all};
use vpp::manifest;

const SOURCES: [&str; 6] =
    ["fleet", "jamf", "appleBusiness", "appleSchool", "entra", "entra with groups"];

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|text| text != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", source, devices] => serve(source, devices.parse().unwrap()),
        ["read", source, url] => read(source, url),
        other => {
            // `cargo test --all-targets` runs this too, and only wants to know that it does.
            let measured = std::env::args().any(|text| text == "--bench");
            let devices = other.first().copied().filter(|text| text.parse::<u64>().is_ok());
            let devices = devices.unwrap_or(if measured { "100000" } else { "1000" });
            for source in SOURCES {
                measure(source, devices);
            }
        }
    }
}

fn measure(source: &str, devices: &str) {
    let this = std::env::current_exe().unwrap();
    let mut server = Command::new(&this)
        .args(["serve", source, devices])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let read = Command::new(&this).args(["read", source, url.trim()]).status().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(read.success());
}

fn serve(source: &str, devices: u64) {
    let house = |size: usize| House::new(size, None);
    let url = match source {
        "fleet" => fleet::Fleet { house: house(500), hosts: devices }.start(),
        "jamf" => jamf::Jamf::of(house(1000), devices).start(),
        "appleBusiness" => apple::Apple::of(house(1000), devices).start(),
        "appleSchool" => {
            apple::Apple { school: true, ..apple::Apple::of(house(1000), devices) }.start()
        }
        _ => graph::Graph::of(house(999), devices).start(),
    };
    println!("{url}");
    loop {
        std::thread::park();
    }
}

fn read(source: &str, url: &str) {
    let block = match source {
        "fleet" => {
            format!("fleet: {{ url: '{url}', token: {{ env: S }}, labels: {{ some: 12 }} }}")
        }
        "jamf" => format!(
            "jamf: {{ url: '{url}', clientId: jamf-client, secret: {{ env: S }}, smartGroups: {{ some: 4 }} }}"
        ),
        "appleBusiness" | "appleSchool" => format!(
            "{source}: {{ clientId: {}, keyId: the-key-id, key: {{ env: S }}, endpoint: '{url}', servers: {{ some: S1 }} }}",
            apple::CLIENT
        ),
        _ => {
            let groups = if source == "entra" { "" } else { "groups: { some: G1 }" };
            format!(
                "entra: {{ tenant: n.example, clientId: the-app, secret: {{ env: S }}, endpoint: '{url}', {groups} }}"
            )
        }
    };
    let secret = match source {
        "fleet" => fleet::TOKEN,
        "jamf" => jamf::SECRET,
        "appleBusiness" | "appleSchool" => apple::KEY,
        _ => graph::SECRET,
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let text = format!(
        "apiVersion: vpp/v1\nkind: Inventory\nname: i\n{block}\n---\napiVersion: vpp/v1\nkind: Group\nname: g\nfrom: i\n"
    );
    std::io::Write::write_all(
        &mut fs_err::File::create(folder.join("vpp.yaml")).unwrap(),
        text.as_bytes(),
    )
    .unwrap();
    let manifest::Loaded { manifests, diagnostics } = manifest::load(folder);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let environment = Environment {
        vars: [("S".to_owned(), secret.to_owned())].into(),
        ..Environment::default()
    };
    let started = Instant::now();
    let loaded = load_all(&manifests, folder, &environment);
    let took = started.elapsed();
    let report = loaded.sources.get("i").unwrap_or_else(|| {
        println!("{:?}", loaded.diagnostics);
        std::process::abort()
    });
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("VmHWM: unknown");
    println!("{source}: {} rows in {took:.2?}; {}", report.rows, peak.replace('\t', " "));
}
