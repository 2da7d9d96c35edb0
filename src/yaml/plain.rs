//! What YAML makes of a scalar without quotes: the union of what 1.1 and 1.2 readers do, because
//! nobody knows which of them an editor, a linter or another tool brings.

/// What some YAML reader takes an unquoted scalar for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Text, for every reader.
    Text,
    /// Nothing: empty, `~`, `null`.
    Null,
    /// `true`, `no`, `on`, `y`.
    Boolean,
    /// A whole number in plain decimal digits that every reader writes back the same.
    Integer,
    /// A number that would not come back as it was written: `0123`, `1E10`, `0x1F`, `1_000`, `12:30`.
    Number,
    /// `2026-12-20`, with or without a time.
    Time,
    /// `<<` and `=`, which YAML 1.1 keeps for itself.
    Reserved,
}

/// What some YAML reader takes an unquoted scalar for.
pub fn meaning(text: &str) -> Meaning {
    let Some(first) = text.bytes().next() else { return Meaning::Null };
    // Almost every scalar starts with a letter that begins none of these.
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => word(text),
        b'<' | b'=' => {
            if matches!(text, "<<" | "=") {
                Meaning::Reserved
            } else {
                Meaning::Text
            }
        }
        b'0'..=b'9' | b'+' | b'-' | b'.' => number_or_time(text),
        _ => Meaning::Text,
    }
}

fn word(text: &str) -> Meaning {
    let plain_case = |lower: &str| {
        text == lower
            || text == lower.to_ascii_uppercase()
            || (text.eq_ignore_ascii_case(lower)
                && text.starts_with(|c: char| c.is_ascii_uppercase())
                && text.chars().skip(1).all(|c| c.is_ascii_lowercase()))
    };
    if text.len() > 5 {
        Meaning::Text
    } else if text == "~" || plain_case("null") {
        Meaning::Null
    } else if ["true", "false", "yes", "no", "on", "off", "y", "n"].into_iter().any(plain_case) {
        Meaning::Boolean
    } else {
        Meaning::Text
    }
}

fn number_or_time(text: &str) -> Meaning {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(text) {
        // Beyond 64 bits readers fall back to floats.
        let kept = (text == "0" || !text.starts_with('0')) && text.parse::<i64>().is_ok();
        return if kept { Meaning::Integer } else { Meaning::Number };
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if radix(unsigned) || float(unsigned) || sexagesimal(unsigned) || grouped(unsigned) {
        Meaning::Number
    } else if time(text) {
        Meaning::Time
    } else {
        Meaning::Text
    }
}

fn all(text: &str, holds: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(holds)
}

fn radix(text: &str) -> bool {
    let of = |prefix: &str, holds: fn(u8) -> bool| {
        text.strip_prefix(prefix).is_some_and(|rest| all(rest, |b| b == b'_' || holds(b)))
    };
    of("0x", |b| b.is_ascii_hexdigit())
        || of("0o", |b| matches!(b, b'0'..=b'7'))
        || of("0b", |b| matches!(b, b'0' | b'1'))
}

/// `1.5`, `.5`, `5.`, `1E10`, `1_0.5`, `.inf`, `.NaN`.
fn float(text: &str) -> bool {
    if matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b == b'_' || b.is_ascii_digit());
    let some_digit = |part: &str| part.bytes().any(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && (some_digit(whole) || some_digit(fraction))
        && !whole.starts_with('_')
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            all(exponent, |b| b.is_ascii_digit())
        })
}

/// `12:30`, `1:30:00`, `190:20:30.15`, `0:0.5`: numbers to base 60 in YAML 1.1.
fn sexagesimal(text: &str) -> bool {
    let (text, fraction) = match text.split_once('.') {
        Some((text, fraction)) => (text, Some(fraction)),
        None => (text, None),
    };
    // `08:30` is text: only what has a fraction may begin with a zero.
    if fraction.is_none() && text.starts_with('0') {
        return false;
    }
    let mut parts = text.split(':');
    let head = parts.next().unwrap_or_default();
    let mut tail = 0_usize;
    for part in parts {
        tail += 1;
        let below_sixty = match part.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => matches!(ten, b'0'..=b'5') && one.is_ascii_digit(),
            _ => false,
        };
        if !below_sixty {
            return false;
        }
    }
    tail > 0
        && head.starts_with(|c: char| c.is_ascii_digit())
        && all(head, |b| b == b'_' || b.is_ascii_digit())
        && fraction.unwrap_or_default().bytes().all(|b| b == b'_' || b.is_ascii_digit())
}

/// `1_000`, and `+5`, `-0`: whole numbers that do not come back as written.
fn grouped(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && all(text, |b| b == b'_' || b.is_ascii_digit())
}

/// `2026-12-20`, `2026-1-2 8:00:00 +1`, `2026-12-20T08:00:00.5Z`.
fn time(text: &str) -> bool {
    let (date, rest) = match text.find(['T', 't', ' ', '\t']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut parts = date.split('-');
    let mut part = |lengths: std::ops::RangeInclusive<usize>| {
        parts.next().is_some_and(|part| {
            lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let is_date = part(4..=4) && part(1..=2) && part(1..=2) && parts.next().is_none();
    let clock = rest.trim_start_matches(['T', 't', ' ', '\t']);
    is_date
        && (rest.is_empty()
            || (clock.contains(':')
                && clock.bytes().all(|b| b.is_ascii_digit() || b":.+-Zz \t".contains(&b))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_of_an_unquoted_scalar_is_known() {
        let table = [
            (Meaning::Null, "~ null Null NULL"),
            (Meaning::Boolean, "true False YES no On OFF y N Y n yes"),
            (Meaning::Integer, "0 1 123456789012 360593530 9223372036854775807"),
            (
                Meaning::Number,
                "012345678901 0777 1E10 1e+10 123456E12345 0x1F 0o17 0b101 1_000 12:30 1:30:00 .5 5. \
                 1.5 .inf -.INF .NaN +5 -5 -0 00 99999999999999999999 1__0 190:20:30.15 0:0.5",
            ),
            (Meaning::Time, "2026-12-20 2026-12-20T08:00 2026-1-2T8:00:00Z"),
            (Meaning::Reserved, "<< ="),
            (
                Meaning::Text,
                "DMPXK1A2HJ0M nope yess truE nULL oN 1F 12E 1E10X 0xZZ 0b2 10% 60s . - + -- 12:60 12:345 \
                 1.2.3 2026-12 2026-12-20T x E10 e5 _1 ... com.example 24h year-7 None nil 1:2:3a 08:30 0:0 +_:0 _:1 F9FXN20ZJF8J",
            ),
        ];
        for (expected, words) in table {
            for word in words.split_whitespace() {
                assert_eq!(meaning(word), expected, "{word}");
            }
        }
        assert_eq!(meaning(""), Meaning::Null);
        assert_eq!(meaning("2026-12-20 08:00:00"), Meaning::Time);
        assert_eq!(meaning("Northfield IT"), Meaning::Text);
        assert_eq!(meaning("2026-12-20 is the day"), Meaning::Text);
    }
}
