//! Numbers as people read them.

/// `46182` as `46,182`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A length as a number to print: no length is beyond 64 bits.
pub fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The sum, or as near as 64 bits come: a plan file can hold any number.
pub fn sum(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, u64::saturating_add)
}

/// `1 app`, `2 apps`: the number grouped, with the word in the right form.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// The share of a part as `64.9 %`, never rounded to all or nothing; `-` of nothing.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    let permille = (u128::from(part) * 2000 / u128::from(whole)).div_ceil(2);
    match (part, permille) {
        (0, _) => "0 %".to_owned(),
        (_, 0) => "<0.1 %".to_owned(),
        (_, 1000..) if part < whole => ">99.9 %".to_owned(),
        _ => format!("{}.{} %", permille / 10, permille % 10),
    }
}

/// A time something took: `12 s`, `7 min 31 s`, `2 h 5 min`.
pub fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {seconds} s"),
        (hours, minutes) => format!("{} h {minutes} min", grouped(hours)),
    }
}

/// About so many seconds, in the unit that fits: `40 s`, `6 min`, `2 h`.
pub fn seconds(seconds: u64) -> String {
    match seconds {
        0..90 => format!("{seconds} s"),
        90..5400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", grouped(seconds.div_ceil(3600))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(counted(1, "app", "apps"), "1 app");
        assert_eq!(counted(0, "app", "apps"), "0 apps");
    }

    #[test]
    fn shares_never_claim_all_or_nothing_falsely() {
        assert_eq!(share(2610, 4020), "64.9 %");
        assert_eq!(share(118, 2950), "4.0 %");
        assert_eq!(share(310, 310), "100 %");
        assert_eq!(share(1, 1_000_000), "<0.1 %");
        assert_eq!(share(999_999, 1_000_000), ">99.9 %");
        assert_eq!(share(0, 5), "0 %");
        assert_eq!(share(0, 0), "-");
        assert_eq!(share(u64::MAX - 1, u64::MAX), ">99.9 %");
    }

    #[test]
    fn time_is_told_in_the_unit_that_fits() {
        assert_eq!(seconds(4), "4 s");
        assert_eq!(seconds(95), "2 min");
        assert_eq!(seconds(7200), "2 h");
        assert_eq!(duration(12), "12 s");
        assert_eq!(duration(451), "7 min 31 s");
        assert_eq!(duration(7512), "2 h 5 min");
    }
}
