//! Sets of holders as bytes. Numbers mean nothing outside the run that gave them, so the names go
//! along and are numbered anew when they come back.

use std::io::{self, BufRead, Read, Write};

use hashbrown::HashMap;
use roaring::RoaringBitmap;

use super::{HolderId, HolderRef, HolderSet, Roster};

/// Writes who these holders are; [`Renumbered::read`] reads it.
///
/// # Errors
/// Where `out` fails.
pub fn write_names(roster: &Roster, holders: &HolderSet, out: &mut impl Write) -> io::Result<()> {
    write_set(holders, out)?;
    write_set(&(roster.users() & holders), out)?;
    for id in holders.iter() {
        let name = roster.get(id).ok_or_else(|| damaged("a holder without a name"))?.text();
        let length = u32::try_from(name.len()).map_err(|_| damaged("a name is too long"))?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(name.as_bytes())?;
    }
    Ok(())
}

/// Writes a set, by the numbers of its roster.
///
/// # Errors
/// Where `out` fails.
pub fn write_set(holders: &HolderSet, out: &mut impl Write) -> io::Result<()> {
    holders.0.serialize_into(out)
}

/// What became of the numbers that sets were written with.
#[derive(Debug)]
pub struct Renumbered {
    known: RoaringBitmap,
    /// `None` where every holder has the number it had: then sets are taken as they are.
    new: Option<HashMap<u32, u32>>,
}

impl Renumbered {
    /// Reads names and numbers them in a roster.
    ///
    /// # Errors
    /// Where `from` fails or does not hold what [`write_names`] wrote, and where the roster is full.
    pub fn read(roster: &mut Roster, from: &mut impl BufRead) -> io::Result<Self> {
        let known = RoaringBitmap::deserialize_from(&mut *from)?;
        let users = RoaringBitmap::deserialize_from(&mut *from)?;
        let mut new: Option<HashMap<u32, u32>> = None;
        let (mut long, mut last) = (Vec::new(), None);
        for (place, old) in known.iter().enumerate() {
            let user = users.contains(old);
            let buffer = from.fill_buf()?;
            let length = buffer.first_chunk().map(|length| u32::from_le_bytes(*length));
            let end = length.and_then(|length| usize::try_from(length).ok()?.checked_add(4));
            let here = end.and_then(|end| Some((end, buffer.get(4..end)?)));
            let HolderId(id) = if let Some((end, name)) = here {
                let id = number(roster, last, user, name)?;
                from.consume(end);
                id
            } else {
                // It lies across the end of what is buffered.
                let mut length = [0; 4];
                from.read_exact(&mut length)?;
                long.clear();
                from.take(u32::from_le_bytes(length).into()).read_to_end(&mut long)?;
                number(roster, last, user, &long)?
            };
            last = Some(HolderId(id));
            match &mut new {
                Some(new) => {
                    new.insert(old, id);
                }
                None if id == old => {}
                None => {
                    let same = known.iter().take(place).map(|old| (old, old));
                    new = Some(same.chain([(old, id)]).collect());
                }
            }
        }
        Ok(Self { known, new })
    }

    /// Reads a set.
    ///
    /// # Errors
    /// Where `from` fails, or the set has a holder without a name.
    pub fn set(&self, from: &mut impl Read) -> io::Result<HolderSet> {
        let set = RoaringBitmap::deserialize_from(from)?;
        if !set.is_subset(&self.known) {
            return Err(damaged("a holder without a name"));
        }
        let Some(new) = &self.new else { return Ok(HolderSet(set)) };
        let mut numbers: Vec<u32> = set.iter().filter_map(|old| new.get(&old).copied()).collect();
        numbers.sort_unstable();
        Ok(HolderSet(numbers.into_iter().collect()))
    }
}

fn number(
    roster: &mut Roster,
    last: Option<HolderId>,
    user: bool,
    name: &[u8],
) -> io::Result<HolderId> {
    let text = std::str::from_utf8(name).map_err(|_| damaged("a name is no text"))?;
    let holder = if user { HolderRef::User(text) } else { HolderRef::Device(text) };
    roster.number_after(last, holder).map_err(io::Error::other)
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(roster: &Roster, set: &HolderSet) -> Vec<String> {
        roster.sorted(set).into_iter().map(|holder| format!("{holder:?}")).collect()
    }

    #[test]
    fn sets_come_back_whatever_the_numbers_are_by_then() {
        let mut before = Roster::new();
        before.number(HolderRef::Device("NOBODY")).unwrap();
        let ids: Vec<HolderId> =
            [HolderRef::Device("A"), HolderRef::User("A"), HolderRef::Device("B")]
                .into_iter()
                .map(|holder| before.number(holder).unwrap())
                .collect();
        let all: HolderSet = ids.iter().copied().collect();
        let some: HolderSet = ids[1..].iter().copied().collect();
        let mut bytes = vec![];
        write_names(&before, &all, &mut bytes).unwrap();
        write_set(&some, &mut bytes).unwrap();

        let mut reversed = Roster::new();
        for holder in [HolderRef::Device("B"), HolderRef::User("A"), HolderRef::Device("Z")] {
            reversed.number(holder).unwrap();
        }
        for mut after in [Roster::new(), reversed, before] {
            let mut from = bytes.as_slice();
            let numbers = Renumbered::read(&mut after, &mut from).unwrap();
            let set = numbers.set(&mut from).unwrap();
            assert_eq!(named(&after, &set), [r#"Device("B")"#, r#"User("A")"#]);
            assert!(from.is_empty());
        }
    }

    #[test]
    fn holders_that_kept_their_numbers_cost_no_map() {
        let mut roster = Roster::new();
        let set: HolderSet = ["A", "B"]
            .map(|serial| roster.number(HolderRef::Device(serial)).unwrap())
            .into_iter()
            .collect();
        let mut bytes = vec![];
        write_names(&roster, &set, &mut bytes).unwrap();
        assert!(Renumbered::read(&mut roster, &mut bytes.as_slice()).unwrap().new.is_none());
        let mut empty = Roster::new();
        assert!(Renumbered::read(&mut empty, &mut bytes.as_slice()).unwrap().new.is_none());
    }

    #[test]
    fn a_set_of_somebody_unnamed_is_refused() {
        let mut roster = Roster::new();
        let named: HolderSet =
            [roster.number(HolderRef::Device("A")).unwrap()].into_iter().collect();
        let other: HolderSet =
            [roster.number(HolderRef::Device("B")).unwrap()].into_iter().collect();
        let mut bytes = vec![];
        write_names(&roster, &named, &mut bytes).unwrap();
        write_set(&other, &mut bytes).unwrap();
        let mut from = bytes.as_slice();
        let numbers = Renumbered::read(&mut roster, &mut from).unwrap();
        assert!(numbers.set(&mut from).is_err());
        assert!(Renumbered::read(&mut roster, &mut &bytes[..bytes.len() / 3]).is_err());
    }
}
