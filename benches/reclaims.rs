//! What a hundred thousand reclaims in flight cost a run that has nothing to do for them.
//!
//! `cargo bench --bench reclaims` with a small number, `cargo bench --bench reclaims -- large` with
//! 100,000. Devices are off, so the first run tells each to remove an app and the next ones only ask:
//! they are measured, the program as it is installed, in a process of its own.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring")]

#[path = "scale/process.rs"]
#[expect(dead_code, reason = "shared with another program for measuring")]
mod process;

use std::process::Command;
use std::time::Duration;

use process::{Cost, Program, measure, median};
use vpp::sandbox::{Options, Running, Sandbox, World};

/// What a run may take, and how much memory (in kilobytes).
const MOST_TIME: Duration = Duration::from_secs(2);
const MOST_MEMORY: u64 = 200_000;

fn main() {
    let measured = std::env::args().any(|text| text == "--bench");
    let large = std::env::args().any(|text| text == "large");
    let reclaims = if large { 100_000 } else { 2_000 };
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    put("all.yaml", MANIFESTS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let world: World = vpp::yaml::from_str(&world(reclaims)).unwrap();
    let start: jiff::Timestamp = "2026-11-21T09:14:07Z".parse().unwrap();
    let sandbox = Sandbox::new(world, Options::at(start)).unwrap();
    let running = runtime.block_on(sandbox.start()).unwrap();
    let program = Program::find();
    let apply = || {
        let mut command = program.command();
        command.args(["apply", "--auto-approve", "--quiet"]).current_dir(folder.path());
        reached(&mut command, &sandbox, &running);
        command
    };
    let first = measure(&mut apply());
    println!("the first run sends {reclaims} removals: {:.2?}", first.wall);
    let before = sandbox.mdm_requests().len();
    let times = if measured { 3 } else { 1 };
    let Cost { wall, cpu, peak } = median(times, || measure(&mut apply()));
    let asked: Vec<_> = sandbox.mdm_requests().split_off(before);
    let asks = |path: &str| asked.iter().filter(|one| one.path == path).count() / times;
    let (lists, commands, questions) = (asks("devices"), asks("commands"), asks("results"));
    println!(
        "a run with nothing to do for {reclaims}: wall {wall:.2?}, CPU {cpu:.2?}, peak {} MB; {lists} \
         requests for devices, {questions} for answers, {commands} with commands",
        peak / 1000,
    );
    assert_eq!(commands, 0, "nothing is sent");
    assert!(questions <= reclaims.div_ceil(5_000) + 1, "answers are asked for in batches");
    let holds = wall < MOST_TIME && peak < MOST_MEMORY;
    let verdict = if holds { "reached" } else { "MISSED" };
    println!("under 2 s and 200 MB: {verdict}");
    runtime.block_on(running.stop()).unwrap();
}

/// The command, told where Apple is.
fn reached(command: &mut Command, sandbox: &Sandbox, running: &Running) {
    command.env("VPP_ENDPOINT", running.url()).env("VPP_POLL_INTERVAL", "5ms");
    command.env("VPP_TOKEN", sandbox.token("school").unwrap());
}

const MANIFESTS: &str = r#"apiVersion: vpp/v1
kind: Location
name: school
uid: "100"
token: { env: VPP_TOKEN }
owner: { id: ours, name: IT }
mdm: campus
reclaim: uninstall
---
{ apiVersion: vpp/v1, kind: Mdm, name: campus, sandbox: {} }
---
{ apiVersion: vpp/v1, kind: Group, name: wanted, devices: [KEPT0000001] }
---
apiVersion: vpp/v1
kind: App
name: notes
adamId: 11
bundleId: com.example.notes
location: school
assign: [{ to: wanted }]
"#;

/// A school whose devices are all off and hold an app that nobody wants there any more.
fn world(devices: usize) -> String {
    format!(
        "apiVersion: vpp/v1\nkind: World\nlimits: {{ maxRequestPerSecond: 100000 \
         }}\nlocations:\n  - name: school\n    uid: \"100\"\n    owner: {{ id: ours, name: IT \
         }}\n    assets:\n      - {{ adamId: 11, bundleId: com.example.notes, total: {}, assigned: \
         {{ devices: [{{ prefix: DMPX, count: {devices}, width: 8 }}, KEPT0000001] }} }}\ndevices:\n  \
         - {{ serial: {{ prefix: DMPX, count: {devices}, width: 8 }}, behaves: {{ offline: 30d }} \
         }}\n",
        devices + 9
    )
}
