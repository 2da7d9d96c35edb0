use std::borrow::Cow;

use super::terminal;

/// A text as the content of one CSV cell.
///
/// A spreadsheet computes what starts with `=`, `+`, `-` or `@`; such a text gets an apostrophe
/// in front, which spreadsheets take as "this is text". Tabs and line breaks become visible.
/// Quotes and commas are left to the CSV writer.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let safe = terminal(text);
    let formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    // A tab or line break before the sign is one that a spreadsheet skips.
    if text.trim_start().starts_with(formula) || text.starts_with(['\t', '\r', '\n']) {
        Cow::Owned(format!("'{safe}"))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        assert_eq!(csv_cell("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(csv_cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(csv_cell("-2+3"), "'-2+3");
        assert_eq!(csv_cell("+1"), "'+1");
        assert_eq!(csv_cell(" =1"), "' =1");
        assert_eq!(csv_cell("\t=1"), "'\\t=1");
        assert_eq!(csv_cell("＝1"), "'＝1");
    }

    #[test]
    fn names_stay() {
        assert!(matches!(csv_cell("Pages, Numbers"), Cow::Borrowed("Pages, Numbers")));
        assert_eq!(csv_cell("a=b"), "a=b");
    }
}
