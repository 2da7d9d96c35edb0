//! A million rows, two hundred filtered groups: how long, and how much memory at most.
//!
//! `cargo bench --bench inventory [-- ROWS GROUPS SHAPE]`; prints one line a shape of filter, each
//! measured in a process of its own, for the peak is that of the process.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use vpp::desired::{digest, resolve};
use vpp::diagnostic::{At, Diagnostic, Span};
use vpp::inventory::{Environment, load_all};
use vpp::license::{Asset, AssetKind, PricingParam, Roster};
use vpp::manifest::Manifests;
use vpp::manifest::kind::{
    AssetManifest, Columns, EntrySpec, Group, Intent, Inventory, InventorySource, WhenShort,
};

/// The `where` of the group of this number.
type Filter = fn(usize) -> String;

const SHAPES: [(&str, Filter); 3] = [
    ("school and grade", |n| {
        format!(r#"row.school == "school-{n}" && row.grade in ["{}", "12"]"#, n % 13)
    }),
    ("either of two columns", |n| {
        format!(r#"row.school == "school-{n}" || row.model == "iPad{},1""#, n % 40)
    }),
    ("a prefix of 1,000 rooms", |n| {
        format!(r#"row.room.startsWith("{}") && row.family == "iPad""#, n % 100)
    }),
];

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|text| text.parse().ok()).collect();
    // `cargo test --all-targets` runs this too, and only wants to know that it does.
    let measured = std::env::args().any(|text| text == "--bench") || !numbers.is_empty();
    let rows = numbers.first().copied().unwrap_or(if measured { 1_000_000 } else { 1000 });
    let groups = numbers.get(1).copied().unwrap_or(200);
    let only = numbers.get(2).copied();
    if only.is_none() && measured {
        for shape in 0..SHAPES.len() {
            let numbers = [rows, groups, shape].map(|number| number.to_string());
            let program = std::env::current_exe().unwrap();
            assert!(Command::new(program).args(numbers).status().unwrap().success());
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    write_devices(&folder.join("devices.csv"), rows);
    for (index, (shape, filter)) in SHAPES.into_iter().enumerate() {
        if only.is_none_or(|only| only == index) {
            run(folder, shape, &manifests(groups, filter));
        }
    }
}

fn run(folder: &Utf8Path, shape: &str, manifests: &Manifests) {
    let (started, cpu_before) = (Instant::now(), cpu());
    let loaded = load_all(manifests, folder, &Environment::default());
    let read = started.elapsed();
    assert!(!loaded.diagnostics.iter().any(Diagnostic::is_error), "{:?}", loaded.diagnostics);
    let mut roster = Roster::new();
    let resolved = resolve(manifests, &loaded.tables, &mut roster);
    let together = started.elapsed();
    assert!(!resolved.diagnostics.iter().any(Diagnostic::is_error));
    let pairs: u64 = resolved
        .desired
        .assets
        .iter()
        .flat_map(|asset| &asset.entries)
        .map(|entry| entry.holders.len())
        .sum();
    let before = Instant::now();
    let digest = digest(&resolved.desired, &roster);
    let digested = before.elapsed();
    let (peak, cpu) = (memory("VmHWM:"), cpu().saturating_sub(cpu_before));
    let holds = together <= Duration::from_millis(2500) && peak.is_none_or(|peak| peak <= 300);
    println!(
        "{shape}: read {read:.2?}, resolve {:.2?}, together {together:.2?} (CPU {cpu:.2?}); digest \
         {digested:.2?} ({}); {} holders, {pairs} pairs; peak {} MB; ≤ 2.5 s, ≤ 300 MB: {}",
        together.saturating_sub(read),
        &digest[..8],
        roster.len(),
        peak.unwrap_or_default(),
        if holds { "reached" } else { "MISSED" },
    );
}

fn write_devices(path: &Utf8Path, rows: usize) {
    let mut file = std::io::BufWriter::new(fs_err::File::create(path).unwrap());
    writeln!(file, "serial,owner,email,school,grade,family,model,room,udid,last_seen").unwrap();
    let mut line = String::new();
    for n in 0..rows {
        // Scattered, so that neighbors are not alike.
        let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        line.clear();
        write!(
            line,
            "DMP{n:09},u{:08},u{n:08}@school.example,school-{},{},{},\"iPad{},1\",{},{mixed:032x},2026-10-{:02}",
            n,
            mixed % 200,
            (mixed >> 8) % 13,
            ["iPad", "Mac", "iPhone"][(mixed >> 12) % 3],
            (mixed >> 14) % 40,
            (mixed >> 16) % 1000,
            mixed % 28 + 1,
        )
        .unwrap();
        writeln!(file, "{line}").unwrap();
    }
}

fn manifests(groups: usize, filter: Filter) -> Manifests {
    let mut manifests = Manifests::default();
    let file = manifests.sources.add("vpp.yaml".into(), "");
    let span = Span { file, start: 0, end: 0, line: 1, column: 1 };
    let text = |text: &str| At::new(text.to_owned(), span);
    manifests.inventories.push(Inventory {
        name: text("devices"),
        source: At::new(InventorySource::Csv { path: "devices.csv".into() }, span),
        columns: Columns {
            serial: Some(text("serial")),
            user: Some(text("owner")),
            email: Some(text("email")),
            managed_apple_id: None,
        },
    });
    for n in 0..groups {
        manifests.groups.push(Group {
            name: text(&format!("group-{n}")),
            devices: vec![],
            users: vec![],
            from: Some(text("devices")),
            filter: Some(text(&filter(n))),
            include: vec![],
            entra_group: None,
            minimum: None,
            description: None,
        });
    }
    // Forty apps for five groups each.
    for app in 0..groups / 5 {
        let entry = |n: usize| EntrySpec {
            span,
            to: text(&format!("group-{}", app * 5 + n)),
            intent: Intent::Required,
            license: None,
        };
        manifests.assets.push(AssetManifest {
            kind: AssetKind::App,
            name: text(&format!("app-{app}")),
            asset: At::new(
                Asset {
                    adam_id: (app + 1).to_string().parse().unwrap(),
                    pricing_param: PricingParam::Standard,
                },
                span,
            ),
            bundle_id: None,
            locations: vec![text("here")],
            assign_span: span,
            assign: (0..5).map(entry).collect(),
            except: vec![],
            reclaim: None,
            when_short: WhenShort::Block,
            irrevocable: false,
            description: None,
            labels: std::collections::BTreeMap::new(),
        });
    }
    manifests
}

/// Megabytes, where the system says.
fn memory(field: &str) -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1000)
}

/// Of this process so far; zero where the system does not say.
fn cpu() -> Duration {
    let stat = fs_err::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|text| text.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
