//! What a read found, kept so that the next one asks only for what changed since.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::holdings::Holdings;
use super::{UserRecord, UserStatus};
use crate::license::{
    AdamId, Asset, ClientUserId, HolderSet, PricingParam, Renumbered, Roster, write_names,
    write_set,
};

/// A location is read whole at least so often, whatever its snapshot says.
pub(super) const FULL_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a read found, and the versions it is true of.
///
/// Its sets are true of some moment at or after those versions, so together with what was added
/// since they hold at least everybody who holds an asset now; Apple's counts then say whether they
/// hold anybody else.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub(super) uid: String,
    /// Which Apple said so: a sandbox may have the same library, and its versions mean nothing
    /// elsewhere.
    pub(super) endpoint: String,
    /// Version of the assignments.
    pub(super) assignments: String,
    /// Version of the users.
    pub(super) users: String,
    pub(super) people: BTreeMap<ClientUserId, UserRecord>,
    pub(super) found: Holdings,
    /// When everything was last read without the help of a snapshot.
    pub(super) full_at: Timestamp,
    /// Records on a full page, as far as was seen.
    pub(super) page_size: u64,
}

/// Bytes that are no snapshot this version reads. What is in them is not needed: the location is
/// read whole.
#[derive(Debug, thiserror::Error)]
#[error("what was kept of the last read cannot be used: {0}")]
pub struct SnapshotError(#[from] io::Error);

/// The form of the bytes; another one is not read.
const FORM: &[u8; 8] = b"vppsnap2";
/// The fastest: names of devices shrink to a fifth all the same.
const LEVEL: i32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    uid: String,
    endpoint: String,
    assignments: String,
    users: String,
    full_at: Timestamp,
    page_size: u64,
    people: Vec<(ClientUserId, UserStatus, Option<String>, Option<String>)>,
    /// For each set: the asset, and whether it is of retired people.
    sets: Vec<(AdamId, PricingParam, bool)>,
}

impl Snapshot {
    /// Whether it is recent enough to go on from. One from the future is not: clocks went wrong.
    pub(super) fn is_recent(&self, now: Timestamp) -> bool {
        self.full_at <= now && now.duration_since(self.full_at) < FULL_EVERY
    }

    /// The versions of the assignments and of the users.
    pub(super) fn versions(&self) -> (String, String) {
        (self.assignments.clone(), self.users.clone())
    }

    /// How many assignments it holds.
    pub(super) fn len(&self) -> u64 {
        self.found.len()
    }

