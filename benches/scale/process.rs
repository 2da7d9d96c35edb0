//! The program, and what a run of it costs.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What one run of a program cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Of the process and its threads, user and system.
    pub(crate) cpu: Duration,
    /// Most memory it had at once, in kilobytes.
    pub(crate) peak: u64,
}

/// The program under test.
pub(crate) struct Program(PathBuf);

impl Program {
    /// The one cargo built along with this, or the one that lies beside it.
    pub(crate) fn find() -> Self {
        let beside = || {
            let here = std::env::current_exe().unwrap();
            here.parent().unwrap().parent().unwrap().join("vpp")
        };
        Self(option_env!("CARGO_BIN_EXE_vpp").map_or_else(beside, PathBuf::from))
    }

    /// The program, with nothing of this machine's settings.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().stdin(Stdio::null());
        command
    }

    /// Runs it for its side effects.
    pub(crate) fn quiet(&self, arguments: &[&str]) {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

/// Runs a command to its end.
pub(crate) fn measure(command: &mut Command) -> Cost {
    let begun = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    let cpu = loop {
        peak = peak.max(high_water(&child).unwrap_or(0));
        // One that has ended still says what it took, until it is waited for.
        let (state, cpu) = stat(&child).unwrap_or((b'Z', Duration::ZERO));
        if state == b'Z' {
            break cpu;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = begun.elapsed();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Cost { wall, cpu, peak }
}

fn high_water(child: &Child) -> Option<u64> {
    let status = fs_err::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// State and CPU time, where the system tells (Linux).
fn stat(child: &Child) -> Option<(u8, Duration)> {
    let stat = fs_err::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    // In hundredths of a second on every Linux there is.
    Some((fields.first()?.as_bytes()[0], Duration::from_millis((ticks(11)? + ticks(12)?) * 10)))
}

/// The run of median length; each figure is of that run, the peak the largest.
pub(crate) fn median(times: usize, mut run: impl FnMut() -> Cost) -> Cost {
    let mut costs: Vec<Cost> = (0..times).map(|_| run()).collect();
    costs.sort_by_key(|cost| cost.wall);
    let peak = costs.iter().map(|cost| cost.peak).max().unwrap();
    Cost { peak, ..costs[costs.len() / 2] }
}

pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

pub(crate) fn float(number: u64) -> f64 {
    Duration::from_nanos(number).as_secs_f64() * 1e9
}
