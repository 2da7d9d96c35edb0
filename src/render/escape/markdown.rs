use super::terminal;

/// A text inside a line of Markdown, as GitHub and GitLab read it, or inside inline HTML there;
/// at most about so many characters of it, an ellipsis for the rest.
///
/// Whatever Markdown or HTML would read as markup becomes a character reference, which is text in
/// both. References are resolved before mentions, issue numbers, addresses and emoji codes are
/// looked for, so these are broken by a space of no width.
pub fn markdown(text: &str, most: usize) -> String {
    let safe = terminal(text.trim_start());
    let mut out = String::with_capacity(safe.len() + safe.len() / 4);
    let mut used = 0;
    let mut before = None;
    for (at, c) in safe.char_indices() {
        let rest = safe.get(at + c.len_utf8()..).unwrap_or_default();
        let piece = reference(c);
        let gap = if breaks(before, c, rest) { "&#8203;" } else { "" };
        let length = piece.map_or(1, str::len) + gap.len();
        if used + length > most {
            out.push('…');
            break;
        }
        match piece {
            Some(piece) => out.push_str(piece),
            None => out.push(c),
        }
        out.push_str(gap);
        used += length;
        before = Some(c);
    }
    out
}

/// The same as code, where mentions and links are not looked for at all.
pub fn markdown_code(text: &str, most: usize) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':');
    if !text.is_empty() && text.len() <= most && text.chars().all(plain) {
        return format!("`{text}`");
    }
    format!("<code>{}</code>", markdown(text, most))
}

fn reference(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        '`' => "&#96;",
        '*' => "&#42;",
        '_' => "&#95;",
        '[' => "&#91;",
        ']' => "&#93;",
        '|' => "&#124;",
        '\\' => "&#92;",
        '~' => "&#126;",
        '$' => "&#36;",
        _ => return None,
    })
}

/// Whether something must come between a character and what follows it.
fn breaks(before: Option<char>, c: char, rest: &str) -> bool {
    let next = rest.chars().next();
    let starts = |test: fn(char) -> bool| next.is_some_and(test);
    match c {
        '@' => true,
        '#' => starts(char::is_numeric),
        // `https://` and `:tada:`.
        ':' => starts(|next| next.is_alphanumeric() || matches!(next, '/' | '+' | '-' | '_')),
        // `www.`
        'w' | 'W' => {
            before.is_some_and(|before| before.eq_ignore_ascii_case(&'w')) && next == Some('.')
        }
        // `GH-123`
        'h' | 'H' => {
            let number = rest.strip_prefix('-').and_then(|rest| rest.chars().next());
            before.is_some_and(|before| before.eq_ignore_ascii_case(&'g'))
                && number.is_some_and(|number| number.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> String {
        markdown(text, usize::MAX)
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            all("a|b`c*d_e[f](g)<h>&\\~"),
            "a&#124;b&#96;c&#42;d&#95;e&#91;f&#93;(g)&lt;h&gt;&amp;&#92;&#126;"
        );
        assert_eq!(
            all("<script>alert(\"x\")</script>"),
            "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"
        );
    }

    #[test]
    fn nobody_is_mentioned_and_nothing_is_linked() {
        assert_eq!(all("@octocat"), "@&#8203;octocat");
        assert_eq!(all("see #123"), "see #&#8203;123");
        assert_eq!(all("GH-12 gh-1"), "GH&#8203;-12 gh&#8203;-1");
        assert_eq!(all("https://x.example"), "https:&#8203;//x.example");
        assert_eq!(all("www.example.com"), "www&#8203;.example.com");
        assert_eq!(all("ada@x.example"), "ada@&#8203;x.example");
        assert_eq!(all(":tada:"), ":&#8203;tada:");
    }

    #[test]
    fn ordinary_names_stay() {
        for name in [
            "Notability",
            "apps/year-7.yaml",
            "Größe (2 + 3 = 5!)",
            "日本語",
            "reclaim: keep",
            "C# 12",
        ] {
            assert_eq!(all(name), name);
        }
    }

    #[test]
    fn lines_stay_one_and_hidden_characters_show() {
        assert_eq!(all("a\n# b\u{202e}"), "a&#92;n# b&#92;u{202e}");
    }

    #[test]
    fn long_texts_are_cut_after_escaping_and_never_inside_a_reference() {
        assert_eq!(markdown("abcdef", 3), "abc…");
        assert_eq!(markdown("a||||", 8), "a&#124;…");
        assert_eq!(markdown("abc", 3), "abc");
    }

    #[test]
    fn code_is_a_code_span_where_that_is_safe() {
        assert_eq!(markdown_code("apps/pages.yaml:9", 100), "`apps/pages.yaml:9`");
        assert_eq!(markdown_code("a b`|", 100), "<code>a b&#96;&#124;</code>");
        assert_eq!(markdown_code("", 100), "<code></code>");
    }
}
