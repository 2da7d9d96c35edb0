/// Whether a character moves the cursor, turns the direction of the text around, or takes no
/// room at all, so that what is seen is not what is there.
///
/// Tabs and line breaks count; the space, combining marks and the emoji selector do not.
pub fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'       // C0, DEL, C1
        | '\u{ad}' | '\u{34f}'                  // soft hyphen, grapheme joiner
        | '\u{61c}' | '\u{200e}' | '\u{200f}'   // direction marks
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}'               // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}'               // Mongolian selectors and separator
        | '\u{200b}'..='\u{200d}'               // zero width
        | '\u{2028}'..='\u{202e}'               // line separators, embedding and override
        | '\u{2060}'..='\u{206f}'               // invisible operators, isolates, deprecated
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'  // byte order mark, interlinear
        | '\u{1d173}'..='\u{1d17a}'             // musical formatting
        | '\u{e0000}'..='\u{e0fff}'             // tags, further selectors
    )
}
