//! How far a run is, on standard error: a live line on a terminal, plain lines elsewhere.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Shape, escape, number};

/// Plain lines say so every so many percent.
const EVERY: u64 = 10;
/// Phases of an unknown size say so every so many steps.
const EVERY_STEPS: u64 = 10_000;

/// Tells how far a run is. Every method can be called from any task.
///
/// Phases follow one another; a new one ends the one before. Names are escaped. Nothing is ever
/// said of an output that fails: progress is no reason to stop a run.
pub struct Progress {
    ascii: bool,
    state: Mutex<State>,
}

enum State {
    Silent,
    Live(ProgressBar),
    Plain { out: Box<dyn Write + Send>, phase: Option<Phase> },
}

struct Phase {
    name: String,
    total: Option<u64>,
    done: u64,
    /// Lines it was worth so far: no fewer are said again when there turns out to be more to do.
    told: u64,
    note: String,
}

impl Progress {
    /// Says nothing.
    pub fn silent() -> Self {
        Self { ascii: false, state: Mutex::new(State::Silent) }
    }

    /// One live line on standard error, which must be a terminal.
    pub fn live(shape: &Shape) -> Self {
        Self::live_on(shape, ProgressDrawTarget::stderr())
    }

    /// One live line elsewhere.
    pub fn live_on(shape: &Shape, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(shape.ascii, false));
        Self { ascii: shape.ascii, state: Mutex::new(State::Live(bar)) }
    }

    /// Plain lines: one when a phase begins, one every ten percent, one at its end.
    pub fn plain(shape: &Shape, out: Box<dyn Write + Send>) -> Self {
        Self { ascii: shape.ascii, state: Mutex::new(State::Plain { out, phase: None }) }
    }

    /// Begins a phase of so many steps; `None` where their number is not known.
    pub fn phase(&self, name: &str, total: impl Into<Option<u64>>) {
        let (name, total) = (self.safe(name), total.into());
        match &mut *self.state() {
            State::Silent => {}
            State::Live(bar) => {
                bar.reset();
                match total {
                    Some(total) => bar.set_length(total),
                    None => bar.unset_length(),
                }
                bar.set_style(style(self.ascii, total.is_some()));
                bar.set_message(name);
                bar.set_prefix("");
                bar.enable_steady_tick(Duration::from_millis(120));
            }
            State::Plain { out, phase } => {
                end(out, phase.take());
                let of = total.map(|total| format!(" ({})", number::grouped(total)));
                say(out, &format!("{name}{}", of.unwrap_or_default()));
                *phase = Some(Phase { name, total, done: 0, told: 0, note: String::new() });
            }
        }
    }

    /// So many steps more are done.
    pub fn advance(&self, steps: u64) {
        match &mut *self.state() {
            State::Silent | State::Plain { phase: None, .. } => {}
            State::Live(bar) => bar.inc(steps),
            State::Plain { out, phase: Some(phase) } => {
                phase.done = phase.done.saturating_add(steps);
                let finished = phase.total.is_some_and(|total| phase.done >= total);
                if mark(phase) > phase.told && !finished {
                    phase.told = mark(phase);
                    let line = format!("{}: {}{}", phase.name, far(phase), phase.note);
                    say(out, &line);
                }
            }
        }
    }

    /// There are so many steps in this phase after all; `note` is said with how far it is.
    pub fn revise(&self, total: u64, note: &str) {
        let note = if note.is_empty() { String::new() } else { format!(", {}", self.safe(note)) };
        match &mut *self.state() {
            State::Silent | State::Plain { phase: None, .. } => {}
            State::Live(bar) => {
                if bar.length() != Some(total) {
                    bar.set_length(total);
                    bar.set_style(style(self.ascii, true));
                }
                bar.set_prefix(note);
            }
            State::Plain { phase: Some(phase), .. } => {
                phase.total = Some(total);
                phase.note = note;
            }
        }
    }

    /// Says something above the live line, or on a line of its own.
    pub fn message(&self, text: &str) {
        let text = self.safe(text);
        match &mut *self.state() {
            State::Silent => {}
            State::Live(bar) => bar.println(text),
            State::Plain { out, .. } => say(out, &text),
        }
    }

    /// Runs something that writes to the same terminal while the live line is away.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        // The lock is not held while `write` runs: it may report progress itself.
        let bar = match &*self.state() {
            State::Live(bar) => Some(bar.clone()),
            State::Silent | State::Plain { .. } => None,
        };
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Ends the last phase and takes the live line away.
    pub fn finish(&self) {
        match &mut *self.state() {
            State::Silent => {}
            State::Live(bar) => bar.finish_and_clear(),
            State::Plain { out, phase } => end(out, phase.take()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn safe(&self, text: &str) -> String {
        if self.ascii { escape::ascii(text) } else { escape::terminal(text) }.into_owned()
    }
}

impl Drop for Progress {
    /// A live line must not stay behind when a run ends by an error.
    fn drop(&mut self) {
        self.finish();
    }
}

fn style(ascii: bool, bounded: bool) -> ProgressStyle {
    let template = if bounded {
        "{spinner} {msg} [{wide_bar}] {human_pos}/{human_len}{prefix} ({eta})"
    } else {
        "{spinner} {msg} {human_pos}{prefix}"
    };
    let (ticks, bar) =
        if ascii { ("|/-\\ ", "=> ") } else { ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ", "━╸ ") };
    // The templates are constants; one that does not parse would show the default line.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .tick_chars(ticks)
        .progress_chars(bar)
}

/// How many lines a phase is worth so far.
fn mark(phase: &Phase) -> u64 {
    match phase.total {
        Some(0) => 0,
        Some(total) => percent(phase.done, total) / EVERY,
        None => phase.done / EVERY_STEPS,
    }
}

fn percent(done: u64, total: u64) -> u64 {
    let percent = u128::from(done) * 100 / u128::from(total.max(1));
    u64::try_from(percent).unwrap_or(100).min(100)
}

fn far(phase: &Phase) -> String {
    let done = number::grouped(phase.done);
    match phase.total {
        Some(total) => {
            format!("{done} of {} ({} %)", number::grouped(total), percent(phase.done, total))
        }
        None => done,
    }
}

fn end(out: &mut dyn Write, phase: Option<Phase>) {
    if let Some(phase) = phase {
        say(out, &format!("{}: done, {}", phase.name, far(&phase)));
    }
}

/// Progress that cannot be written is not missed.
fn say(out: &mut dyn Write, line: &str) {
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
