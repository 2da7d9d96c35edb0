use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{ClientUserId, Holder, HolderRef, HolderSet, SerialNumber};

/// A holder's number in one [`Roster`]. It means nothing outside the run that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderId(pub(super) u32);

/// The roster has no number left: 2³² holders, or 4 GiB of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more holders than can be numbered in one run (4 GiB of serial numbers and user ids)")]
pub struct RosterFull;

/// Numbers every serial number and user id met in a run, once.
///
/// All names lie in one buffer; a holder costs its text, eight bytes and a slot in the table.
/// Serial numbers must come in trimmed and upper-cased ([`SerialNumber`] does that).
#[derive(Debug, Default)]
pub struct Roster {
    text: String,
    /// Where each holder's text ends in `text`.
    ends: Vec<u32>,
    users: HolderSet,
    /// Numbers by hash. The hash is kept: growing would work out a million of them again.
    table: HashTable<Slot>,
    hasher: DefaultHashBuilder,
}

/// Half a hash and the number of the holder it is of.
#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u32,
    id: u32,
}

impl Slot {
    fn new(hash: u64, id: u32) -> Self {
        Self { hash: u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default(), id }
    }

    /// The half spread over 64 bits: the table looks at the lowest and the highest.
    fn spread(self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl Roster {
    /// A roster without holders.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many holders have a number.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nobody has a number yet.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The holder's number, given now where it had none.
    ///
    /// # Errors
    /// [`RosterFull`] where the numbers or the name buffer run out.
    pub fn number(&mut self, holder: HolderRef<'_>) -> Result<HolderId, RosterFull> {
        if let Some(id) = self.find(holder) {
            return Ok(id);
        }
        let Self { text, ends, users, table, hasher } = self;
        let id = u32::try_from(ends.len()).map_err(|_| RosterFull)?;
        let end = u32::try_from(text.len() + holder.text().len()).map_err(|_| RosterFull)?;
        text.push_str(holder.text());
        ends.push(end);
        if matches!(holder, HolderRef::User(_)) {
            users.insert(HolderId(id));
        }
        let slot = Slot::new(hasher.hash_one(holder), id);
        table.insert_unique(slot.spread(), slot, |slot| slot.spread());
        Ok(HolderId(id))
    }

    /// The holder's number, if it has one.
    pub fn find(&self, holder: HolderRef<'_>) -> Option<HolderId> {
        let slot = Slot::new(self.hasher.hash_one(holder), 0);
        let same =
            |known: &Slot| known.hash == slot.hash && self.get(HolderId(known.id)) == Some(holder);
        self.table.find(slot.spread(), same).map(|known| HolderId(known.id))
    }

    /// Who has this number; `None` where it came from another roster.
    pub fn get(&self, id: HolderId) -> Option<HolderRef<'_>> {
        at(&self.text, &self.ends, &self.users, id)
    }

    /// Every user with a number.
    pub fn users(&self) -> &HolderSet {
        &self.users
    }

    /// The set's holders in the order people see: devices by serial number, then users by id.
    pub fn sorted<'a>(&'a self, set: &'a HolderSet) -> Vec<HolderRef<'a>> {
        let mut holders: Vec<_> = set.iter().filter_map(|id| self.get(id)).collect();
        holders.sort_unstable();
        holders
    }

    /// The holder with this number, owned.
    pub fn to_holder(&self, id: HolderId) -> Option<Holder> {
        match self.get(id)? {
            HolderRef::Device(text) => text.parse::<SerialNumber>().ok().map(Holder::Device),
            HolderRef::User(text) => ClientUserId::new(text).map(Holder::User),
        }
    }
}

fn at<'a>(text: &'a str, ends: &[u32], users: &HolderSet, id: HolderId) -> Option<HolderRef<'a>> {
    let index = usize::try_from(id.0).ok()?;
    let end = usize::try_from(*ends.get(index)?).ok()?;
    let start = match index.checked_sub(1) {
        Some(before) => usize::try_from(*ends.get(before)?).ok()?,
        None => 0,
    };
    let name = text.get(start..end)?;
    Some(if users.contains(id) { HolderRef::User(name) } else { HolderRef::Device(name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_keeps_its_number_and_a_user_is_not_a_device_of_the_same_name() {
        let mut roster = Roster::new();
        let device = roster.number(HolderRef::Device("A1")).unwrap();
        let user = roster.number(HolderRef::User("A1")).unwrap();
        assert_ne!(device, user);
        assert_eq!(roster.number(HolderRef::Device("A1")).unwrap(), device);
        assert_eq!(roster.find(HolderRef::User("A1")), Some(user));
        assert_eq!(roster.find(HolderRef::User("B1")), None);
        assert_eq!(roster.get(user), Some(HolderRef::User("A1")));
    }

    #[test]
    fn many_holders_stay_findable_as_the_table_grows() {
        let mut roster = Roster::new();
        let ids: Vec<_> = (0..10_000)
            .map(|n| roster.number(HolderRef::Device(&format!("S{n}"))).unwrap())
            .collect();
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(roster.find(HolderRef::Device(&format!("S{n}"))), Some(*id));
        }
    }

    #[test]
    fn people_see_devices_by_serial_then_users_by_id() {
        let mut roster = Roster::new();
        let set: HolderSet = [
            HolderRef::User("zoe"),
            HolderRef::Device("B"),
            HolderRef::User("adam"),
            HolderRef::Device("A"),
        ]
        .into_iter()
        .map(|holder| roster.number(holder).unwrap())
        .collect();
        let names: Vec<_> = roster.sorted(&set).into_iter().map(HolderRef::text).collect();
        assert_eq!(names, ["A", "B", "adam", "zoe"]);
    }
}
