/// A set of small numbers, sized once.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    pub(super) fn of(size: usize, numbers: impl IntoIterator<Item = usize>) -> Self {
        let mut bits = Self::new(size);
        numbers.into_iter().for_each(|number| bits.0[number / 64] |= 1 << (number % 64));
        bits
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(mine, theirs)| mine & !theirs == 0)
    }

    pub(super) fn subtract(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine &= !theirs);
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| usize::try_from(word.count_ones()).unwrap_or(0)).sum()
    }

    /// Words a pass over the set touches: what the search counts its work in.
    pub(super) fn words(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(place, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = usize::try_from(rest.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
                rest &= rest - 1;
                Some(place * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn what_goes_in_comes_out_ascending() {
        let bits = Bits::of(200, [199, 0, 63, 64, 65]);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 65, 199]);
        let mut fewer = bits.clone();
        fewer.subtract(&Bits::of(200, [0, 64]));
        assert!(fewer.is_subset(&bits) && !bits.is_subset(&fewer));
        fewer.subtract(&bits);
        assert!(fewer.is_empty());
    }
}
