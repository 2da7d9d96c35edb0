use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chance::draw;
use super::lock;
use super::wire::{Refusal, RetryAfter};

/// How a request goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It is refused.
    Refused(Refusal),
    /// The connection is closed without an answer.
    Lost(LostReply),
}

/// When a connection is closed without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LostReply {
    /// Before anything was done.
    Before,
    /// After everything was done: only the reply is lost.
    After,
}

/// A fault ordered for requests to come. Faults are taken in the order they were planned in, each
/// by the first request it fits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PlannedFault {
    /// Apple's number of the error. Default: 9603.
    pub number: Option<u32>,
    /// Another HTTP status than the number's own. 200: an error in the body of a 200.
    pub status: Option<u16>,
    /// The text of a `Retry-After` header.
    pub retry_after: Option<String>,
    /// A `Retry-After` header with a date, so many seconds from now.
    pub retry_after_date: Option<u64>,
    /// No answer at all, instead of an error.
    pub lost: Option<LostReply>,
    /// Only requests to this path below `/mdm/v2/`: `assets/associate`.
    pub path: Option<String>,
    /// Only requests with a token of this location, by name or `uId`.
    pub location: Option<String>,
    /// How many requests. Default: 1.
    pub times: Option<u32>,
}

impl PlannedFault {
    fn fault(&self) -> Fault {
        if let Some(lost) = self.lost {
            return Fault::Lost(lost);
        }
        let mut refusal = Refusal::new(self.number.unwrap_or(9603));
        if let Some(status) = self.status {
            refusal.status = status;
        }
        refusal.retry_after = match (&self.retry_after, self.retry_after_date) {
            (Some(text), _) => Some(RetryAfter::Text(text.clone())),
            (None, Some(seconds)) => Some(RetryAfter::Date(Duration::from_secs(seconds))),
            (None, None) => None,
        };
        Fault::Refused(refusal)
    }
}

/// Faults ordered by hand.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<VecDeque<(PlannedFault, u32)>>);

impl Plans {
    pub(crate) fn add(&self, fault: PlannedFault) {
        let times = fault.times.unwrap_or(1);
        if times > 0 {
            lock(&self.0).push_back((fault, times));
        }
    }

    /// The fault for a request, if one was ordered.
    pub(crate) fn take(&self, path: &str, location: Option<(&str, &str)>) -> Option<Fault> {
        let mut plans = lock(&self.0);
        let at = plans.iter().position(|(plan, _)| {
            plan.path.as_deref().is_none_or(|wanted| wanted == path)
                && plan.location.as_deref().is_none_or(|wanted| {
                    location.is_some_and(|(name, uid)| wanted == name || wanted == uid)
                })
        })?;
        let (plan, times) = plans.get_mut(at)?;
        let fault = plan.fault();
        *times -= 1;
        if *times == 0 {
            plans.remove(at);
        }
        Some(fault)
    }
}

/// Misbehavior by seed.
#[derive(Debug)]
pub(crate) struct Chaos {
    seed: u64,
    revoke_after: Option<u64>,
    requests: AtomicU64,
    /// Attempts and faults by request.
    attempts: Mutex<HashMap<u64, (u32, u32)>>,
    /// Tasks that have failed once.
    failed: Mutex<HashSet<u64>>,
    /// Changes by others, by location.
    moves: Mutex<HashMap<String, u64>>,
    /// Events that got stuck.
    stuck: AtomicU64,
}

/// The most faults one request meets, however often it is sent.
const MOST_FAULTS: u32 = 2;
/// The most changes by others in one location.
const MOST_MOVES: u64 = 10;
/// The most events that get stuck.
const MOST_STUCK: u64 = 5;

impl Chaos {
    pub(crate) fn new(seed: u64, revoke_after: Option<u64>) -> Self {
        Self {
            seed,
            revoke_after,
            requests: AtomicU64::new(0),
            attempts: Mutex::default(),
            failed: Mutex::default(),
            moves: Mutex::default(),
            stuck: AtomicU64::new(0),
        }
    }

    /// Whether it is time to revoke tokens.
    pub(crate) fn revokes(&self) -> bool {
        let before = self.requests.fetch_add(1, Ordering::SeqCst);
        self.revoke_after.is_some_and(|after| before >= after)
    }

