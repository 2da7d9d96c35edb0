use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span};

use super::node::{Entry, Node, Place, Style, Value};
use super::{Fault, FaultKind};

/// How deep lists and mappings may stand in each other.
pub const MAX_DEPTH: usize = 32;

/// How many values one file may have: twice what a file of the largest size holds when it is a list
/// of serial numbers.
pub const MAX_NODES: usize = 4_000_000;

/// Faults kept per file. A hostile file could make one of every three bytes.
const MAX_FAULTS: usize = 1_000;

/// Everything one text said.
#[derive(Debug, Default)]
pub struct Read<'t> {
    /// Its documents, in order, without the empty ones.
    pub documents: Vec<Document<'t>>,
    /// Faults that belong to the file rather than to one document.
    pub faults: Vec<Fault>,
    /// Faults beyond the limit, which were counted and dropped.
    pub dropped_faults: usize,
}

/// One document of a text.
#[derive(Debug)]
pub struct Document<'t> {
    /// What it says; `None` where it could not be read.
    pub root: Option<Node<'t>>,
    /// What it does that it may not do.
    pub faults: Vec<Fault>,
}

/// Reads every document of a text, keeping the place of every value.
///
/// A document that is no YAML is reported and does not hide the ones after it. Anchors, aliases,
/// merge keys, tags and directives are refused rather than obeyed, so the memory used is bounded by
/// the length of the text.
pub fn read(text: &str) -> Read<'_> {
    read_within(text, MAX_NODES)
}

fn read_within(text: &str, most_nodes: usize) -> Read<'_> {
    if let Some(fault) = control_character(text) {
        return Read { faults: vec![fault], ..Read::default() };
    }
    let options = granit_parser::options! {
        emit_comments: false,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        disallow_directives: true,
        // One more than allowed, so that the limit is told apart by our own count.
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
    };
    let mut reader = Reader {
        text,
        parser: Parser::new_from_str_with_options(text, options),
        read: Read::default(),
        faults: Vec::new(),
        kept_faults: 0,
        nodes_left: most_nodes,
    };
    reader.run();
    reader.read
}

struct Reader<'t> {
    text: &'t str,
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    read: Read<'t>,
    faults: Vec<Fault>,
    kept_faults: usize,
    nodes_left: usize,
}

/// The next part of a text.
enum Part<'t> {
    /// A document; `None` where it is empty.
    Document(Option<Node<'t>>),
    End,
}

/// A collection that is still open.
struct Open<'t> {
    place: Place,
    /// Whether an unquoted `<<` or a tag made it worthless.
    refused: bool,
    body: Body<'t>,
}

enum Body<'t> {
    Sequence(Vec<Node<'t>>),
    Mapping {
        entries: Vec<Entry<'t>>,
        /// What comes next.
        next: Next<'t>,
        /// Places of the keys so far, once there are enough of them to be worth a table.
        index: HashMap<Cow<'t, str>, usize>,
    },
}

/// What comes next in a mapping.
enum Next<'t> {
    Key,
    Value(Key<'t>),
    /// The value of a key that was refused.
    Nothing,
}

struct Key<'t> {
    text: Cow<'t, str>,
    style: Style,
    place: Place,
}

/// Mappings with fewer keys are searched from end to end.
const INDEX_FROM: usize = 16;

impl<'t> Reader<'t> {
    fn run(&mut self) {
        loop {
            match self.document() {
                Ok(Part::Document(root)) => self.close_document(root),
                Ok(Part::End) => return,
                Err(fault) => {
                    let hopeless = fault.kind == FaultKind::TooMany;
                    self.fault(fault);
                    self.close_document(None);
                    if hopeless || !matches!(self.parser.proceed_next_document(), Ok(true)) {
                        return;
                    }
                }
            }
        }
    }

    fn close_document(&mut self, root: Option<Node<'t>>) {
        let faults = std::mem::take(&mut self.faults);
        if root.is_some() || !faults.is_empty() {
            self.read.documents.push(Document { root, faults });
        }
    }

