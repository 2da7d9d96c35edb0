//! A text as a tree that forgets nothing but white space.

use std::borrow::Cow;

use crate::yaml::{self, Fault, FaultKind, Place, Placed, Token, Written};

/// One document with everything around it.
#[derive(Debug, Default)]
pub(super) struct Document<'t> {
    /// Comments at its top, apart from those that belong to a key.
    pub(super) head: Vec<Comment<'t>>,
    /// Whether an empty line follows them.
    pub(super) gap: bool,
    pub(super) root: Option<Node<'t>>,
    /// Comments below everything.
    pub(super) foot: Vec<Comment<'t>>,
    /// Where its `---` stands, if anywhere.
    pub(super) start: u32,
}

/// A comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment<'t> {
    /// From the `#` on, without white space at its end.
    pub(super) text: &'t str,
    pub(super) start: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    /// Whether nothing stands before it on its line.
    pub(super) alone: bool,
    /// Whether an empty line stands above it.
    pub(super) blank: bool,
}

#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) start: u32,
    /// One past its last byte.
    pub(super) end: u32,
    /// Line of its first byte.
    pub(super) line: u32,
    /// Line of its last byte.
    pub(super) last_line: u32,
    /// Of its first byte; of its first dash for a list in lines.
    pub(super) column: u32,
    pub(super) body: Body<'t>,
}

#[derive(Debug)]
pub(super) enum Body<'t> {
    Scalar(Cow<'t, str>, Written),
    Collection(Collection<'t>),
}

/// A list or a mapping.
#[derive(Debug)]
pub(super) struct Collection<'t> {
    /// On one line, in brackets.
    pub(super) flow: bool,
    pub(super) mapping: bool,
    pub(super) items: Vec<Item<'t>>,
    /// Comments behind the last item.
    pub(super) foot: Vec<Comment<'t>>,
}

/// One item of a list, or a key with its value.
#[derive(Debug)]
pub(super) struct Item<'t> {
    /// Where it begins: its key, or its dash.
    pub(super) begin: u32,
    pub(super) key: Option<Key<'t>>,
    pub(super) value: Node<'t>,
    /// Whether an empty line stands above it.
    pub(super) blank: bool,
    /// Its comments; boxed, because most of the items of a large file have none.
    pub(super) notes: Option<Box<Notes<'t>>>,
}

/// The comments of one item.
#[derive(Debug, Default)]
pub(super) struct Notes<'t> {
    /// On lines of their own, above it.
    pub(super) above: Vec<Comment<'t>>,
    /// On its line.
    pub(super) beside: Vec<&'t str>,
}

#[derive(Debug)]
pub(super) struct Key<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) written: Written,
    pub(super) place: Place,
    pub(super) last_line: u32,
}

impl<'t> Item<'t> {
    /// Where its key or, behind a dash, its value begins.
    pub(super) fn start(&self) -> u32 {
        self.key.as_ref().map_or(self.value.start, |key| key.place.start)
    }

    pub(super) fn notes(&mut self) -> &mut Notes<'t> {
        self.notes.get_or_insert_default()
    }

    pub(super) fn above(&self) -> &[Comment<'t>] {
        self.notes.as_ref().map_or(&[], |notes| &notes.above)
    }

    pub(super) fn beside(&self) -> &[&'t str] {
        self.notes.as_ref().map_or(&[], |notes| &notes.beside)
    }
}

impl Collection<'_> {
    /// Whether it is written in lines.
    pub(super) fn is_block(&self) -> bool {
        !self.flow && !self.items.is_empty()
    }
}

impl<'t> Node<'t> {
    /// The list or mapping in lines that this is.
    pub(super) fn block(&self) -> Option<&Collection<'t>> {
        match &self.body {
            Body::Collection(collection) if collection.is_block() => Some(collection),
            Body::Collection(_) | Body::Scalar(..) => None,
        }
    }
}

/// The documents of a text and all its comments, in order.
pub(super) struct Parsed<'t> {
    pub(super) documents: Vec<Document<'t>>,
    pub(super) comments: Vec<Comment<'t>>,
}

pub(super) fn parse(text: &str) -> Result<Parsed<'_>, Fault> {
    let mut builder = Builder { text, open: Vec::new(), root: None };
    let mut documents = Vec::new();
    let mut comments = Vec::new();
    let mut start = 0;
    for placed in yaml::tokens(text) {
        let Placed { token, place } = placed?;
        match token {
            Token::DocumentStart => start = place.start,
            Token::DocumentEnd => {
                let root = builder.root.take().filter(|root| !is_nothing(root));
                documents.push(Document { root, start, ..Document::default() });
            }
            Token::Comment => comments.push(comment(text, place)),
            Token::Scalar(value, written) => builder.scalar(value, written, place)?,
            Token::ListStart { flow } => builder.open(flow, false, place),
            Token::MappingStart { flow } => builder.open(flow, true, place),
            Token::End => builder.close(place)?,
        }
    }
    comments.sort_unstable_by_key(|comment| comment.start);
    Ok(Parsed { documents, comments })
}

