//! Aligned columns that fit: first the wide columns shrink, then the least important ones go.

use std::io::{self, Write};

use super::text::Line;
use super::{Shape, Styles, number};

/// Which side of its column a cell stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What stands above it; may be empty.
    pub title: &'static str,
    /// Which side its cells stand at.
    pub align: Align,
    /// How narrow it may become before anything is left out; `None`: it never shrinks.
    pub least: Option<usize>,
    /// Whether a cell without room keeps its end instead of its start.
    pub keeps_end: bool,
    /// Leaves before columns with a higher number when there is no room; `None`: it stays.
    pub leaves: Option<u8>,
}

impl Column {
    /// A column of words.
    pub fn words(title: &'static str) -> Self {
        Self { title, align: Align::Left, least: None, keeps_end: false, leaves: None }
    }

    /// A column of numbers.
    pub fn numbers(title: &'static str) -> Self {
        Self { title, align: Align::Right, least: None, keeps_end: false, leaves: None }
    }

    /// The same column, which may shrink to so many columns of the terminal.
    pub fn shrinks_to(self, least: usize) -> Self {
        Self { least: Some(least), ..self }
    }

    /// The same column, of whose cells the end matters most: paths with a line number.
    pub fn keeps_end(self) -> Self {
        Self { keeps_end: true, ..self }
    }

    /// The same column, which may go when there is no room, lowest number first.
    pub fn leaves(self, order: u8) -> Self {
        Self { leaves: Some(order), ..self }
    }
}

/// Rows of cells under titled columns.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Line>>,
    indent: usize,
}

const GAP: usize = 2;

impl Table {
    /// A table without rows, two columns in from the left.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: vec![], indent: 2 }
    }

    /// Adds a row; cells beyond the columns are not shown, absent ones are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Line>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How it comes out: the titles' line (`None` where no column has one), a line per row, and
    /// which columns are shown.
    pub fn lay_out(&self, styles: &Styles, shape: &Shape) -> Laid {
        let room = shape.columns().saturating_sub(self.indent);
        let natural: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let cells = self.rows.iter().filter_map(|row| row.get(at)).map(Line::width);
                match cells.max().unwrap_or(0) {
                    // A title over nothing says nothing.
                    0 if !self.rows.is_empty() => 0,
                    widest => widest.max(column.title.len()),
                }
            })
            .collect();
        let mut shown: Vec<bool> = natural.iter().map(|&width| width > 0).collect();
        let mut widths = natural.clone();
        loop {
            self.shrink(&natural, &shown, &mut widths, room);
            if total(&shown, &widths) <= room {
                break;
            }
            let next = self
                .columns
                .iter()
                .enumerate()
                .filter(|&(at, _)| shown.get(at) == Some(&true))
                .filter_map(|(at, column)| Some((column.leaves?, at)))
                .min();
            let Some(slot) = next.and_then(|(_, at)| shown.get_mut(at)) else { break };
            *slot = false;
        }
        let more = shape.symbols().more;
        let mut titles = Line::new(shape.ascii).gap(self.indent);
        let mut first = true;
        for (at, column) in self.columns.iter().enumerate() {
            if shown.get(at) == Some(&true) {
                let cell = Line::new(shape.ascii).put(styles.dim, column.title);
                place(&mut titles, cell, column, widths.get(at).copied(), first, more);
                first = false;
            }
        }
        let rows = self.rows.iter().map(|row| {
            let mut line = Line::new(shape.ascii).gap(self.indent);
            let mut first = true;
            for (at, column) in self.columns.iter().enumerate() {
                if shown.get(at) == Some(&true) {
                    let cell = row.get(at).cloned().unwrap_or_default();
                    place(&mut line, cell, column, widths.get(at).copied(), first, more);
                    first = false;
                }
            }
            line.clip(shape.columns(), more)
        });
        let titled = self.columns.iter().any(|column| !column.title.is_empty());
        Laid {
            titles: titled.then(|| titles.clip(shape.columns(), more)),
            rows: rows.collect(),
            shown,
        }
    }

    /// Writes titles and rows.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write, styles: &Styles, shape: &Shape) -> io::Result<()> {
        let laid = self.lay_out(styles, shape);
        for line in laid.titles.into_iter().chain(laid.rows) {
            line.write(out)?;
        }
        Ok(())
    }

    /// Takes from the widest shrinkable column until everything fits or none can give.
    fn shrink(&self, natural: &[usize], shown: &[bool], widths: &mut [usize], room: usize) {
        widths.copy_from_slice(natural);
        loop {
            let over = total(shown, widths).saturating_sub(room);
            if over == 0 {
                return;
            }
            let widest = self
                .columns
                .iter()
                .enumerate()
                .filter(|&(at, _)| shown.get(at) == Some(&true))
                .filter_map(|(at, column)| {
                    let width = *widths.get(at)?;
                    let spare = width.saturating_sub(column.least?.max(column.title.len()));
                    (spare > 0).then_some((width, spare, at))
                })
                .max();
            let Some((_, spare, at)) = widest else { return };
            if let Some(width) = widths.get_mut(at) {
                *width -= spare.min(over).min(spare.div_ceil(2));
            }
        }
    }
}

