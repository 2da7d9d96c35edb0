//! Chance that can be repeated: the same seed and the same question give the same answer on every
//! machine, in whatever order the questions arrive.

use sha2::{Digest, Sha256};

/// A number that depends on the seed and on every part, and looks like noise.
pub(crate) fn draw(seed: u64, parts: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    }
    let mut first = [0_u8; 8];
    for (to, from) in first.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    u64::from_le_bytes(first)
}

/// The numbers `0..count` in an order that depends on the seed alone.
pub(crate) fn shuffled(seed: u64, count: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    fastrand::Rng::with_seed(seed).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_parts_do_not_run_together() {
        assert_eq!(draw(1, &[b"ab", b"c"]), draw(1, &[b"ab", b"c"]));
        assert_ne!(draw(1, &[b"ab", b"c"]), draw(1, &[b"a", b"bc"]));
        assert_ne!(draw(1, &[b"ab"]), draw(2, &[b"ab"]));
    }

    #[test]
    fn a_shuffle_repeats_and_keeps_every_number() {
        let order = shuffled(7, 100);
        assert_eq!(order, shuffled(7, 100));
        assert_ne!(order, shuffled(8, 100));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }
}
