//! What an apply left, as bytes: kept between runs, with the names of its holders.

use std::io::{self, BufReader, Read, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LastApplied;
use crate::license::{
    AdamId, Asset, HolderSet, PricingParam, Renumbered, Roster, write_names, write_set,
};

/// The form of the bytes; another one is not read.
const FORM: &[u8; 8] = b"vpplast1";
/// The fastest: names of devices shrink to a fifth all the same.
const LEVEL: i32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    run: String,
    at: Timestamp,
    assets: Vec<(AdamId, PricingParam)>,
}

impl LastApplied {
    /// As bytes.
    ///
    /// # Errors
    /// Only where its sets are of another roster.
    pub fn encode(&self, roster: &Roster) -> io::Result<Vec<u8>> {
        let Self { run, at, held } = self;
        let assets = held.keys().map(|asset| (asset.adam_id, asset.pricing_param)).collect();
        let header = serde_json::to_vec(&Header { run: run.clone(), at: *at, assets })?;
        let mut all = HolderSet::new();
        for holders in held.values() {
            all |= holders;
        }
        let mut out = zstd::stream::write::Encoder::new(FORM.to_vec(), LEVEL)?;
        out.include_checksum(true)?;
        out.write_all(&u64::try_from(header.len()).unwrap_or(u64::MAX).to_le_bytes())?;
        out.write_all(&header)?;
        write_names(roster, &all, &mut out)?;
        for holders in held.values() {
            write_set(holders, &mut out)?;
        }
        out.finish()
    }

    /// Read again; its holders get numbers of this roster.
    ///
    /// # Errors
    /// Where the bytes are damaged or of another version: then nothing is known of the last apply.
    pub fn decode(bytes: &[u8], roster: &mut Roster) -> io::Result<Self> {
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        let packed = bytes.strip_prefix(FORM).ok_or_else(|| damaged("another version wrote it"))?;
        let unpacked = zstd::stream::read::Decoder::with_buffer(packed)?;
        let mut from = BufReader::with_capacity(1 << 16, unpacked);
        let mut length = [0; 8];
        from.read_exact(&mut length)?;
        let mut header = Vec::new();
        (&mut from).take(u64::from_le_bytes(length)).read_to_end(&mut header)?;
        let Header { run, at, assets } = serde_json::from_slice(&header)?;
        let numbers = Renumbered::read(roster, &mut from)?;
        let held = assets
            .into_iter()
            .map(|(adam_id, pricing_param)| {
                Ok((Asset { adam_id, pricing_param }, numbers.set(&mut from)?))
            })
            .collect::<io::Result<_>>()?;
        // The checksum stands at the end.
        if from.read(&mut [0])? != 0 {
            return Err(damaged("it is longer than it should be"));
        }
        Ok(Self { run, at, held })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::HolderRef;

    fn left(roster: &mut Roster) -> LastApplied {
        let holders = [HolderRef::Device("A"), HolderRef::User("ann")];
        let set: HolderSet =
            holders.map(|holder| roster.number(holder).unwrap()).into_iter().collect();
        let asset = |adam: u64| Asset {
            adam_id: adam.to_string().parse().unwrap(),
            pricing_param: PricingParam::default(),
        };
        LastApplied {
            run: "run-1".to_owned(),
            at: "2026-11-20T02:00:00Z".parse().unwrap(),
            held: [(asset(1), set), (asset(2), HolderSet::new())].into(),
        }
    }

    #[test]
    fn what_was_kept_comes_back_whatever_the_numbers_are_by_then() {
        let mut roster = Roster::new();
        let kept = left(&mut roster);
        let bytes = kept.encode(&roster).unwrap();
        assert_eq!(LastApplied::decode(&bytes, &mut roster).unwrap(), kept);
        let mut other = Roster::new();
        other.number(HolderRef::User("zoe")).unwrap();
        let again = LastApplied::decode(&bytes, &mut other).unwrap();
        assert_eq!(LastApplied::decode(&again.encode(&other).unwrap(), &mut roster).unwrap(), kept);
    }

    #[test]
    fn damaged_bytes_are_refused_or_say_the_same() {
        let mut roster = Roster::new();
        let kept = left(&mut roster);
        let bytes = kept.encode(&roster).unwrap();
        for at in 0..bytes.len() {
            assert!(LastApplied::decode(&bytes[..at], &mut roster).is_err(), "cut at {at}");
            let mut bad = bytes.clone();
            bad[at] ^= 0x40;
            // A bit of the frame that nothing reads may differ.
            let same = |read: std::io::Result<LastApplied>| read.map_or(true, |read| read == kept);
            assert!(same(LastApplied::decode(&bad, &mut roster)), "byte {at}");
        }
    }
}
