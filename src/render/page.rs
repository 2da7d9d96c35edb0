//! A text of parts for people, laid out in a bounded number of lines.

use anstyle::Style;

use super::text::Line;
use super::{Shape, Styles, Symbols, number};

/// No more lines than this, whatever there is to say: two screens.
pub(super) const LINES: usize = 80;

/// What parts are drawn from, and what they are drawn for.
pub(super) struct Page<'p, T> {
    pub(super) content: T,
    pub(super) styles: &'p Styles,
    pub(super) shape: &'p Shape,
    /// Whether long texts are cut to their first line.
    tight: bool,
}

/// Draws one part with at most so many of its rows, an empty line before it; nothing where there
/// is nothing to say.
type Draw<T> = fn(&Page<'_, T>, usize) -> Vec<Line>;

/// One part and how many rows it may have.
pub(super) struct Part<T> {
    draw: Draw<T>,
    rows: usize,
    least: usize,
}

impl<T> Part<T> {
    /// A part that has `rows` rows, and no fewer than `least` when room is short.
    pub(super) fn new(draw: Draw<T>, rows: usize, least: usize) -> Self {
        Self { draw, rows, least }
    }
}

impl<'p, T> Page<'p, T> {
    /// A page without lines.
    pub(super) fn new(content: T, styles: &'p Styles, shape: &'p Shape) -> Self {
        Self { content, styles, shape, tight: false }
    }

    /// All parts: in at most so many lines, or whole where everything is asked for.
    pub(super) fn draw(&mut self, parts: &mut [Part<T>], lines: usize) -> Vec<Line> {
        if self.shape.detail { self.all(parts) } else { self.fit(parts, lines) }
    }

    /// All parts whole.
    fn all(&self, parts: &[Part<T>]) -> Vec<Line> {
        parts.iter().flat_map(|part| (part.draw)(self, usize::MAX)).collect()
    }

    /// All parts in at most so many lines: the part with the most rows to spare gives one, until
    /// it fits. Where nobody can give any more, long texts are cut to their first line.
    fn fit(&mut self, parts: &mut [Part<T>], lines: usize) -> Vec<Line> {
        let height = |drawn: &[Vec<Line>]| drawn.iter().map(Vec::len).sum::<usize>();
        let draw = |page: &Self, part: &Part<T>| (part.draw)(page, part.rows);
        let mut drawn: Vec<Vec<Line>> = parts.iter().map(|part| draw(self, part)).collect();
        while height(&drawn) > lines {
            let spare = |part: &Part<T>| part.rows.saturating_sub(part.least);
            let most = parts.iter_mut().zip(&mut drawn).max_by_key(|(part, _)| spare(part));
            let Some((part, drawn)) = most.filter(|(part, _)| spare(part) > 0) else { break };
            part.rows -= 1;
            *drawn = draw(self, part);
        }
        if height(&drawn) > lines {
            self.tight = true;
            drawn = parts.iter().map(|part| draw(self, part)).collect();
        }
        let more = self.symbols().more;
        drawn.into_iter().flatten().map(|line| line.clip(self.width(), more)).collect()
    }

    /// An empty line.
    pub(super) fn line(&self) -> Line {
        Line::new(self.shape.ascii)
    }

    /// A line with a text in the plain style.
    pub(super) fn text(&self, text: &str) -> Line {
        self.styled(self.styles.text, text)
    }

    /// A line with a text in a style.
    pub(super) fn styled(&self, style: Style, text: &str) -> Line {
        self.line().put(style, text)
    }

    /// The title of a section after an empty line, with what is said of it.
    pub(super) fn heading(&self, title: &str, said: &str) -> Vec<Line> {
        let line = self.styled(self.styles.heading, title);
        let line = if said.is_empty() { line } else { line.put(self.styles.dim, said) };
        vec![self.line(), line.clip(self.width(), self.symbols().more)]
    }

    /// Broken into lines of the page's width, at most `most` of them: the last is clipped.
    pub(super) fn wrap(&self, line: Line, indent: usize, most: usize) -> Vec<Line> {
        let mut lines = line.wrap(self.width(), indent);
        let most = if self.tight { most.div_ceil(4) } else { most };
        if !self.shape.detail && lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.pop() {
                let more = self.symbols().more;
                let room = self.width().saturating_sub(more.chars().count() + 1);
                lines.push(last.clip(room, "").put(self.styles.dim, &format!(" {more}")));
            }
        }
        lines
    }

    /// Items beside each other, something between them, never broken inside; the first line
    /// starts with what is given.
    pub(super) fn flow(
        &self,
        start: Line,
        items: Vec<Line>,
        indent: usize,
        between: &str,
    ) -> Vec<Line> {
        let mut lines = vec![];
        let mut empty = start.plain().trim().is_empty();
        let mut line = start;
        for item in items {
            let gap = self.text(between).width();
            if !empty && line.width() + gap + item.width() > self.width() {
                lines.push(std::mem::replace(&mut line, self.line().gap(indent)));
                empty = true;
            }
            if !empty {
                line.push(self.styles.dim, between);
            }
            line.append(item);
            empty = false;
        }
        if !empty {
            lines.push(line);
        }
        lines.into_iter().map(|line| line.clip(self.width(), self.symbols().more)).collect()
    }

    /// As many items as fit, at least one, and the number of the others.
    pub(super) fn some_of(&self, items: &[String], columns: usize, separator: &str) -> String {
        let mut text = String::new();
        for (at, item) in items.iter().enumerate() {
            let rest = number::count(items.len() - at - 1);
            let longer = format!("{text}{}{item}", if at == 0 { "" } else { separator });
            if at > 0 && self.text(&format!("{longer}{}", self.plus(rest))).width() > columns {
                return format!("{text}{}", self.plus(rest + 1));
            }
            text = longer;
        }
        text
    }

    /// ` … +12`, and nothing for none.
    pub(super) fn plus(&self, rest: u64) -> String {
        if rest == 0 {
            return String::new();
        }
        format!(" {} +{}", self.symbols().more, number::grouped(rest))
    }

    pub(super) fn width(&self) -> usize {
        self.shape.columns()
    }

    pub(super) fn symbols(&self) -> &'static Symbols {
        self.shape.symbols()
    }
}
