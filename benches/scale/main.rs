//! As large as the largest school system: what a plan costs, from outside.
//!
//! `cargo bench --bench scale` runs a small size in seconds, `cargo bench --bench scale -- large` the
//! sizes of the README's table in about fifteen minutes; `-- ROW …` only rows whose name contains one
//! of these words. Every row prints requests, bytes, wall and CPU time, peak memory, and what it
//! reached of what it should.
//!
//! The sandbox, and everything measured, is a process of its own: the program as it is installed.
//! Only what others pay for it is left out: the making of the world.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring")]

mod download;
mod process;
mod school;

use std::time::{Duration, Instant};

use process::{Cost, Program, median};
use school::{Apple, School};
use vpp::sandbox::Generate;

/// What a run measures.
struct Run {
    /// Rows of the README's table, or a small size of the same.
    large: bool,
    /// Only rows with one of these words in their name.
    only: Vec<String>,
    program: Program,
    missed: u32,
}

pub(crate) fn main() {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let mut run = Run {
        large: words.iter().any(|word| word == "large"),
        only: words.into_iter().filter(|word| word != "large").collect(),
        program: Program::find(),
        missed: 0,
    };
    run.full();
    run.paced();
    run.ten_times();
    run.unchanged();
    run.start_up();
    match run.missed {
        0 => println!("every figure was reached"),
        missed => println!("{missed} figures were NOT reached"),
    }
}

