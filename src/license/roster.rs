use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{ClientUserId, Holder, HolderRef, HolderSet, SerialNumber};

/// A holder's number in one [`Roster`]. It means nothing outside the run that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderId(pub(super) u32);

impl HolderId {
    /// The number as the place in a list with one entry for each of [`Roster::len`] holders.
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

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
        let hash = self.hasher.hash_one(holder);
        if let Some(id) = self.find_hashed(hash, holder) {
            return Ok(id);
        }
        let Self { text, ends, users, table, hasher: _ } = self;
        let id = u32::try_from(ends.len()).map_err(|_| RosterFull)?;
        let end = u32::try_from(text.len() + holder.text().len()).map_err(|_| RosterFull)?;
        text.push_str(holder.text());
        ends.push(end);
        if matches!(holder, HolderRef::User(_)) {
            users.insert(HolderId(id));
        }
        let slot = Slot::new(hash, id);
        table.insert_unique(slot.spread(), slot, |slot| slot.spread());
        Ok(HolderId(id))
    }

    /// The same, looking first at the holder numbered after `before`: lists tend to come in one
    /// order, and what lies beside is found without a search.
    ///
    /// # Errors
    /// As [`Self::number`].
    pub fn number_after(
        &mut self,
        before: Option<HolderId>,
        holder: HolderRef<'_>,
    ) -> Result<HolderId, RosterFull> {
        let next = before.and_then(|HolderId(before)| before.checked_add(1)).map(HolderId);
        match next {
            Some(next) if self.get(next) == Some(holder) => Ok(next),
            Some(_) | None => self.number(holder),
        }
    }

    /// The holder's number, if it has one.
    pub fn find(&self, holder: HolderRef<'_>) -> Option<HolderId> {
        self.find_hashed(self.hasher.hash_one(holder), holder)
    }

    fn find_hashed(&self, hash: u64, holder: HolderRef<'_>) -> Option<HolderId> {
        let slot = Slot::new(hash, 0);
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

    /// The set's holders in the same order, by number.
    pub fn in_order(&self, set: &HolderSet) -> Vec<HolderId> {
        let mut all = room(set);
        for part in [set - &self.users, set & &self.users] {
            let texts = || part.iter().filter_map(|id| Some((id, self.get(id)?.text().as_bytes())));
            let mut names = texts();
            let first = names.next().map_or(&b""[..], |(_, text)| text);
            let shared = names.fold(first.len(), |length, (_, text)| {
                first.iter().zip(text).take(length).take_while(|(a, b)| a == b).count()
            });
            // The first bytes that can differ decide nearly always, and lie beside the number: then no
            // text is looked up.
            let mut keyed: Vec<(u64, HolderId)> = room(&part);
            keyed.extend(
                texts().map(|(id, text)| (begin(text.get(shared..).unwrap_or_default()), id)),
            );
            keyed.sort_unstable_by(|a, b| {
                a.0.cmp(&b.0).then_with(|| self.get(a.1).cmp(&self.get(b.1)))
            });
            all.extend(keyed.into_iter().map(|(_, id)| id));
        }
        all
    }

    /// The holder with this number, owned.
    pub fn to_holder(&self, id: HolderId) -> Option<Holder> {
        match self.get(id)? {
            HolderRef::Device(text) => text.parse::<SerialNumber>().ok().map(Holder::Device),
            HolderRef::User(text) => ClientUserId::new(text).map(Holder::User),
        }
    }
}

/// Room for one entry for each holder, and not one more: there may be millions.
fn room<T>(set: &HolderSet) -> Vec<T> {
    Vec::with_capacity(usize::try_from(set.len()).unwrap_or_default())
}

/// The first eight bytes as a number of the same order.
fn begin(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
    u64::from_be_bytes(first)
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
    fn a_guess_from_the_one_before_changes_no_number() {
        let mut roster = Roster::new();
        let [a, b] = ["A", "B"].map(|serial| roster.number(HolderRef::Device(serial)).unwrap());
        let mut after = |before, holder| roster.number_after(before, holder).unwrap();
        assert_eq!(after(Some(a), HolderRef::Device("B")), b);
        assert_eq!(after(Some(b), HolderRef::Device("A")), a);
        assert_eq!(after(None, HolderRef::Device("B")), b);
        let user = after(Some(a), HolderRef::User("B"));
        assert!(user != a && user != b);
        assert_eq!(after(Some(b), HolderRef::User("B")), user);
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
    fn numbers_in_order_are_the_numbers_of_holders_in_order() {
        let mut roster = Roster::new();
        let texts = ["B", "A", "", "A\0", "AAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAA", "é"];
        let set: HolderSet = texts
            .iter()
            .flat_map(|text| [HolderRef::User(text), HolderRef::Device(text)])
            .map(|holder| roster.number(holder).unwrap())
            .collect();
        let ordered = roster.in_order(&set);
        let ordered: Vec<_> = ordered.into_iter().map(|id| roster.get(id).unwrap()).collect();
        assert_eq!(ordered, roster.sorted(&set));
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
