//! Fingerprints as people compare them.

/// `vpp1:9f2c-41d0-77ab`: the scheme and the first twelve digits.
pub(super) fn short(fingerprint: &str) -> String {
    let (scheme, hash) = fingerprint.split_once(':').unwrap_or(("", fingerprint));
    let digits: Vec<char> = hash.chars().take(12).collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    let short = groups.join("-");
    if scheme.is_empty() { short } else { format!("{scheme}:{short}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_in_groups_of_four() {
        assert_eq!(short("vpp1:9f2c41d077ab0000"), "vpp1:9f2c-41d0-77ab");
        assert_eq!(short("9f2c41"), "9f2c-41");
        assert_eq!(short(""), "");
    }
}