impl Run {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()))
    }

    /// Says what a row cost, and whether it reached what it should.
    fn row(
        &mut self,
        name: &str,
        requests: u64,
        bytes: u64,
        cost: &Cost,
        ratio: &str,
        holds: bool,
    ) {
        let Cost { wall, cpu, peak } = cost;
        let verdict = if holds { "reached" } else { "MISSED" };
        println!(
            "{name}: {requests} requests, {:.1} MB, wall {wall:.2?}, CPU {cpu:.2?}, peak {} MB; {ratio}: {verdict}",
            process::float(bytes) / 1e6,
            peak / 1000,
        );
        self.missed += u32::from(!holds);
    }

    /// Everything, once, as fast as pages come.
    fn full(&mut self) {
        let name = "full plan, no latency";
        if !self.wants(name) {
            return;
        }
        let numbers = if self.large {
            "devices=100000,apps=40,each=10"
        } else {
            "devices=2000,apps=40,each=10"
        };
        let school = School::open(numbers);
        let apple = Apple::serve(&self.program, numbers, "0ms", 10_000_000);
        let (requests, bytes) = school.counted(&self.program, &apple);
        let times = if self.large { 5 } else { 3 };
        let plain = median(times, || download::pages(&apple, requests, false));
        let packed = median(times, || download::pages(&apple, requests, true));
        let cost = median(times, || school.plan(&self.program, &apple));
        let ratio = |other: &Cost| process::ratio(cost.wall, other.wall);
        // What it costs to say what is wanted is not reading.
        let wanted = median(times, || school.validate(&self.program));
        let text = format!(
            "{:.2} × downloading the same pages with curl ({:.2?}; packed {:.2?}), {:.2} × without \
             the inventory's {:.2?}; ≤ 1.25",
            ratio(&plain),
            plain.wall,
            packed.wall,
            process::ratio(cost.wall.saturating_sub(wanted.wall), plain.wall),
            wanted.wall,
        );
        let holds = ratio(&plain) <= 1.25;
        self.row(name, requests, bytes, &cost, &text, holds);
    }

    /// Everything, once, at Apple's pace.
    fn paced(&mut self) {
        let name = "full plan, 50 ms a request, 15 a second";
        if !self.wants(name) {
            return;
        }
        let numbers = if self.large {
            "devices=100000,apps=40,each=10"
        } else {
            "devices=4000,apps=40,each=10"
        };
        let school = School::open(numbers);
        let apple = Apple::serve(&self.program, numbers, "50ms", 15);
        let (requests, bytes) = school.counted(&self.program, &apple);
        let cost = school.plan(&self.program, &apple);
        let floor = Duration::from_secs_f64(process::float(requests) / 15.0);
        let limit = floor.mul_f64(1.05) + Duration::from_secs(1);
        let text = format!(
            "{:.3} × the {floor:.2?} that so many requests take at least; ≤ 1.05 × and 1 s",
            process::ratio(cost.wall, floor)
        );
        self.row(name, requests, bytes, &cost, &text, cost.wall <= limit);
    }

    /// Ten times as much.
    fn ten_times(&mut self) {
        let name = "full plan, ten times as many";
        if !self.wants(name) {
            return;
        }
        let (one, ten) = if self.large {
            ("devices=100000,apps=10,each=10", "devices=1000000,apps=10,each=10")
        } else {
            ("devices=1000,apps=10,each=10", "devices=10000,apps=10,each=10")
        };
        let measure = |numbers: &str| {
            let school = School::open(numbers);
            let apple = Apple::serve(&self.program, numbers, "0ms", 10_000_000);
            let (requests, bytes) = school.counted(&self.program, &apple);
            let cost = median(3, || school.plan(&self.program, &apple));
            (requests, bytes, cost)
        };
        let (.., small) = measure(one);
        let (requests, bytes, cost) = measure(ten);
        let grew = process::ratio(cost.wall, small.wall) / 10.0;
        let text = format!(
            "{grew:.2} of ten times the time of a tenth ({:.2?}); ≤ 1.10, ≤ 250 MB",
            small.wall
        );
        let holds = !self.large || (grew <= 1.10 && cost.peak <= 250_000);
        self.row(name, requests, bytes, &cost, &text, holds);
    }

    /// With what was kept of the run before: nothing changed, then a little of five apps.
    fn unchanged(&mut self) {
        let (same, moved) =
            ("plan with snapshot, nothing changed", "plan with snapshot, five apps");
        if !self.wants(same) && !self.wants(moved) {
            return;
        }
        let numbers = if self.large {
            "devices=1000000,apps=10,each=10"
        } else {
            "devices=10000,apps=10,each=10"
        };
        let school = School::open(numbers);
        let apple = Apple::serve(&self.program, numbers, "0ms", 10_000_000);
        school.remembers();
        school.plan(&self.program, &apple);
        let (requests, bytes) = school.counted(&self.program, &apple);
        let cost = median(5, || school.plan(&self.program, &apple));
        let wanted = median(3, || school.validate(&self.program));
        let text = format!(
            "{:.2?} of it the inventory, which is read by itself for comparison; ≤ 8 requests, ≤ 1 s, \
             ≤ 150 MB",
            wanted.wall
        );
        let holds = requests <= 8 && cost.wall <= Duration::from_secs(1) && cost.peak <= 150_000;
        if self.wants(same) {
            self.row(same, requests, bytes, &cost, &text, holds);
        }
        for app in 0..5 {
            apple.hand("remove", app, (0..200).map(|n| Generate::serial(app * 200 + n)));
            apple.hand("add", app, (0..200).map(|n| format!("NEW{app}X{n}")));
        }
        let pages = 5 * school.devices().div_ceil(u64::from(school::PAGE));
        // Once: the run keeps what it saw, and the next one finds nothing changed.
        let (requests, bytes) = school.counted(&self.program, &apple);
        let text = format!("≤ 8 and the {pages} pages of those apps");
        if self.wants(moved) {
            self.row(moved, requests, bytes, &Cost::default(), &text, requests <= 8 + pages);
        }
    }

    /// Before anything is done.
    fn start_up(&mut self) {
        let quickstart = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart");
        for (name, arguments, most) in [
            ("start-up: vpp --version", vec!["--version"], 5),
            ("start-up: vpp validate examples/quickstart", vec!["validate", quickstart], 15),
        ] {
            if !self.wants(name) {
                continue;
            }
            let mut times: Vec<Duration> = (0..21)
                .map(|_| {
                    let begun = Instant::now();
                    self.program.quiet(&arguments);
                    begun.elapsed()
                })
                .collect();
            times.sort();
            let wall = times[times.len() / 2];
            let cost = Cost { wall, cpu: wall, peak: 0 };
            let holds = wall <= Duration::from_millis(most);
            self.row(name, 0, 0, &cost, &format!("≤ {most} ms"), holds);
        }
    }
}
