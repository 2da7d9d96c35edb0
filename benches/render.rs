//! A plan of 50,000 changes over 40 apps, and one of 50,000 changes that share next to nothing, in
//! every format: how long and how large.
//!
//! `cargo bench --bench render [-- FOLDER]`; prints one line a format, and with a folder leaves
//! what was printed there, to look at.

#![allow(clippy::print_stdout, clippy::unwrap_used, dead_code, unreachable_pub)]

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vpp::manifest::kind::Intent;
use vpp::plan::{Action, Plan};
use vpp::render::plan::{self, Markdown};
use vpp::render::{Shape, Styles};

#[path = "../tests/suite/render/world.rs"]
mod world;

/// What the terminal, the comment and the plan file may take together.
const BUDGET: Duration = Duration::from_millis(50);
const RUNS: u32 = 20;

type Format = fn(&mut Vec<u8>, &Plan) -> io::Result<()>;

const FORMATS: [(&str, Format); 6] = [
    ("txt", |out, plan| plan::human(out, &Styles::plain(), &Shape::default(), plan)),
    ("md", |out, plan| plan::markdown(out, Markdown::default(), plan)),
    ("json", |out, plan| plan::json(out, plan)),
    ("csv", |out, plan| plan::csv(out, plan)),
    ("html", |out, plan| plan::html(out, None, plan)),
    ("annotations.txt", |out, plan| plan::github(out, ".", plan)),
];

fn main() {
    let folder = std::env::args().skip(1).find(|text| !text.starts_with('-')).map(PathBuf::from);
    let plans = [
        ("quickstart", world::quickstart()),
        ("large", world::blocked()),
        ("scattered", scattered()),
    ];
    for (name, plan) in plans {
        let mut together = Duration::ZERO;
        for (format, write) in FORMATS {
            let mut out = vec![];
            let mut best = Duration::MAX;
            for _ in 0..RUNS {
                out.clear();
                let started = Instant::now();
                write(&mut out, &plan).unwrap();
                best = best.min(started.elapsed());
            }
            if matches!(format, "txt" | "md" | "json") {
                together += best;
            }
            println!("{name}: {format} {best:.2?}, {} bytes", out.len());
            if let Some(folder) = &folder {
                fs_err::write(folder.join(format!("{name}.{format}")), &out).unwrap();
            }
        }
        let verdict = if together <= BUDGET { "within" } else { "BEYOND" };
        println!("{name}: terminal, comment and plan file {together:.2?}, {verdict} {BUDGET:?}");
    }
}

fn scattered() -> Plan {
    let mut world = world::World::new();
    for location in 0..5 {
        world = world.location(&format!("school-{location}"), "A school");
        for app in 0..40 {
            world = world.app(app, &format!("App {app}"), 20_000, 5_000);
            for at in 0..250 {
                let holder = (location * 40 + app) * 250 + at;
                let (file, group) = (format!("apps/app-{app}.yaml"), format!("group-{at}"));
                let action = if at % 5 == 0 { Action::Release } else { Action::Assign };
                let cause = world::entry(&group, Intent::Required);
                world = world.moves(action, (&file, 6), cause, holder..holder + 1);
            }
        }
    }
    world.plan()
}