    /// How a request goes wrong. It depends on the request and on how often it was sent, not on
    /// what else is under way.
    pub(crate) fn fault(&self, parts: &[&[u8]]) -> Option<Fault> {
        let key = draw(self.seed, parts);
        let mut attempts = lock(&self.attempts);
        let (attempt, faults) = attempts.entry(key).or_default();
        *attempt += 1;
        if *faults >= MOST_FAULTS {
            return None;
        }
        let roll = draw(key, &[b"fault", &attempt.to_le_bytes()]);
        let fault = match roll % 100 {
            0..6 => refused(9646, None),
            6..8 => refused(9603, None),
            8..10 => refused(9603, Some(RetryAfter::Text("0".to_owned()))),
            10..12 => refused(9729, Some(RetryAfter::Text("1".to_owned()))),
            12..13 => refused(9729, Some(RetryAfter::Date(Duration::from_secs(1)))),
            13..14 => refused(9603, Some(RetryAfter::Text("soon".to_owned()))),
            14..16 => in_a_200(9646),
            16..18 => in_a_200(9603),
            18..20 => Fault::Lost(LostReply::Before),
            20..23 => Fault::Lost(LostReply::After),
            _ => return None,
        };
        *faults += 1;
        Some(fault)
    }

    /// Whether a task fails for no reason: once at most.
    pub(crate) fn task_fails(&self, uid: &str, asset: &str, holder: &str) -> Option<u32> {
        let key = draw(self.seed, &[b"task", uid.as_bytes(), asset.as_bytes(), holder.as_bytes()]);
        let number = match key % 100 {
            0..2 => 9603,
            2..3 => 9644,
            _ => return None,
        };
        lock(&self.failed).insert(key).then_some(number)
    }

    /// Whether somebody else changes something now, and a number to choose what.
    pub(crate) fn moves(&self, uid: &str) -> Option<u64> {
        let mut moves = lock(&self.moves);
        let made = moves.entry(uid.to_owned()).or_default();
        if *made >= MOST_MOVES {
            return None;
        }
        *made += 1;
        let roll = draw(self.seed, &[b"move", uid.as_bytes(), &made.to_le_bytes()]);
        roll.is_multiple_of(2).then_some(roll / 2)
    }

    /// Whether an event gets stuck for a while.
    pub(crate) fn sticks(&self, event: &[u8]) -> bool {
        draw(self.seed, &[b"stuck", event]).is_multiple_of(8)
            && self.stuck.fetch_add(1, Ordering::SeqCst) < MOST_STUCK
    }
}

fn refused(number: u32, retry_after: Option<RetryAfter>) -> Fault {
    Fault::Refused(Refusal { retry_after, ..Refusal::new(number) })
}

fn in_a_200(number: u32) -> Fault {
    Fault::Refused(Refusal { status: 200, ..Refusal::new(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_misbehaves_the_same_way_in_any_order() {
        let faults = |order: &[u32]| {
            let chaos = Chaos::new(3, None);
            let mut found: Vec<(u32, String)> = order
                .iter()
                .map(|n| (*n, format!("{:?}", chaos.fault(&[b"GET", &n.to_le_bytes()]))))
                .collect();
            found.sort();
            found
        };
        let forward: Vec<u32> = (0..200).collect();
        let backward: Vec<u32> = (0..200).rev().collect();
        assert_eq!(faults(&forward), faults(&backward));
        assert!(faults(&forward).iter().any(|(_, fault)| fault != "None"));
    }

    #[test]
    fn a_request_meets_two_faults_at_most_and_a_task_one() {
        for seed in 0..50 {
            let chaos = Chaos::new(seed, None);
            let faults = (0..1000).filter(|_| chaos.fault(&[b"POST"]).is_some()).count();
            assert!(faults <= 2, "{faults}");
            let fails = (0..10).filter(|_| chaos.task_fails("1", "2", "3").is_some()).count();
            assert!(fails <= 1);
            assert!((0..1000).filter(|_| chaos.moves("1").is_some()).count() <= 10);
        }
    }

    #[test]
    fn planned_faults_wait_for_the_request_they_fit() {
        let plans = Plans::default();
        let plan = PlannedFault {
            path: Some("users".to_owned()),
            number: Some(9646),
            times: Some(2),
            ..PlannedFault::default()
        };
        plans.add(plan);
        assert!(plans.take("assets", None).is_none());
        assert!(plans.take("users", None).is_some());
        assert!(plans.take("users", None).is_some());
        assert!(plans.take("users", None).is_none());
    }
}
