use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::Span;
use crate::render::escape;

/// Lines that lie so near to each other are shown as one piece of source.
const NEAR: u32 = 8;
/// Longer lines are cut to what is around the labels: a file may be one line of 20 MB.
const LONG: usize = 600;
/// So much of a long line is kept on either side, in bytes.
const AROUND: usize = 160;

/// The lines around some labels of one file, escaped, with the labels' places in them.
pub(super) struct Window {
    /// Number of the first line, from 1.
    pub(super) line: usize,
    /// The escaped lines.
    pub(super) source: String,
    /// Which label, and what it underlines in `source`.
    pub(super) marks: Vec<(usize, Range<usize>)>,
}

/// Cuts windows out of a text: one for each cluster of labels. A label over several lines
/// underlines its first line. Spans that do not fit the text are moved to where they do.
pub(super) fn windows(text: &str, spans: &[(usize, Span)], ascii: bool) -> Vec<Window> {
    let mut sorted = spans.to_vec();
    sorted.sort_by_key(|(_, span)| (span.line, span.start));
    let mut clusters: Vec<Vec<(usize, Span)>> = vec![];
    for item in sorted {
        match clusters.last_mut() {
            Some(cluster) if near(cluster, item.1) => cluster.push(item),
            _ => clusters.push(vec![item]),
        }
    }
    clusters.iter().filter_map(|cluster| window(text, cluster, ascii)).collect()
}

fn near(cluster: &[(usize, Span)], span: Span) -> bool {
    cluster.last().is_some_and(|(_, last)| span.line.saturating_sub(last.line) <= NEAR)
}

fn window(text: &str, cluster: &[(usize, Span)], ascii: bool) -> Option<Window> {
    let (_, first) = cluster.first()?;
    let start = line_start(text, boundary(text, first.start));
    let end = cluster.iter().map(|(_, span)| boundary(text, span.start)).max()?.max(start);
    let end = text.get(end..)?.find('\n').map_or(text.len(), |at| end + at);
    let mut source = String::new();
    let mut marks = vec![];
    let mut at = start;
    for line in text.get(start..end)?.split('\n') {
        let bare = line.strip_suffix('\r').unwrap_or(line);
        let inside = |byte: usize| (at..=at + line.len()).contains(&byte);
        let here: Vec<(usize, Range<usize>)> = cluster
            .iter()
            .filter(|(_, span)| inside(boundary(text, span.start)))
            .map(|&(label, span)| {
                let from = (boundary(text, span.start) - at).min(bare.len());
                let to = boundary(text, span.end).saturating_sub(at).clamp(from, bare.len());
                (label, from..to)
            })
            .collect();
        let kept = kept(bare, &here);
        let base = source.len() + if kept.start > 0 { more(ascii).len() } else { 0 };
        for (label, range) in here {
            let moved = |byte: usize| {
                let before = bare.get(kept.start..byte.clamp(kept.start, kept.end));
                base + escaped(before.unwrap_or_default(), ascii).len()
            };
            marks.push((label, moved(range.start)..moved(range.end)));
        }
        if kept.start > 0 {
            source.push_str(more(ascii));
        }
        source.push_str(&escaped(bare.get(kept.clone()).unwrap_or_default(), ascii));
        if kept.end < bare.len() {
            source.push_str(more(ascii));
        }
        source.push('\n');
        at += line.len() + 1;
    }
    // An escape that spans a label's edge can put the edge inside a character.
    for (_, range) in &mut marks {
        range.start = boundary(&source, range.start);
        range.end = boundary(&source, range.end).max(range.start);
    }
    Some(Window { line: usize::try_from(first.line).ok()?.max(1), source, marks })
}

fn kept(line: &str, marks: &[(usize, Range<usize>)]) -> Range<usize> {
    if line.len() <= LONG {
        return 0..line.len();
    }
    let first = marks.iter().map(|(_, range)| range.start).min().unwrap_or(0);
    let last = marks.iter().map(|(_, range)| range.end.min(range.start + AROUND)).max();
    let from = boundary(line, first.saturating_sub(AROUND));
    from..boundary(line, last.unwrap_or(0).saturating_add(AROUND))
}

fn escaped(text: &str, ascii: bool) -> Cow<'_, str> {
    if ascii { escape::ascii(text) } else { escape::terminal(text) }
}

fn more(ascii: bool) -> &'static str {
    if ascii { "..." } else { "…" }
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

/// The nearest place at or before `at` where a character starts or the text ends.
fn boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}
