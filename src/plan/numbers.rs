//! Numbers as people read them in messages.

/// `1240` as `1,240`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 device`, `1,240 devices`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number))
}

/// A length as the number that plans count in.
pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The number as a float: exact below 2⁵³, near above.
pub(super) fn float(number: u64) -> f64 {
    let high = u32::try_from(number >> 32).unwrap_or(u32::MAX);
    let low = u32::try_from(number & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// `2610` of `4020` as `64.9 %`; everything of nothing is `100 %`.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let share = if whole == 0 { 100.0 } else { float(part) * 100.0 / float(whole) };
    format!("{} %", trimmed(share))
}

/// A percentage with at most one decimal.
pub(super) fn trimmed(percent: f64) -> String {
    let text = format!("{percent:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let numbers = [0, 7, 999, 1000, 46_182, 2_147_483_647];
        let texts = ["0", "7", "999", "1,000", "46,182", "2,147,483,647"];
        assert_eq!(numbers.map(grouped), texts);
        assert_eq!((counted(1, "device"), counted(2, "device")).1, "2 devices");
        assert_eq!(counted(1, "device"), "1 device");
    }

    #[test]
    fn shares_have_at_most_one_decimal() {
        assert_eq!(percent(2610, 4020), "64.9 %");
        assert_eq!(percent(1, 10), "10 %");
        assert_eq!(percent(3, 0), "100 %");
        assert!((float(u64::MAX) - 18_446_744_073_709_551_615.0).abs() < 1.0);
    }
}