fn is_nothing(node: &Node<'_>) -> bool {
    matches!(&node.body, Body::Scalar(text, Written::Plain) if text.is_empty())
}

struct Builder<'t> {
    text: &'t str,
    open: Vec<Open<'t>>,
    root: Option<Node<'t>>,
}

struct Open<'t> {
    place: Place,
    key: Option<Key<'t>>,
    collection: Collection<'t>,
}

impl<'t> Builder<'t> {
    fn scalar(&mut self, value: Cow<'t, str>, written: Written, place: Place) -> Result<(), Fault> {
        let mut node = Node {
            start: place.start,
            end: place.end,
            line: place.line,
            last_line: last_line(self.text, place),
            column: place.column,
            body: Body::Scalar(value, written),
        };
        if let Some(Open { key: Some(key), .. }) = self.open.last()
            && place.start == place.end
            && written == Written::Plain
        {
            // Nothing was written: what stands on the key's line stands beside it.
            node.start = key.place.end;
            node.end = key.place.end;
            node.line = key.last_line;
            node.last_line = key.last_line;
        }
        self.put(node)
    }

    fn open(&mut self, flow: bool, mapping: bool, place: Place) {
        let collection = Collection { flow, mapping, items: Vec::new(), foot: Vec::new() };
        self.open.push(Open { place, key: None, collection });
    }

    fn close(&mut self, place: Place) -> Result<(), Fault> {
        let Some(Open { place: begun, key: _, collection }) = self.open.pop() else {
            return Ok(());
        };
        let mut node = Node {
            start: begun.start,
            end: place.end,
            line: begun.line,
            last_line: place.line,
            column: begun.column,
            body: Body::Scalar(Cow::Borrowed(""), Written::Plain),
        };
        if !collection.flow {
            if let Some(last) = collection.items.last() {
                node.end = last.value.end;
                node.last_line = last.value.last_line;
            }
            if let Some(first) = collection.items.first().filter(|_| !collection.mapping)
                && first.begin < node.start
            {
                node.start = first.begin;
                node.column = column(self.text, first.begin);
            }
        }
        node.body = Body::Collection(collection);
        self.put(node)
    }

    fn put(&mut self, node: Node<'t>) -> Result<(), Fault> {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        if parent.collection.mapping && parent.key.is_none() {
            let place = Place {
                start: node.start,
                end: node.end,
                line: node.last_line,
                column: node.column,
            };
            let Body::Scalar(text, written) = node.body else {
                return Err(Fault { kind: FaultKind::KeyNotText, place, earlier: None });
            };
            parent.key = Some(Key { text, written, place, last_line: node.last_line });
            return Ok(());
        }
        let key = parent.key.take();
        let begin = match &key {
            Some(key) => key.place.start,
            None if parent.collection.flow => node.start,
            None => dash(self.text, node.start).unwrap_or(node.start),
        };
        let blank = is_below_blank(self.text, begin, true);
        parent.collection.items.push(Item { begin, key, value: node, blank, notes: None });
        Ok(())
    }
}

fn comment(text: &str, place: Place) -> Comment<'_> {
    let (start, end) = (index(place.start), index(place.end));
    let before = text.get(..start).unwrap_or_default();
    let line = before.rfind('\n').map_or(before, |at| before.get(at..).unwrap_or_default());
    Comment {
        text: text.get(start..end).unwrap_or_default().trim_end(),
        start: place.start,
        line: place.line,
        column: place.column,
        alone: line.trim().is_empty(),
        blank: is_below_blank(text, place.start, false),
    }
}

/// Whether the line above the one that begins at or before here is empty, and nothing (but dashes)
/// stands before here on its own line.
fn is_below_blank(text: &str, start: u32, dashes: bool) -> bool {
    let before = text.get(..index(start)).unwrap_or_default();
    let before = before.trim_end_matches(|c| c == ' ' || c == '\t' || (dashes && "-?".contains(c)));
    let Some(above) = before.strip_suffix('\n') else { return false };
    let above = above.trim_end_matches([' ', '\t']);
    above.ends_with('\n')
}

/// Where the dash before an item stands. Comments may stand between the two.
fn dash(text: &str, item: u32) -> Option<u32> {
    let mut before = text.get(..index(item))?.trim_end();
    loop {
        if let Some(at) = before.strip_suffix('-') {
            return Some(number(at.len()));
        }
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        if !before.get(line..)?.trim_start().starts_with('#') {
            return None;
        }
        before = before.get(..line)?.trim_end();
    }
}

fn column(text: &str, at: u32) -> u32 {
    let before = text.get(..index(at)).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    number(before.get(line..).unwrap_or_default().chars().count()).saturating_add(1)
}

fn last_line(text: &str, place: Place) -> u32 {
    let within = text.get(index(place.start)..index(place.end)).unwrap_or_default();
    place.line.saturating_add(number(within.bytes().filter(|&byte| byte == b'\n').count()))
}

pub(super) fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