    /// The snapshot as bytes, with the names of its holders.
    ///
    /// # Errors
    /// Only where the snapshot is of another roster.
    pub fn encode(&self, roster: &Roster) -> Result<Vec<u8>, SnapshotError> {
        let Self { uid, endpoint, assignments, users, people, found, full_at, page_size } = self;
        let sets: Vec<(&Asset, bool, &HolderSet)> =
            [(&found.active, false), (&found.retired, true)]
                .into_iter()
                .flat_map(|(sets, retired)| {
                    sets.iter().map(move |(asset, set)| (asset, retired, set))
                })
                .collect();
        let header = Header {
            uid: uid.clone(),
            endpoint: endpoint.clone(),
            assignments: assignments.clone(),
            users: users.clone(),
            full_at: *full_at,
            page_size: *page_size,
            people: people
                .iter()
                .map(|(id, UserRecord { status, email, invite_code })| {
                    (id.clone(), *status, email.clone(), invite_code.clone())
                })
                .collect(),
            sets: sets
                .iter()
                .map(|(asset, retired, _)| (asset.adam_id, asset.pricing_param, *retired))
                .collect(),
        };
        let mut all = HolderSet::new();
        for (_, _, set) in &sets {
            all |= set;
        }
        let mut out = zstd::stream::write::Encoder::new(FORM.to_vec(), LEVEL)?;
        out.include_checksum(true)?;
        let header = serde_json::to_vec(&header).map_err(io::Error::from)?;
        let length = u64::try_from(header.len()).unwrap_or(u64::MAX);
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&header)?;
        write_names(roster, &all, &mut out)?;
        for (_, _, set) in &sets {
            write_set(set, &mut out)?;
        }
        Ok(out.finish()?)
    }

    /// The snapshot again; its holders get numbers of this roster.
    ///
    /// # Errors
    /// [`SnapshotError`] where the bytes are damaged or of another version.
    pub fn decode(bytes: &[u8], roster: &mut Roster) -> Result<Self, SnapshotError> {
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        let packed = bytes.strip_prefix(FORM).ok_or_else(|| damaged("another version wrote it"))?;
        let unpacked = zstd::stream::read::Decoder::with_buffer(packed)?;
        let mut from = BufReader::with_capacity(1 << 16, unpacked);
        let mut length = [0; 8];
        from.read_exact(&mut length)?;
        let mut header = Vec::new();
        (&mut from).take(u64::from_le_bytes(length)).read_to_end(&mut header)?;
        let Header { uid, endpoint, assignments, users, full_at, page_size, people, sets } =
            serde_json::from_slice(&header).map_err(io::Error::from)?;
        drop(header);
        let numbers = Renumbered::read(roster, &mut from)?;
        let mut found = Holdings::default();
        for (adam_id, pricing_param, retired) in sets {
            let set = numbers.set(&mut from)?;
            let sets = if retired { &mut found.retired } else { &mut found.active };
            sets.insert(Asset { adam_id, pricing_param }, set);
        }
        // The checksum stands at the end.
        if from.read(&mut [0])? != 0 {
            return Err(damaged("it is longer than it should be").into());
        }
        let people = people.into_iter().map(|(id, status, email, invite_code)| {
            (id, UserRecord { status, email, invite_code })
        });
        let people = people.collect();
        Ok(Self { uid, endpoint, assignments, users, people, found, full_at, page_size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::HolderRef;

    fn snapshot(roster: &mut Roster) -> Snapshot {
        let mut set = |names: &[HolderRef<'_>]| -> HolderSet {
            names.iter().map(|name| roster.number(*name).unwrap()).collect()
        };
        let asset = |adam: u64| Asset {
            adam_id: adam.to_string().parse().unwrap(),
            pricing_param: PricingParam::Plus,
        };
        let ann = UserRecord {
            status: UserStatus::Registered,
            email: Some("ann@school.example".to_owned()),
            invite_code: None,
        };
        Snapshot {
            uid: "2049".to_owned(),
            endpoint: "https://vpp.itunes.apple.com/mdm/v2/".to_owned(),
            assignments: "v7".to_owned(),
            users: "u3".to_owned(),
            people: BTreeMap::from([(ClientUserId::new("ann").unwrap(), ann)]),
            found: Holdings {
                active: BTreeMap::from([
                    (asset(1), set(&[HolderRef::Device("A"), HolderRef::Device("B")])),
                    (asset(2), set(&[HolderRef::User("ann")])),
                ]),
                retired: BTreeMap::from([(asset(2), set(&[HolderRef::User("ben")]))]),
            },
            full_at: "2026-11-21T08:00:00Z".parse().unwrap(),
            page_size: 549,
        }
    }

    #[test]
    fn what_was_kept_comes_back() {
        let mut roster = Roster::new();
        let kept = snapshot(&mut roster);
        let bytes = kept.encode(&roster).unwrap();
        assert_eq!(Snapshot::decode(&bytes, &mut roster).unwrap(), kept);
        let mut other = Roster::new();
        for name in ["ben", "ann"] {
            other.number(HolderRef::User(name)).unwrap();
        }
        let read = Snapshot::decode(&bytes, &mut other).unwrap();
        assert_eq!(Snapshot::decode(&read.encode(&other).unwrap(), &mut roster).unwrap(), kept);
    }

    #[test]
    fn damaged_bytes_are_refused_or_say_the_same() {
        let mut roster = Roster::new();
        let kept = snapshot(&mut roster);
        let bytes = kept.encode(&roster).unwrap();
        assert!(Snapshot::decode(b"", &mut roster).is_err());
        for at in 0..bytes.len() {
            assert!(Snapshot::decode(&bytes[..at], &mut roster).is_err(), "cut at {at}");
            let mut bad = bytes.clone();
            bad[at] ^= 0x40;
            // A bit of the frame that nothing reads may differ.
            let read = Snapshot::decode(&bad, &mut roster);
            assert!(read.map_or(true, |read| read == kept), "byte {at}");
        }
    }

    #[test]
    fn it_serves_for_a_week_and_not_before_it_was_made() {
        let kept = snapshot(&mut Roster::new());
        let after = |hours: i64| kept.full_at + SignedDuration::from_hours(hours);
        assert!(kept.is_recent(after(0)) && kept.is_recent(after(167)));
        assert!(!kept.is_recent(after(168)) && !kept.is_recent(after(-1)));
    }
}