/// A table as it comes out.
#[derive(Debug, Clone)]
pub struct Laid {
    /// The line of titles.
    pub titles: Option<Line>,
    /// One line per row.
    pub rows: Vec<Line>,
    /// Which columns had room.
    pub shown: Vec<bool>,
}

/// A number as a cell, its thousands separated.
pub fn number_cell(shape: &Shape, style: anstyle::Style, value: u64) -> Line {
    Line::new(shape.ascii).put(style, &number::grouped(value))
}

fn total(shown: &[bool], widths: &[usize]) -> usize {
    let visible = shown.iter().zip(widths).filter(|&(&shown, _)| shown).map(|(_, width)| width);
    let (count, sum) =
        visible.fold((0usize, 0usize), |(count, sum), width| (count + 1, sum + width));
    sum + GAP * count.saturating_sub(1)
}

fn place(
    line: &mut Line,
    cell: Line,
    column: &Column,
    width: Option<usize>,
    first: bool,
    more: &str,
) {
    let width = width.unwrap_or(0);
    let cell = if column.keeps_end { cell.clip_start(width, more) } else { cell.clip(width, more) };
    let pad = width.saturating_sub(cell.width());
    let (before, after) = match column.align {
        Align::Left => (0, pad),
        Align::Right => (pad, 0),
    };
    let gap = if first { 0 } else { GAP };
    line.push(anstyle::Style::new(), &" ".repeat(gap + before));
    line.append(cell);
    line.push(anstyle::Style::new(), &" ".repeat(after));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Line {
        Line::new(false).put(anstyle::Style::new(), text)
    }

    fn rendered(table: &Table, width: usize) -> String {
        let mut out = vec![];
        let shape = Shape { width, ..Shape::default() };
        table.write(&mut out, &Styles::plain(), &shape).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn sample(name: &str) -> Table {
        let mut table = Table::new([
            Column::words("app").shrinks_to(8),
            Column::numbers("licenses"),
            Column::words("examples").shrinks_to(12).leaves(1),
        ]);
        let shape = Shape::default();
        for (name, count) in [(name, 4020), ("Maß 日本", 7)] {
            let number = number_cell(&shape, anstyle::Style::new(), count);
            table.row([text(name), number, text("C02XK0AAJGH5 DMPXQ1ZKLMX9")]);
        }
        table
    }

    #[test]
    fn words_stand_left_and_numbers_right_by_columns_of_the_terminal() {
        assert_eq!(
            rendered(&sample("Notability"), 100),
            "  app         licenses  examples\n  \
               Notability     4,020  C02XK0AAJGH5 DMPXQ1ZKLMX9\n  \
               Maß 日本           7  C02XK0AAJGH5 DMPXQ1ZKLMX9\n"
        );
    }

    #[test]
    fn a_table_without_room_shrinks_and_then_leaves_columns_out() {
        let long = "a name of an app that goes on and on and on and on and on and on and on";
        let text = rendered(&sample(long), 60);
        assert!(text.lines().all(|line| super::super::text::width(line) <= 60), "{text}");
        assert!(text.contains("4,020"), "{text}");
        assert!(text.contains('…'), "{text}");
    }
}
