use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::lock;

/// The door of a location: how many at once, how many within any second.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    recent: Mutex<VecDeque<Instant>>,
    inside: AtomicUsize,
}

/// A request that was let in; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    gate: &'a Gate,
    /// How many are inside, this one included.
    pub(crate) inside: usize,
}

/// Too many at once, or within a second.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Full {
    AtOnce(usize),
    PerSecond(usize),
}

impl Gate {
    /// Lets a request in. What is refused does not count.
    pub(crate) fn enter(
        &self,
        now: Instant,
        at_once: usize,
        per_second: usize,
    ) -> Result<Turn<'_>, Full> {
        let mut recent = lock(&self.recent);
        while recent.front().is_some_and(|first| now.duration_since(*first) >= SECOND) {
            recent.pop_front();
        }
        if recent.len() >= per_second {
            return Err(Full::PerSecond(recent.len() + 1));
        }
        let inside = self.inside.load(Ordering::SeqCst) + 1;
        if inside > at_once {
            return Err(Full::AtOnce(inside));
        }
        recent.push_back(now);
        self.inside.store(inside, Ordering::SeqCst);
        Ok(Turn { gate: self, inside })
    }
}

const SECOND: Duration = Duration::from_secs(1);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let _recent = lock(&self.gate.recent);
        self.gate.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_fine_and_any_second_is_bounded() {
        let gate = Gate::default();
        for _ in 0..15 {
            drop(gate.enter(Instant::now(), 5, 15).unwrap());
        }
        assert_eq!(gate.enter(Instant::now(), 5, 15).err(), Some(Full::PerSecond(16)));
        tokio::time::advance(Duration::from_millis(999)).await;
        assert!(gate.enter(Instant::now(), 5, 15).is_err());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(gate.enter(Instant::now(), 5, 15).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn five_at_once_and_no_more() {
        let gate = Gate::default();
        let mut turns: Vec<_> =
            (0..5).map(|_| gate.enter(Instant::now(), 5, 100).unwrap()).collect();
        assert_eq!(gate.enter(Instant::now(), 5, 100).err(), Some(Full::AtOnce(6)));
        turns.pop();
        assert_eq!(gate.enter(Instant::now(), 5, 100).unwrap().inside, 5);
    }
}
