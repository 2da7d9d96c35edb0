//! A bound from below: the rank of the pairs, read as a table of ones and noughts.
//!
//! A rectangle is a table of rank one. Rectangles that cover every pair once and nothing else add
//! up to the table, and the rank of a sum is no more than the ranks added up: so there are at least
//! as many rectangles as the table has rank (Graham and Pollak). The rank is taken over a prime
//! field, where it may only be smaller.

use super::graph::Graph;

/// A prime; numbers below it multiply within 128 bits.
const PRIME: u64 = (1 << 61) - 1;
/// More steps than this are not worth a better bound.
const MOST: usize = 1 << 28;

/// The rank; 0 where it would take too long to find.
pub(super) fn rank(graph: &Graph<'_>) -> usize {
    let (height, width) = (graph.rows.len(), graph.columns.len());
    if height.saturating_mul(height).saturating_mul(width) > MOST {
        return 0;
    }
    // Each with the column of its first number, which is one.
    let mut basis: Vec<(usize, Vec<u64>)> = vec![];
    for row in &graph.rows {
        let mut left = vec![0; width];
        row.columns.iter().for_each(|&column| left[column] = 1);
        for (pivot, other) in &basis {
            let factor = left[*pivot];
            if factor != 0 {
                left.iter_mut().zip(other).for_each(|(mine, theirs)| {
                    *mine = minus(*mine, times(factor, *theirs));
                });
            }
        }
        if let Some(pivot) = left.iter().position(|number| *number != 0) {
            let inverse = inverse(left[pivot]);
            for number in &mut left {
                *number = times(*number, inverse);
            }
            basis.push((pivot, left));
        }
    }
    basis.len()
}

fn minus(one: u64, other: u64) -> u64 {
    if one >= other { one - other } else { one + PRIME - other }
}

fn times(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other) % u128::from(PRIME);
    u64::try_from(product).unwrap_or_default()
}

/// By Fermat: raised to the prime less two.
fn inverse(number: u64) -> u64 {
    let (mut base, mut exponent, mut result) = (number, PRIME - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_times_its_inverse_is_one() {
        for number in [1, 2, 3, 1 << 60, PRIME - 1] {
            assert_eq!(times(number, inverse(number)), 1);
        }
        assert_eq!(minus(2, 3), PRIME - 1);
    }
}
