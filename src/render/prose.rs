//! Messages as they are written here: words, and code between backticks.

/// A piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Words(&'a str),
    Code(&'a str),
}

/// The pieces of a message. What stands between two backticks is code, and so is the item of a
/// list that a hint ends with: the allowance to paste. A backtick without a second one is itself.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (text, item) = match text.find("- {") {
        Some(at) if text.ends_with('}') => text.split_at(at),
        Some(_) | None => (text, ""),
    };
    let mut pieces = vec![];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`').filter(|(code, _)| !code.is_empty()) else {
            break;
        };
        pieces.push(Piece::Words(before));
        pieces.push(Piece::Code(code));
        rest = after;
    }
    pieces.push(Piece::Words(rest));
    pieces.push(Piece::Code(item));
    pieces.retain(|piece| match piece {
        Piece::Words(text) | Piece::Code(text) => !text.is_empty(),
    });
    pieces
}

#[cfg(test)]
mod tests {
    use super::Piece::{Code, Words};
    use super::pieces;

    #[test]
    fn code_stands_between_backticks() {
        assert_eq!(
            pieces("set `whenShort: fill`, or buy"),
            [Words("set "), Code("whenShort: fill"), Words(", or buy")]
        );
        assert_eq!(pieces("a ` b"), [Words("a ` b")]);
        assert_eq!(pieces("``"), [Words("``")]);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn an_allowance_is_code_to_its_end() {
        let text = "to allow:  - {guard: G101, reason: \"`…`\"}";
        assert_eq!(pieces(text), [Words("to allow:  "), Code("- {guard: G101, reason: \"`…`\"}")]);
    }
}
