//! A text piece by piece, as it was written: notation, comments and document markers included.

use std::borrow::Cow;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StructureStyle};

use super::reader::MAX_DEPTH;
use super::{Fault, FaultKind, Place};

/// One piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'t> {
    /// A document begins; its place is that of the `---`, if there is one.
    DocumentStart,
    /// A document ends.
    DocumentEnd,
    /// A single value, or a key: its text after unescaping and folding.
    Scalar(Cow<'t, str>, Written),
    /// A list begins.
    ListStart {
        /// `[…]` rather than a line for every item.
        flow: bool,
    },
    /// A mapping begins: keys and values take turns.
    MappingStart {
        /// `{…}` rather than a line for every key.
        flow: bool,
    },
    /// The last list or mapping that is open ends; in flow notation its place is the bracket's.
    End,
    /// A comment; its place holds it whole, from the `#` on.
    Comment,
}

/// How a single value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Without quotes.
    Plain,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

/// A piece and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<'t> {
    /// The piece.
    pub token: Token<'t>,
    /// Where it stands. White space at the end of a block scalar is left out.
    pub place: Place,
}

/// The pieces of a text, in the order of the text but for comments, which may come a little early
/// or late: their places tell where they belong.
pub struct Tokens<'t> {
    text: &'t str,
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    done: bool,
}

/// The pieces of a text that [`super::read`] finds no fault with. What that refuses is refused
/// here too, if less kindly.
pub fn tokens(text: &str) -> Tokens<'_> {
    let options = granit_parser::options! {
        emit_comments: true,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
        disallow_directives: true,
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
    };
    Tokens { text, parser: Parser::new_from_str_with_options(text, options), done: false }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Result<Placed<'t>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            let (event, span) = match self.parser.next_event()? {
                Ok(event) => event,
                Err(error) => {
                    let start = byte(error.marker());
                    let place = Place {
                        start,
                        end: start,
                        line: number(error.marker().line()),
                        column: number(error.marker().col().saturating_add(1)),
                    };
                    let kind = FaultKind::Syntax(error.kind().to_string());
                    return Some(Err(self.refuse(kind, place)));
                }
            };
            let place = self.place(span);
            let token = match event {
                Event::StreamStart => continue,
                Event::StreamEnd => break,
                Event::DocumentStart(..) => Token::DocumentStart,
                Event::DocumentEnd => Token::DocumentEnd,
                Event::Comment(..) => Token::Comment,
                Event::Scalar(_, style, _, None)
                    if style == ScalarStyle::Plain && place.start == place.end =>
                {
                    // The parser writes `~` where nothing was written.
                    Token::Scalar(Cow::Borrowed(""), Written::Plain)
                }
                Event::Scalar(text, style, _, None) => Token::Scalar(text, written(style)),
                Event::SequenceStart(style, _, None) => {
                    Token::ListStart { flow: style == StructureStyle::Flow }
                }
                Event::MappingStart(style, _, None) => {
                    Token::MappingStart { flow: style == StructureStyle::Flow }
                }
                Event::SequenceEnd | Event::MappingEnd => Token::End,
                Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                    return Some(Err(self.refuse(FaultKind::Tag, place)));
                }
                Event::Alias(_) | Event::UnresolvedAlias(_) => {
                    return Some(Err(self.refuse(FaultKind::Alias, place)));
                }
                Event::Anchor(..) => return Some(Err(self.refuse(FaultKind::Anchor, place))),
                // The parser may grow events.
                _ => {
                    let kind = FaultKind::Syntax("unknown YAML construct".to_owned());
                    return Some(Err(self.refuse(kind, place)));
                }
            };
            return Some(Ok(Placed { token, place }));
        }
        None
    }
}

impl Tokens<'_> {
    fn refuse(&mut self, kind: FaultKind, place: Place) -> Fault {
        self.done = true;
        Fault { kind, place, earlier: None }
    }

    fn place(&self, span: Span) -> Place {
        let (start, end) = (byte(&span.start), byte(&span.end));
        let range = usize::try_from(start).unwrap_or(usize::MAX)
            ..usize::try_from(end).unwrap_or(usize::MAX);
        let kept = self.text.get(range).map_or(0, |text| number(text.trim_end().len()));
        Place {
            start,
            end: start.saturating_add(kept),
            line: number(span.start.line()),
            column: number(span.start.col().saturating_add(1)),
        }
    }
}

fn written(style: ScalarStyle) -> Written {
    match style {
        ScalarStyle::Plain => Written::Plain,
        ScalarStyle::SingleQuoted => Written::Single,
        ScalarStyle::DoubleQuoted => Written::Double,
        ScalarStyle::Literal => Written::Literal,
        ScalarStyle::Folded => Written::Folded,
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn byte(marker: &Marker) -> u32 {
    number(marker.byte_offset().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn shown(text: &str) -> String {
        let mut out = String::new();
        for token in tokens(text) {
            let Placed { token, place } = token.unwrap();
            let Place { start, end, line, column } = place;
            let [start, end] = [start, end].map(|at| usize::try_from(at).unwrap());
            writeln!(out, "{line}:{column} {token:?} {:?}", &text[start..end]).unwrap();
        }
        out
    }

    #[test]
    fn every_piece_has_its_place() {
        let text = "# top\n--- # start\na: # one\n- x # two\n- # three\n  k: |- # four\n    text\n\n  # five\n  l: [1, # six\n    2]\nb:\n# end\n...\n";
        insta::assert_snapshot!(shown(text), @r##"
        1:1 Comment "# top"
        2:1 DocumentStart "---"
        2:5 Comment "# start"
        3:1 MappingStart { flow: false } ""
        3:1 Scalar("a", Plain) "a"
        3:4 Comment "# one"
        4:3 ListStart { flow: false } ""
        4:3 Scalar("x", Plain) "x"
        4:5 Comment "# two"
        5:3 Comment "# three"
        6:3 MappingStart { flow: false } ""
        6:3 Scalar("k", Plain) "k"
        7:5 Scalar("text", Literal) "text"
        6:9 Comment "# four"
        9:3 Comment "# five"
        10:3 Scalar("l", Plain) "l"
        10:6 ListStart { flow: true } "["
        10:7 Scalar("1", Plain) "1"
        10:10 Comment "# six"
        11:5 Scalar("2", Plain) "2"
        11:6 End "]"
        12:1 End ""
        12:1 End ""
        12:1 Scalar("b", Plain) "b"
        12:2 Scalar("", Plain) ""
        13:1 Comment "# end"
        14:1 End ""
        14:1 DocumentEnd "..."
        "##);
    }
}
