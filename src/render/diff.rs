//! Unified diffs: what a text was and what it becomes.

use std::borrow::Cow;
use std::io::{self, Write};

use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, TextDiff, group_diff_ops};

use super::{Styles, escape};

/// Unchanged lines shown around changes.
const CONTEXT: usize = 3;

/// How a diff is written.
#[derive(Debug, Clone, Copy)]
pub struct Look<'l> {
    /// Its colors.
    pub styles: &'l Styles,
    /// Whether nothing but ASCII may come out.
    pub ascii: bool,
}

/// The names of both sides, as `---` and `+++` give them.
#[derive(Debug, Clone, Copy)]
pub struct Names<'n> {
    /// What it was.
    pub old: &'n str,
    /// What it becomes.
    pub new: &'n str,
}

/// Writes how two texts differ; nothing where they do not.
///
/// Everything hidden is shown: a tab, a carriage return, a byte order mark.
///
/// # Errors
/// Those of `out`.
pub fn texts(
    out: &mut dyn Write,
    look: Look<'_>,
    names: Names<'_>,
    old: &str,
    new: &str,
) -> io::Result<()> {
    if old == new {
        return Ok(());
    }
    let diff = TextDiff::from_lines(old, new);
    let line = |text: Option<&str>| Cow::Owned(text.unwrap_or_default().to_owned());
    lines(out, look, names, diff.ops().to_vec(), &|side, at| match side {
        Side::Old => line(diff.old_slice(at)),
        Side::New => line(diff.new_slice(at)),
    })
}

/// Which side of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What it was.
    Old,
    /// What it becomes.
    New,
}

/// Writes a diff that is known already, as steps from one list of lines to the other. `line` is
/// asked for the lines that are shown, which end with their line feed.
///
/// # Errors
/// Those of `out`.
pub fn lines<'t>(
    out: &mut dyn Write,
    look: Look<'_>,
    names: Names<'_>,
    steps: Vec<DiffOp>,
    line: &dyn Fn(Side, usize) -> Cow<'t, str>,
) -> io::Result<()> {
    let Look { styles, ascii } = look;
    let heading = styles.heading;
    let hunks = group_diff_ops(steps, CONTEXT);
    if hunks.is_empty() {
        return Ok(());
    }
    writeln!(out, "{heading}--- {}{heading:#}", safe(names.old, ascii))?;
    writeln!(out, "{heading}+++ {}{heading:#}", safe(names.new, ascii))?;
    for hunk in hunks.iter().filter(|hunk| !hunk.is_empty()) {
        let style = styles.path;
        writeln!(out, "{style}{}{style:#}", UnifiedHunkHeader::new(hunk))?;
        for step in hunk {
            let (old, new) = (step.old_range(), step.new_range());
            let (mark, style) = (' ', styles.text);
            if let DiffOp::Equal { .. } = step {
                for at in old {
                    one(out, ascii, mark, style, &line(Side::Old, at))?;
                }
                continue;
            }
            for at in old {
                one(out, ascii, '-', styles.reclaim, &line(Side::Old, at))?;
            }
            for at in new {
                one(out, ascii, '+', styles.assign, &line(Side::New, at))?;
            }
        }
    }
    Ok(())
}

fn one(
    out: &mut dyn Write,
    ascii: bool,
    mark: char,
    style: anstyle::Style,
    line: &str,
) -> io::Result<()> {
    let text = line.strip_suffix('\n');
    writeln!(out, "{style}{mark}{}{style:#}", safe(text.unwrap_or(line), ascii))?;
    if text.is_none() {
        writeln!(out, "\\ No newline at end of file")?;
    }
    Ok(())
}

fn safe(text: &str, ascii: bool) -> Cow<'_, str> {
    if ascii { escape::ascii(text) } else { escape::terminal(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let mut out = Vec::new();
        let look = Look { styles: &Styles::plain(), ascii: false };
        texts(&mut out, look, Names { old: "a", new: "b" }, old, new).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_that_differ_stand_below_each_other_with_a_few_around_them() {
        assert_eq!(
            shown("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nfive\n6\n"),
            "--- a\n+++ b\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n"
        );
        assert_eq!(shown("1\n", "1\n"), "");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(
            shown("\u{FEFF}a\r\nb\u{1b}[31m", "a\nb\u{1b}[31m\n"),
            "--- a\n+++ b\n@@ -1,2 +1,2 @@\n-\\u{feff}a\\r\n-b\\u{1b}[31m\n\\ No newline at end of \
             file\n+a\n+b\\u{1b}[31m\n"
        );
    }
}
