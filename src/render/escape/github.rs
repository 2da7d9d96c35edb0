use super::terminal;

/// A text as the message of a GitHub workflow command (`::error::…`). Line breaks stay line
/// breaks; everything else that is hidden becomes visible.
pub fn github_message(text: &str) -> String {
    text.split('\n')
        .map(|line| terminal(line.strip_suffix('\r').unwrap_or(line)).replace('%', "%25"))
        .collect::<Vec<_>>()
        .join("%0A")
}

/// A text as the value of a property of a GitHub workflow command (`file=…`, `title=…`).
pub fn github_property(text: &str) -> String {
    terminal(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_start_another_command() {
        assert_eq!(github_message("100%\n::stop-commands::x"), "100%25%0A::stop-commands::x");
        assert_eq!(github_message("a\r\nb\rc\x1b[0m"), "a%0Ab\\rc\\u{1b}[0m");
        assert_eq!(github_message("%0A::error::x"), "%250A::error::x");
    }

    #[test]
    fn a_property_cannot_start_another_one() {
        assert_eq!(github_property("a,line=3::x\n"), "a%2Cline=3%3A%3Ax\\n");
    }
}
