use super::terminal;

/// A text as content or as an attribute of XML; of several lines, the breaks stay.
///
/// Characters XML has no way to write, not even as a reference, are spelled out.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push_str("&#10;");
        }
        for c in terminal(line.strip_suffix('\r').unwrap_or(line)).chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&apos;"),
                '\u{fffe}' => out.push_str("\\u{fffe}"),
                '\u{ffff}' => out.push_str("\\u{ffff}"),
                other => out.push(other),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn markup_becomes_text_and_what_xml_cannot_hold_is_spelled_out() {
        assert_eq!(xml("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&apos;");
        assert_eq!(xml("a\r\nb\0\u{ffff}]]>"), "a&#10;b\\u{0}\\u{ffff}]]&gt;");
    }
}
