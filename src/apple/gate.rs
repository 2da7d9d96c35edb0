use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// Lets requests of one token through: so many at once, so many a second, none during a pause.
///
/// In any second no more than the rate begin, however the seconds are cut; after a quiet second
/// that many may begin at once, so that a short run is not slowed down.
#[derive(Debug)]
pub(super) struct Gate {
    slots: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    per_second: usize,
    /// When requests of the last second began or will begin, ascending.
    begun: VecDeque<Instant>,
    paused_until: Option<Instant>,
}

/// A pause ends after the caller's time is up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PausedFor(pub(super) Duration);

/// A second, and a little for the jitter of the way.
const SECOND: Duration = Duration::from_millis(1010);

impl Gate {
    pub(super) fn new(at_once: usize, per_second: u32) -> Self {
        let gate = Self {
            slots: Semaphore::new(at_once.max(1)),
            state: Mutex::new(State { per_second: 1, begun: VecDeque::new(), paused_until: None }),
        };
        gate.set_rate(per_second);
        gate
    }

    /// Changes how many requests may begin in a second; at least one.
    pub(super) fn set_rate(&self, per_second: u32) {
        self.lock().per_second = usize::try_from(per_second).unwrap_or(usize::MAX).max(1);
    }

    /// Lets nothing through for so long; a longer pause stands.
    pub(super) fn pause(&self, pause: Duration) {
        let mut state = self.lock();
        if let Some(until) = Instant::now().checked_add(pause) {
            state.paused_until = state.paused_until.max(Some(until));
        }
    }

    /// Waits for a turn. The request must begin at once and the slot be held until it has ended.
    ///
    /// Fails where a pause would outlast `deadline`.
    pub(super) async fn enter(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, PausedFor> {
        let slot = match self.slots.acquire().await {
            Ok(slot) => slot,
            // Nobody closes it.
            Err(_closed) => return Err(PausedFor(Duration::ZERO)),
        };
        loop {
            let now = Instant::now();
            let turn = {
                let mut state = self.lock();
                match state.paused_until {
                    Some(until) if until > now && until > deadline => {
                        return Err(PausedFor(until - now));
                    }
                    Some(until) if until > now => until,
                    Some(_) | None => match state.turn(now) {
                        None => return Ok(slot),
                        Some(later) => later,
                    },
                }
            };
            sleep_until(turn).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes the turn now, or says when to ask again.
    fn turn(&mut self, now: Instant) -> Option<Instant> {
        while self.begun.front().is_some_and(|&begun| now - begun >= SECOND) {
            self.begun.pop_front();
        }
        // With a rate lowered meanwhile there may be several too many.
        let oldest_in_the_way = self.begun.len().checked_sub(self.per_second);
        if let Some(&begun) = oldest_in_the_way.and_then(|index| self.begun.get(index)) {
            return Some(begun + SECOND);
        }
        self.begun.push_back(now);
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn far() -> Instant {
        Instant::now() + Duration::from_hours(1)
    }

    /// Sends `requests` that take `each`; gives when each began and how many ran at once at most.
    async fn run(gate: Arc<Gate>, requests: usize, each: Duration) -> (Vec<Duration>, usize) {
        let start = Instant::now();
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..requests)
            .map(|_| {
                let (gate, running, most) = (gate.clone(), running.clone(), most.clone());
                tokio::spawn(async move {
                    let slot = gate.enter(far()).await.unwrap();
                    let began = start.elapsed();
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(each).await;
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(slot);
                    began
                })
            })
            .collect();
        let mut began = vec![];
        for task in tasks {
            began.push(task.await.unwrap());
        }
        began.sort();
        (began, most.load(Ordering::SeqCst))
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_than_the_rate() {
        let gate = Arc::new(Gate::new(5, 15));
        let (began, most) = run(gate, 100, Duration::from_millis(20)).await;
        assert_eq!(most, 5);
        for window in began.windows(16) {
            assert!(window[15] > window[0] + Duration::from_secs(1), "{window:?}");
        }
        let last = began[99];
        assert!(last < Duration::from_secs(8), "not slower than it must be: {last:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn slow_answers_never_make_more_than_five_at_once() {
        let gate = Arc::new(Gate::new(5, 1000));
        let (_, most) = run(gate, 40, Duration::from_secs(3)).await;
        assert_eq!(most, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_and_the_longest_stands() {
        let gate = Arc::new(Gate::new(5, 15));
        gate.pause(Duration::from_mins(2));
        gate.pause(Duration::from_secs(1));
        let (began, _) = run(gate.clone(), 3, Duration::ZERO).await;
        assert!(began[0] >= Duration::from_mins(2), "{began:?}");

        gate.pause(Duration::from_mins(10));
        let soon = Instant::now() + Duration::from_mins(1);
        let refused = gate.enter(soon).await.unwrap_err();
        assert!(refused.0 > Duration::from_secs(590), "{refused:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_a_wait_leaves_the_gate_as_it_was() {
        let gate = Gate::new(1, 15);
        let held = gate.enter(far()).await.unwrap();
        let waits = tokio::time::timeout(Duration::from_secs(1), gate.enter(far())).await;
        assert!(waits.is_err());
        drop(held);
        assert!(gate.enter(far()).await.is_ok());
    }
}
