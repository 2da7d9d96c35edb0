//! A tree back to text.

use std::borrow::Cow;

use super::scalar::{self, Block};
use super::shape::Shape;
use super::tree::{Body, Collection, Comment, Document, Item, Node, index};
use crate::yaml::Written;

/// How wide a list or mapping in brackets may make its line, in characters.
const WIDTH: usize = 100;
const STEP: usize = 2;

pub(super) fn print(source: &str, documents: &[Document<'_>]) -> String {
    let mut printer =
        Printer { source, out: String::with_capacity(source.len() + 64), keeps: false };
    for (at, document) in documents.iter().enumerate() {
        if at > 0 {
            printer.line(0, "---");
        }
        printer.document(document);
    }
    printer.out
}

/// The kind a document says it is of.
pub(super) fn kind<'d>(root: &'d Node<'_>) -> Option<&'d str> {
    let Body::Collection(collection) = &root.body else { return None };
    let is_kind = |item: &&Item<'_>| item.key.as_ref().is_some_and(|key| key.text == "kind");
    match &collection.items.iter().find(is_kind)?.value.body {
        Body::Scalar(text, _) => Some(text),
        Body::Collection(_) => None,
    }
}

struct Printer<'t> {
    source: &'t str,
    out: String,
    /// Whether an empty line here would become part of the block scalar above.
    keeps: bool,
}

/// Where and how a value is printed.
struct Place<'p> {
    /// The value in one piece, if it is to be printed so.
    text: Option<String>,
    /// What stands before it on its line.
    prefix: String,
    /// How far its item is indented.
    indent: usize,
    /// Column the collection around it had in the source.
    parent_column: u32,
    /// Whether a list or mapping may begin on the same line.
    dash: bool,
    beside: &'p [&'p str],
}

impl<'t> Printer<'t> {
    fn document(&mut self, document: &Document<'t>) {
        let Document { head, gap, root, foot, start: _ } = document;
        self.comments(0, head, true);
        let Some(root) = root else { return };
        let shape = kind(root).map_or(Shape::unknown(), Shape::of_kind);
        self.gap(*gap && !head.is_empty());
        match (inline(root, shape, WIDTH), &root.body) {
            (None, Body::Collection(collection)) => self.block(root, collection, 0, shape, None),
            (text, _) => {
                let prefix = String::new();
                let place =
                    Place { text, prefix, indent: 0, parent_column: 0, dash: false, beside: &[] };
                self.value(root, shape, place);
            }
        }
        self.comments(0, foot, false);
    }

    /// A list or mapping in lines; `begun` is what its first line begins with, if not indentation.
    fn block(
        &mut self,
        node: &Node<'t>,
        collection: &Collection<'t>,
        indent: usize,
        shape: &Shape,
        mut begun: Option<String>,
    ) {
        for (at, item) in ordered(collection, shape).into_iter().enumerate() {
            let shape = of_item(item, shape);
            let mut prefix = if let Some(begun) = begun.take() {
                format!("{begun} ")
            } else {
                self.above(item, shape, indent, at == 0);
                " ".repeat(indent)
            };
            prefix.push_str(&label(item));
            let text = fitting(item, shape, indent);
            let place = Place {
                beside: beside(item, text.is_some()),
                text,
                prefix,
                indent,
                parent_column: node.column,
                dash: item.key.is_none(),
            };
            self.value(&item.value, shape, place);
        }
        self.comments(indent, &collection.foot, false);
    }

    fn value(&mut self, node: &Node<'t>, shape: &Shape, place: Place<'_>) {
        let Place { text, prefix, indent, parent_column, dash, beside } = place;
        let end = beside.first().map(|comment| format!(" {comment}")).unwrap_or_default();
        let space = if prefix.is_empty() { "" } else { " " };
        if let Some(text) = text {
            let space = if text.is_empty() { "" } else { space };
            return self.line(0, &format!("{prefix}{space}{text}{end}"));
        }
        match &node.body {
            Body::Collection(collection) if dash => {
                self.block(node, collection, indent + STEP, shape, Some(prefix));
            }
            Body::Collection(collection) => {
                self.line(0, &format!("{prefix}{end}"));
                self.block(node, collection, indent + STEP, shape, None);
            }
            Body::Scalar(text, Written::Plain) => {
                let range = index(node.start)..index(node.end);
                let lines = self.source.get(range).unwrap_or(text).split('\n');
                for (at, line) in lines.map(str::trim).enumerate() {
                    match (at, line) {
                        (0, line) => self.line(0, &format!("{prefix}{space}{line}")),
                        (_, "") => self.line(0, ""),
                        (_, line) => self.line(indent + STEP, line),
                    }
                }
                if !end.is_empty() && self.out.ends_with('\n') {
                    self.out.pop();
                    self.line(0, &end);
                }
            }
            Body::Scalar(text, written) => {
                let block =
                    scalar::block(self.source, node.start, node.end, parent_column, text, *written)
                        .filter(|_| !prefix.is_empty());
                let Some(Block { header, lines, keeps }) = block else {
                    let text = scalar::on_line(text, Written::Double, shape.id);
                    return self.line(0, &format!("{prefix}{space}{text}{end}"));
                };
                self.line(0, &format!("{prefix}{space}{header}{end}"));
                for line in lines {
                    self.line(if line.is_empty() { 0 } else { indent + STEP }, &line);
                }
                self.keeps = keeps;
            }
        }
    }

