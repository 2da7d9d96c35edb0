//! Texts from outside in messages: hostile data, so bounded and without control characters.

/// How many characters of a value a message repeats.
const LONGEST: usize = 60;

/// How many examples a message gives.
pub(crate) const MOST_EXAMPLES: usize = 5;

/// A value from outside as a message may repeat it: in backticks, cut, nothing invisible in it.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::from("`");
    for (place, character) in text.chars().enumerate() {
        if place == LONGEST {
            out.push('…');
            break;
        }
        match character {
            '"' | '\'' | '\\' => out.push(character),
            '`' => out.push('\''),
            _ => out.extend(character.escape_debug()),
        }
    }
    out.push('`');
    out
}

/// A name that starts a message (a path, a command): without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

/// A few examples of many, and how many there are beyond them.
pub(crate) fn examples(items: &[String], all: u64) -> String {
    let given = items.iter().take(MOST_EXAMPLES).map(String::as_str).collect::<Vec<_>>();
    let rest = all.saturating_sub(u64::try_from(given.len()).unwrap_or(u64::MAX));
    if rest == 0 { given.join(", ") } else { format!("{}, and {rest} more", given.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_invisible_reaches_a_message() {
        assert_eq!(shown("plain é \"x\""), "`plain é \"x\"`");
        assert_eq!(shown("a\u{1b}[31m\u{202e}`"), "`a\\u{1b}[31m\\u{202e}'`");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), LONGEST + 3);
    }

    #[test]
    fn examples_say_how_many_more_there_are() {
        let items: Vec<String> = (0..9).map(|n| n.to_string()).collect();
        assert_eq!(examples(&items, 9), "0, 1, 2, 3, 4, and 4 more");
        assert_eq!(examples(&items[..2], 2), "0, 1");
    }
}
