//! Which comment belongs to what. Places decide: a comment belongs to what stands before it on its
//! line, else to what follows it, unless it is indented as part of what came before.

use super::tree::{Body, Collection, Comment, Document, Item, Node, Parsed};
use crate::yaml::Written;

/// Gives every comment its place in the documents. Empty documents vanish, their comments go on to
/// the next one.
pub(super) fn attach(parsed: Parsed<'_>) -> Vec<Document<'_>> {
    let Parsed { documents, comments } = parsed;
    let mut queue = Queue { comments, next: 0 };
    let mut done: Vec<Document<'_>> = Vec::new();
    let mut carried: Vec<Comment<'_>> = Vec::new();
    let starts: Vec<u32> = documents.iter().map(|document| document.start).collect();
    for (at, mut document) in documents.into_iter().enumerate() {
        let limit = starts.get(at + 1).copied().unwrap_or(u32::MAX);
        // Those above its `---`: behind the first document they are the foot of the one before.
        let prefix = queue.before(document.start);
        let had_prefix = !carried.is_empty() || !prefix.is_empty();
        carried.extend(prefix);
        let Some(root) = &mut document.root else {
            let mut inside = queue.before(limit);
            if let Some(first) = inside.first_mut() {
                first.blank = true;
            }
            carried.extend(inside);
            continue;
        };
        let mut above = queue.before(root.start);
        if let Some(first) = above.first_mut().filter(|_| had_prefix) {
            first.blank = true;
        }
        document.head = std::mem::take(&mut carried);
        document.head.append(&mut above);
        queue.node(root, None, limit);
        if let Body::Collection(collection) = &mut root.body
            && collection.items.is_empty()
        {
            document.foot = std::mem::take(&mut collection.foot);
        }
        document.foot.extend(queue.before(limit));
        if let Body::Collection(collection) = &mut root.body
            && collection.is_block()
        {
            // One place for what stands below the last line.
            let mut foot = std::mem::take(&mut document.foot);
            collection.foot.append(&mut foot);
            if let Some(first) = collection.items.first_mut() {
                document.gap = std::mem::take(&mut first.blank);
                hand_over(&mut document.head, &mut document.gap, first);
            }
        }
        done.push(document);
    }
    carried.extend(queue.before(u32::MAX));
    if !carried.is_empty() {
        match done.last_mut() {
            Some(last) => {
                if let Some(first) = carried.first_mut() {
                    first.blank = true;
                }
                match &mut last.root {
                    Some(Node { body: Body::Collection(collection), .. })
                        if collection.is_block() =>
                    {
                        collection.foot.extend(carried);
                    }
                    Some(_) | None => last.foot.extend(carried),
                }
            }
            None => done.push(Document { head: carried, ..Document::default() }),
        }
    }
    done
}

/// Comments right above a first key that is not to stay the first go with it.
fn hand_over<'t>(head: &mut Vec<Comment<'t>>, gap: &mut bool, first: &mut Item<'t>) {
    let stays = |key: &str| matches!(key, "apiVersion" | "kind");
    if *gap || first.key.as_ref().is_none_or(|key| stays(&key.text)) {
        return;
    }
    // Lines for editors are about the whole document.
    let is_for_editors = |comment: &Comment<'_>| comment.text.contains("yaml-language-server:");
    let kept = head.iter().rposition(is_for_editors).map_or(0, |at| at + 1);
    let group = head.iter().rposition(|comment| comment.blank).unwrap_or(0);
    let mut above = head.split_off(kept.max(group));
    if let Some(first) = above.first_mut() {
        *gap = std::mem::take(&mut first.blank);
    }
    first.notes().above.append(&mut above);
}

struct Queue<'t> {
    comments: Vec<Comment<'t>>,
    next: usize,
}

impl<'t> Queue<'t> {
    /// The next comment, if it fits.
    fn take(&mut self, fits: impl FnOnce(&Comment<'t>) -> bool) -> Option<Comment<'t>> {
        let comment = self.comments.get(self.next).copied().filter(fits)?;
        self.next += 1;
        Some(comment)
    }

    fn before(&mut self, limit: u32) -> Vec<Comment<'t>> {
        std::iter::from_fn(|| self.take(|comment| comment.start < limit)).collect()
    }

    fn node(&mut self, node: &mut Node<'t>, parent_column: Option<u32>, limit: u32) {
        let (end, column) = (node.end, node.column);
        let Body::Collection(collection) = &mut node.body else { return };
        let limit = if collection.flow { limit.min(end.saturating_sub(1)) } else { limit };
        self.items(collection, column, limit);
        while let Some(comment) = self.take(|comment| {
            comment.start < limit
                && (collection.flow
                    || (comment.alone && belongs(comment, collection, column, parent_column)))
        }) {
            collection.foot.push(comment);
        }
    }

    fn items(&mut self, collection: &mut Collection<'t>, column: u32, limit: u32) {
        let mut ends: Vec<u32> = collection.items.iter().skip(1).map(|item| item.begin).collect();
        ends.push(limit);
        for (item, end) in collection.items.iter_mut().zip(ends) {
            self.item(item, column, limit.min(end));
        }
    }

    fn item(&mut self, item: &mut Item<'t>, column: u32, limit: u32) {
        let is_block_scalar =
            matches!(&item.value.body, Body::Scalar(_, Written::Literal | Written::Folded));
        for comment in self.before(item.start()) {
            if is_block_scalar && !comment.alone && item.key.is_none() {
                item.notes().beside.push(comment.text);
            } else {
                item.notes().above.push(comment);
            }
        }
        if let Some(key) = &item.key {
            let line = key.last_line;
            // What stands between a key and the lines of its value belongs to the first of them.
            let is_block = item.value.block().is_some();
            let start = item.value.start;
            while let Some(comment) = self.take(|comment| {
                comment.start < start && (!is_block || (comment.line == line && !comment.alone))
            }) {
                if comment.alone {
                    item.notes().above.push(comment);
                } else {
                    item.notes().beside.push(comment.text);
                }
            }
        }
        self.node(&mut item.value, Some(column), limit);
        if let Body::Collection(inner) = &mut item.value.body
            && inner.items.is_empty()
        {
            for comment in std::mem::take(&mut inner.foot) {
                if comment.alone {
                    item.notes().above.push(comment);
                } else {
                    item.notes().beside.push(comment.text);
                }
            }
        }
        let line = item.value.last_line;
        while let Some(comment) =
            self.take(|comment| comment.start < limit && comment.line == line && !comment.alone)
        {
            item.notes().beside.push(comment.text);
        }
    }
}

/// Whether a comment behind a list or mapping in lines is indented as part of it.
fn belongs(
    comment: &Comment<'_>,
    collection: &Collection<'_>,
    column: u32,
    parent: Option<u32>,
) -> bool {
    match parent {
        None => true,
        // The dashes of a list may stand right below its key: such a comment goes to what follows.
        Some(parent) => comment.column >= column && (collection.mapping || comment.column > parent),
    }
}