    /// What stands above an item, and above whatever begins on its first line.
    fn above(&mut self, item: &Item<'t>, shape: &Shape, indent: usize, first: bool) {
        // A list in a list begins on the line of its first dash, a mapping on that of its first key.
        let mut lead = vec![(item, fitting(item, shape, indent).is_some())];
        let (mut last, mut shape, mut inner_indent) = (item, shape, indent);
        while last.key.is_none()
            && let Body::Collection(inner) = &last.value.body
            && let Some((_, false)) = lead.last()
            && let Some(next) = ordered(inner, shape).first().copied()
        {
            shape = of_item(next, shape);
            inner_indent += STEP;
            lead.push((next, fitting(next, shape, inner_indent).is_some()));
            last = next;
        }
        let mut fresh = first;
        for (item, _) in &lead {
            self.comments(indent, item.above(), fresh);
            fresh = fresh && item.above().is_empty();
        }
        self.gap(item.blank && !fresh);
        for (item, fits) in lead {
            let shown = beside(item, fits).len().min(1);
            for comment in item.beside().iter().skip(shown) {
                self.line(indent, comment);
            }
        }
    }

    fn comments(&mut self, indent: usize, comments: &[Comment<'_>], fresh: bool) {
        for (at, comment) in comments.iter().enumerate() {
            self.gap(comment.blank && !(at == 0 && fresh));
            self.line(indent, comment.text);
        }
    }

    /// An empty line, where it means nothing.
    fn gap(&mut self, wanted: bool) {
        if wanted && !self.keeps && !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text);
        self.out.push('\n');
        self.keeps = false;
    }
}

/// The comments that may stand on an item's line, of which the first finds room there.
fn beside<'i>(item: &'i Item<'_>, fits: bool) -> &'i [&'i str] {
    let begins_inside =
        !fits && item.key.is_none() && matches!(item.value.body, Body::Collection(_));
    if begins_inside { &[] } else { item.beside() }
}

/// What stands before an item's value.
fn label(item: &Item<'_>) -> Cow<'static, str> {
    match &item.key {
        Some(key) => format!("{}:", scalar::on_line(&key.text, key.written, false)).into(),
        None => "-".into(),
    }
}

/// An item's value in one piece, if it is to stay so and fits on the line.
fn fitting(item: &Item<'_>, shape: &Shape, indent: usize) -> Option<String> {
    let used = indent + label(item).chars().count() + 1;
    inline(&item.value, shape, WIDTH.saturating_sub(used))
}

fn of_item<'s>(item: &Item<'_>, shape: &'s Shape) -> &'s Shape {
    match &item.key {
        Some(key) => shape.key(&key.text),
        None => shape.items(),
    }
}

/// The items in the order they are printed.
fn ordered<'c, 't>(collection: &'c Collection<'t>, shape: &Shape) -> Vec<&'c Item<'t>> {
    let mut items: Vec<&Item<'t>> = collection.items.iter().collect();
    if collection.mapping {
        items.sort_by_key(|item| item.key.as_ref().map_or(usize::MAX, |key| shape.rank(&key.text)));
    }
    items
}

/// A value in one piece, if it is to stay so and fits into so many characters.
fn inline(node: &Node<'_>, shape: &Shape, width: usize) -> Option<String> {
    match &node.body {
        Body::Scalar(_, Written::Literal | Written::Folded) => None,
        // Text without quotes keeps its lines.
        Body::Scalar(_, Written::Plain) if node.last_line > node.line => None,
        Body::Scalar(text, written) => Some(scalar::on_line(text, *written, shape.id).into_owned()),
        Body::Collection(collection) if collection.items.is_empty() => {
            Some(if collection.mapping { "{}" } else { "[]" }.to_owned())
        }
        Body::Collection(collection) if collection.flow => {
            let mut out = String::new();
            flow(collection, shape, width, &mut out)?;
            Some(out)
        }
        Body::Collection(_) => None,
    }
}

fn flow(collection: &Collection<'_>, shape: &Shape, width: usize, out: &mut String) -> Option<()> {
    if !collection.foot.is_empty() {
        return None;
    }
    out.push_str(if collection.mapping { "{ " } else { "[" });
    for (at, item) in ordered(collection, shape).into_iter().enumerate() {
        if item.notes.is_some() {
            return None;
        }
        if at > 0 {
            out.push_str(", ");
        }
        if let Some(key) = &item.key {
            out.push_str(&scalar::on_line(&key.text, key.written, false));
            out.push_str(": ");
        }
        let shape = of_item(item, shape);
        match &item.value.body {
            // Nothing behind a key reads badly in brackets.
            Body::Scalar(text, Written::Plain) if text.is_empty() => return None,
            Body::Scalar(text, written) => {
                out.push_str(&scalar::on_line(text, *written, shape.id));
            }
            Body::Collection(inner) if inner.items.is_empty() && inner.foot.is_empty() => {
                out.push_str(if inner.mapping { "{}" } else { "[]" });
            }
            Body::Collection(inner) => flow(inner, shape, width, out)?,
        }
        if out.chars().count() > width {
            return None;
        }
    }
    out.push_str(if collection.mapping { " }" } else { "]" });
    (out.chars().count() <= width).then_some(())
}
