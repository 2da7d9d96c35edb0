//! A few holders as examples, the same ones from run to run.

/// How many holders are named as examples.
const MOST: usize = 3;

/// The holders with the lowest hashes, ascending, at most three: whoever else comes or goes,
/// most of them stay, and their order says nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Examples<'a>(Vec<(u64, &'a str)>);

impl<'a> Examples<'a> {
    pub(super) fn offer(&mut self, holder: &'a str) {
        let item = (hash(holder), holder);
        let at = self.0.partition_point(|kept| *kept < item);
        if at < MOST && self.0.get(at) != Some(&item) {
            self.0.insert(at, item);
            self.0.truncate(MOST);
        }
    }

    pub(super) fn names(&self) -> Vec<&'a str> {
        self.0.iter().map(|(_, holder)| *holder).collect()
    }
}

/// FNV-1a: the same everywhere and for ever, which the standard library does not promise.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn nobody_is_an_example_twice() {
        let mut examples = Examples::default();
        for name in ["b", "a", "b", "a", "c", "b", "c"] {
            examples.offer(name);
        }
        let mut names = examples.names();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn the_order_of_offers_does_not_matter() {
        let names: Vec<String> = (0..50).map(|n| format!("C02X{n:04}")).collect();
        let (mut one, mut other) = (Examples::default(), Examples::default());
        for name in &names {
            one.offer(name);
        }
        for name in names.iter().rev() {
            other.offer(name);
        }
        assert_eq!(one.names(), other.names());
        assert_eq!(one.names().len(), 3);
    }
}