    fn document(&mut self) -> Result<Part<'t>, Fault> {
        let mut open: Vec<Open<'t>> = Vec::new();
        let mut root: Option<Node<'t>> = None;
        loop {
            let Some(event) = self.parser.next_event() else { return Ok(Part::End) };
            let (event, span) = event.map_err(|error| self.scan_fault(&error))?;
            let finished = match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::Comment(..) => None,
                Event::StreamEnd => return Ok(Part::End),
                Event::DocumentEnd => {
                    return Ok(Part::Document(root.take().filter(|node| !is_nothing(node))));
                }
                Event::Anchor(..) => {
                    let place = self.place(span);
                    self.fault(Fault { kind: FaultKind::Anchor, place, earlier: None });
                    None
                }
                Event::Alias(_) | Event::UnresolvedAlias(_) => {
                    let place = self.place(span);
                    self.fault(Fault { kind: FaultKind::Alias, place, earlier: None });
                    Some(Node { place, value: Value::Refused })
                }
                Event::Scalar(text, style, _, tag) => {
                    let place = self.place(span);
                    self.count(place)?;
                    let value = if tag.is_some() {
                        self.tag(span);
                        Value::Refused
                    } else if style == ScalarStyle::Plain && place.start == place.end {
                        // The parser writes `~` where nothing was written.
                        Value::Scalar(Cow::Borrowed(""), Style::Plain)
                    } else {
                        Value::Scalar(text, style_of(style))
                    };
                    Some(Node { place, value })
                }
                Event::SequenceStart(_, _, tag) => {
                    self.open(&mut open, span, tag.is_some(), Body::Sequence(Vec::new()))?;
                    None
                }
                Event::MappingStart(_, _, tag) => {
                    let index = HashMap::new();
                    let body = Body::Mapping { entries: Vec::new(), next: Next::Key, index };
                    self.open(&mut open, span, tag.is_some(), body)?;
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let end = self.place(span).end;
                    open.pop().map(|closed| self.close(closed, end))
                }
                // The parser may grow events; what is not known is not obeyed.
                _ => {
                    let kind = FaultKind::Syntax("unknown YAML construct".to_owned());
                    return Err(Fault { kind, place: self.place(span), earlier: None });
                }
            };
            let Some(node) = finished else { continue };
            match open.last_mut() {
                None => root = Some(node),
                Some(parent) => self.put(parent, node),
            }
        }
    }

    fn open(
        &mut self,
        open: &mut Vec<Open<'t>>,
        span: Span,
        tagged: bool,
        body: Body<'t>,
    ) -> Result<(), Fault> {
        let place = self.place(span);
        self.count(place)?;
        if open.len() >= MAX_DEPTH {
            return Err(Fault { kind: FaultKind::TooDeep, place, earlier: None });
        }
        if tagged {
            self.tag(span);
        }
        open.push(Open { place, refused: tagged, body });
        Ok(())
    }

    fn close(&self, closed: Open<'t>, end: u32) -> Node<'t> {
        let Open { mut place, refused, body } = closed;
        place.end = self.trimmed(place.start, end.max(place.end));
        let value = match body {
            _ if refused => Value::Refused,
            Body::Sequence(items) => Value::Sequence(items),
            Body::Mapping { entries, .. } => Value::Mapping(entries),
        };
        Node { place, value }
    }

    fn put(&mut self, parent: &mut Open<'t>, node: Node<'t>) {
        match &mut parent.body {
            Body::Sequence(items) => items.push(node),
            Body::Mapping { entries, next, index } => match std::mem::replace(next, Next::Key) {
                Next::Key => *next = self.key(node),
                Next::Nothing => {}
                Next::Value(found) => {
                    let twin = if entries.len() < INDEX_FROM {
                        entries.iter().position(|entry| entry.key == found.text)
                    } else {
                        if index.is_empty() {
                            let known = entries.iter().enumerate();
                            index.extend(known.map(|(at, entry)| (entry.key.clone(), at)));
                        }
                        index.get(&found.text).copied()
                    };
                    if let Some(first) = twin.and_then(|at| entries.get(at)) {
                        self.fault(Fault {
                            kind: FaultKind::DuplicateKey(found.text.into_owned()),
                            place: found.place,
                            earlier: Some(first.key_place),
                        });
                        return;
                    }
                    if !index.is_empty() {
                        index.insert(found.text.clone(), entries.len());
                    }
                    entries.push(Entry {
                        key: found.text,
                        key_style: found.style,
                        key_place: found.place,
                        value: node,
                    });
                }
            },
        }
    }

    fn key(&mut self, node: Node<'t>) -> Next<'t> {
        let Node { place, value } = node;
        let kind = match value {
            Value::Scalar(text, Style::Plain) if text == "<<" => FaultKind::MergeKey,
            Value::Scalar(text, style) => return Next::Value(Key { text, style, place }),
            Value::Refused => return Next::Nothing,
            Value::Sequence(_) | Value::Mapping(_) => FaultKind::KeyNotText,
        };
        self.fault(Fault { kind, place, earlier: None });
        Next::Nothing
    }

    fn tag(&mut self, span: Span) {
        let place = self.place(span.tag_span().unwrap_or(span));
        self.fault(Fault { kind: FaultKind::Tag, place, earlier: None });
    }

    fn count(&mut self, place: Place) -> Result<(), Fault> {
        match self.nodes_left.checked_sub(1) {
            Some(left) => {
                self.nodes_left = left;
                Ok(())
            }
            None => Err(Fault { kind: FaultKind::TooMany, place, earlier: None }),
        }
    }

    fn fault(&mut self, fault: Fault) {
        // Whatever loses a document is always kept: at most one each.
        if self.kept_faults < MAX_FAULTS || fault.kind.loses_document() {
            self.kept_faults += 1;
            self.faults.push(fault);
        } else {
            self.read.dropped_faults += 1;
        }
    }

    fn place(&self, span: Span) -> Place {
        let start = byte(&span.start);
        Place {
            start,
            end: self.trimmed(start, byte(&span.end)),
            line: number(span.start.line()),
            column: number(span.start.col().saturating_add(1)),
        }
    }

    /// The end of a span without the line breaks and spaces block styles take in.
    fn trimmed(&self, start: u32, end: u32) -> u32 {
        let (from, to) = (index(start), index(end));
        self.text.get(from..to).map_or(end, |text| {
            let kept = text.trim_end_matches([' ', '\t', '\r', '\n']).len();
            number(from.saturating_add(kept))
        })
    }

    fn scan_fault(&self, error: &ScanError) -> Fault {
        let marker = error.marker();
        let found = error.kind();
        let kind = if matches!(
            found,
            ErrorKind::TabNotAllowed
                | ErrorKind::TabInBlockIndentation
                | ErrorKind::TabInIndentation
                | ErrorKind::TabAtBlockScalarStart
        ) {
            FaultKind::Tab
        } else if *found == ErrorKind::RecursionLimitExceeded {
            FaultKind::TooDeep
        } else if *found == ErrorKind::DirectiveDisallowed {
            FaultKind::Directive
        } else {
            FaultKind::Syntax(found.to_string())
        };
        let mut start = byte(marker).min(number(self.text.len()));
        let mut column = number(marker.col().saturating_add(1));
        if kind == FaultKind::Tab {
            // The parser's mark is behind the tabs.
            let before = self.text.get(..index(start)).unwrap_or_default();
            let tabs = number(before.len() - before.trim_end_matches('\t').len());
            start -= tabs;
            column = column.saturating_sub(tabs).max(1);
        }
        let length = self.text.get(index(start)..).and_then(|rest| rest.chars().next());
        let end = start.saturating_add(number(length.map_or(0, char::len_utf8)));
        let place = Place { start, end, line: number(marker.line()), column };
        Fault { kind, place, earlier: None }
    }
}

fn is_nothing(node: &Node<'_>) -> bool {
    matches!(&node.value, Value::Scalar(text, Style::Plain) if text.is_empty())
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn byte(marker: &Marker) -> u32 {
    number(marker.byte_offset().unwrap_or(0))
}

/// The first character that no text has. Parsers disagree about these, some end at a NUL.
fn control_character(text: &str) -> Option<Fault> {
    let start = text
        .bytes()
        .position(|byte| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7F)?;
    let before = text.get(..start)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count();
    let place = Place {
        start: number(start),
        end: number(start + 1),
        line: number(line + 1),
        column: number(before.get(line_start..)?.chars().count() + 1),
    };
    let kind = FaultKind::Control(text.get(start..)?.chars().next()?);
    Some(Fault { kind, place, earlier: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_values_is_limited_over_all_documents() {
        let text = "[a, b]\n---\n[c, d]\n---\n[e]\n";
        assert_eq!(read_within(text, 8).documents.len(), 3);
        assert!(read_within(text, 8).documents.iter().all(|document| document.faults.is_empty()));
        let read = read_within(text, 5);
        let [first, second] = read.documents.as_slice() else { panic!("{read:?}") };
        assert!(first.root.is_some() && second.root.is_none());
        assert_eq!(second.faults.len(), 1);
        assert_eq!(second.faults[0].kind, FaultKind::TooMany);
        assert_eq!((second.faults[0].place.line, second.faults[0].place.column), (3, 5));
    }
}
