//! How far the reading of all locations is, on standard error.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Context;
use super::streams;
use crate::actual::{ReadProgress, ReadStage};
use crate::render::number::{counted, grouped};
use crate::render::progress::Progress;

/// A read that is done sooner has nothing to say where nobody watches.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// How far the reading of all locations is. Pages are counted, over all of them together.
pub(super) struct Reading {
    line: Progress,
    /// Whether time left is part of the text; a live line tells it by itself.
    tells_time: bool,
    begun: Instant,
    silent_for: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    locations: Vec<[Walk; 3]>,
    said: bool,
    /// Pages read.
    done: u64,
    /// Pages of lists that were read to their end, or given up.
    finished: u64,
    by_stage: [u64; 3],
}

/// The present walk over one list.
#[derive(Debug, Clone, Copy, Default)]
struct Walk {
    pages: u32,
    of: u32,
}

/// One location's part.
pub(super) struct Follow<'r> {
    reading: &'r Reading,
    location: usize,
}

impl Reading {
    pub(super) fn new(context: &Context) -> Self {
        let shape = context.streams.shape();
        match context.streams.progress(&context.environment) {
            streams::Progress::Live => Self::on(Progress::live(&shape), false, Duration::ZERO),
            streams::Progress::Plain => {
                let line = Progress::plain(&shape, Box::new(std::io::stderr()));
                Self::on(line, true, WORTH_SAYING)
            }
            streams::Progress::None => Self::on(Progress::silent(), false, Duration::ZERO),
        }
    }

    fn on(line: Progress, tells_time: bool, silent_for: Duration) -> Self {
        let state = Mutex::default();
        Self { line, tells_time, begun: Instant::now(), silent_for, state }
    }

    /// One more location.
    pub(super) fn location(&self) -> Follow<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.locations.push([Walk::default(); 3]);
        Follow { reading: self, location: state.locations.len() - 1 }
    }

    /// Takes the live line away.
    pub(super) fn finish(&self) {
        self.line.finish();
    }

    fn step(&self, location: usize, step: ReadProgress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let total = state.take(location, step);
        let elapsed = self.begun.elapsed();
        if elapsed < self.silent_for {
            return;
        }
        let steps = if state.said { 1 } else { state.done };
        if !state.said {
            state.said = true;
            let locations = u64::try_from(state.locations.len()).unwrap_or(u64::MAX);
            let what = counted(locations, "location", "locations");
            self.line.phase(&format!("reading {what}, pages"), total);
        }
        self.line.revise(total, &self.note(&state, total, elapsed));
        self.line.advance(steps);
    }

    fn note(&self, state: &State, total: u64, elapsed: Duration) -> String {
        let [assets, people, assignments] = state.by_stage.map(grouped);
        let lists = format!("assets {assets}, people {people}, assignments {assignments}");
        let left = total.saturating_sub(state.done);
        if !self.tells_time || left == 0 {
            return lists;
        }
        let seconds = u128::from(left) * elapsed.as_millis() / u128::from(state.done.max(1)) / 1000;
        match u64::try_from(seconds).unwrap_or(u64::MAX) {
            0 => lists,
            seconds @ ..120 => format!("{lists}, about {seconds} s left"),
            seconds => format!("{lists}, about {} min left", seconds.div_ceil(60)),
        }
    }
}

impl State {
    /// Counts one page, and says how many there are in all, as far as is known.
    fn take(&mut self, location: usize, step: ReadProgress) -> u64 {
        let ReadProgress { stage, pages, of } = step;
        let stage = match stage {
            ReadStage::Assets => 0,
            ReadStage::Users => 1,
            ReadStage::Assignments => 2,
        };
        self.done += 1;
        if let Some(read) = self.by_stage.get_mut(stage) {
            *read += 1;
        }
        if let Some(walk) = self.locations.get_mut(location).and_then(|all| all.get_mut(stage)) {
            if pages <= walk.pages {
                // Another list of this kind, or the same again because it moved.
                self.finished += u64::from(walk.pages);
            }
            *walk = Walk { pages, of: of.max(pages) };
        }
        let known = self.locations.iter().flatten().map(|walk| u64::from(walk.of)).sum::<u64>();
        self.done.max(self.finished + known)
    }
}

impl Follow<'_> {
    /// A page was read.
    pub(super) fn step(&self, step: ReadProgress) {
        self.reading.step(self.location, step);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;
    use crate::render::Shape;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn reading() -> (Reading, Kept) {
        let kept = Kept::default();
        let line = Progress::plain(&Shape::default(), Box::new(kept.clone()));
        (Reading::on(line, true, WORTH_SAYING), kept)
    }

    fn said(kept: &Kept) -> String {
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    fn page(stage: ReadStage, pages: u32, of: u32) -> ReadProgress {
        ReadProgress { stage, pages, of }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_read_says_nothing() {
        let (reading, kept) = reading();
        let one = reading.location();
        one.step(page(ReadStage::Assets, 1, 1));
        one.step(page(ReadStage::Assignments, 1, 1));
        reading.finish();
        assert_eq!(said(&kept), "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_read_says_how_far_it_is_over_all_locations_and_how_long_it_takes() {
        let (reading, kept) = reading();
        let (one, two) = (reading.location(), reading.location());
        one.step(page(ReadStage::Assets, 1, 1));
        one.step(page(ReadStage::Users, 1, 9));
        two.step(page(ReadStage::Assignments, 1, 90));
        tokio::time::advance(Duration::from_secs(3)).await;
        for pages in 2..=90 {
            two.step(page(ReadStage::Assignments, pages, 90));
            let pause = if pages == 50 { 600 } else { 0 };
            tokio::time::advance(Duration::from_secs(pause)).await;
        }
        for pages in 2..=9 {
            one.step(page(ReadStage::Users, pages, 9));
        }
        reading.finish();
        let said = said(&kept);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.first(), Some(&"reading 2 locations, pages (100)"), "{said}");
        assert_eq!(
            lines.get(1),
            Some(
                &"reading 2 locations, pages: 10 of 100 (10 %), assets 1, people 1, assignments 8, \
                  about 27 s left"
            ),
            "{said}"
        );
        assert!(said.contains("60 of 100 (60 %)") && said.contains("min left"), "{said}");
        assert_eq!(lines.last(), Some(&"reading 2 locations, pages: done, 100 of 100 (100 %)"));
        assert_eq!(lines.len(), 11, "{said}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_read_again_adds_to_what_there_is_to_do() {
        let (reading, kept) = reading();
        let one = reading.location();
        tokio::time::advance(Duration::from_secs(3)).await;
        for pages in 1..=10 {
            one.step(page(ReadStage::Assignments, pages, 10));
        }
        for pages in 1..=10 {
            one.step(page(ReadStage::Assignments, pages, 10));
        }
        reading.finish();
        let said = said(&kept);
        assert!(said.ends_with("pages: done, 20 of 20 (100 %)\n"), "{said}");
    }
}
