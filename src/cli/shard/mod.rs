//! `--shard I/N`: several runs side by side, each with its own part of the locations.
//!
//! Every run works the assignment out by itself, from the manifests alone, so the runs need not
//! talk to each other. Locations that one app or book lists are decided over together: they are a
//! *tie*, and a tie goes to one shard as a whole, chosen by rendezvous hashing of its smallest uId.
//! Names, files and order do not matter, another location elsewhere moves nothing, and another
//! number of shards moves as little as can be.
//!
//! No two shards write one library: manifests that pin one uId twice are refused before, and a
//! token that opens another library than the pinned one closes its location.

#[cfg(test)]
mod tests;
mod ties;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::failure::Failure;
use crate::manifest::Manifests;
use ties::Ties;

/// Which part of the locations: `index` of `of`, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    index: u32,
    of: NonZeroU32,
}

/// As many indexes as Kubernetes gives one Job.
const MOST: u32 = 100_000;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse::<u32>().ok() } else { None }
        };
        let (index, of) = text
            .split_once('/')
            .and_then(|(index, of)| Some((number(index)?, number(of)?)))
            .ok_or("expected I/N, for example 0/4 for the first of four")?;
        let of = NonZeroU32::new(of)
            .filter(|of| of.get() <= MOST)
            .ok_or_else(|| format!("there are 1 to {MOST} shards, not {of}"))?;
        if index >= of.get() {
            return Err(format!(
                "shards count from 0: the last of {of} is {}/{of}",
                of.get().saturating_sub(1)
            ));
        }
        Ok(Self { index, of })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl Shard {
    /// Names of this shard's locations, in the order of the manifests.
    ///
    /// # Errors
    /// Where a location is not pinned: its token could open a library that another shard writes.
    pub(super) fn locations(self, manifests: &Manifests) -> Result<Vec<String>, Failure> {
        let whole = self.of == NonZeroU32::MIN;
        if let Some(unpinned) =
            manifests.locations.iter().find(|location| location.uid.is_none() && !whole)
        {
            let span = unpinned.name.span;
            return Err(Failure::usage(format!(
                "{}:{}: location `{}` has no `uid`, so nobody can tell that two shards do not \
                 write the same library\nhint: run `vpp status`, which shows the uId, and add it \
                 to the Location as `uid:`",
                manifests.sources.path(span),
                span.line,
                unpinned.name.value
            )));
        }
        let mine = Ties::of(manifests).into_iter().filter(|tie| whole || self.holds(tie.key));
        let mut members: Vec<usize> = mine.flat_map(|tie| tie.members).collect();
        members.sort_unstable();
        let locations = members.into_iter().filter_map(|index| manifests.locations.get(index));
        Ok(locations.map(|location| location.name.value.clone()).collect())
    }

    /// Refuses a policy that one shard cannot judge: a group's limit counts over all locations.
    ///
    /// # Errors
    /// Where there is such a limit and more than one shard.
    pub(super) fn judges(self, manifests: &Manifests) -> Result<(), Failure> {
        if self.of == NonZeroU32::MIN {
            return Ok(());
        }
        let limits = manifests.policies.iter().filter_map(|policy| policy.limits.group.as_ref());
        let mut spans = limits.filter_map(|limit| {
            limit.reclaim.as_ref().or(limit.assign.as_ref()).map(|share| share.span)
        });
        spans.next().map_or(Ok(()), |span| {
            Err(Failure::usage(format!(
                "{}:{}: how much one group may move is counted over all locations, and a shard \
                 sees only its own\nhint: run without --shard, or limit apps and locations instead",
                manifests.sources.path(span),
                span.line
            )))
        })
    }

    /// Whether a tie with this key is this shard's: of all shards it draws the highest number.
    fn holds(self, key: &str) -> bool {
        let seed =
            Sha256::digest(key).iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        let drawn = |index: u32| (mixed(seed ^ mixed(u64::from(index))), index);
        (0..self.of.get()).map(drawn).max() == Some(drawn(self.index))
    }
}

/// Every bit of the number moves every bit of the result (the finalizer of SplitMix64).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
