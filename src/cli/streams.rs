//! Standard output and standard error: who gets color, how wide they are, and the only place that
//! writes to them. A closed pipe is no failure: the reader has seen enough.

use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;

use super::args::{ColorChoice, Look};
use super::environment::Environment;
use crate::render::{Shape, Styles};

/// Standard output and standard error as one run uses them.
#[derive(Debug)]
pub(super) struct Streams {
    color: ColorChoice,
    quiet: bool,
    ascii: bool,
    width: usize,
}

impl Streams {
    pub(super) fn new(look: &Look, environment: &Environment) -> Self {
        let columns = environment.get("COLUMNS").and_then(|text| text.parse().ok());
        let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            color: look.color,
            quiet: look.quiet,
            ascii: !environment.utf8(),
            width: columns.or_else(terminal).unwrap_or(100),
        }
    }

    /// What standard output can show.
    pub(super) fn shape(&self) -> Shape {
        Shape { width: self.width, ascii: self.ascii, ..Shape::default() }
    }

    /// How standard output looks.
    pub(super) fn out_styles(&self) -> Styles {
        styles(self.color, AutoStream::choice(&io::stdout()))
    }

    /// How standard error looks.
    pub(super) fn err_styles(&self) -> Styles {
        styles(self.color, AutoStream::choice(&io::stderr()))
    }

    /// Whether progress may be drawn as a live line, or only as plain lines, or not at all.
    pub(super) fn progress(&self, environment: &Environment) -> Progress {
        if self.quiet {
            Progress::None
        } else if io::stderr().is_terminal() && environment.get("CI").is_none() {
            Progress::Live
        } else {
            Progress::Plain
        }
    }

    /// Prints the requested artifact.
    ///
    /// # Errors
    /// Where standard output cannot be written for another reason than a closed pipe.
    #[expect(clippy::unused_self, reason = "whoever has no streams has no business printing")]
    pub(super) fn print(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        unless_closed(write(&mut out).and_then(|()| out.flush()))
    }

    /// Says something on standard error.
    ///
    /// # Errors
    /// Where standard error cannot be written for another reason than a closed pipe.
    #[expect(clippy::unused_self, reason = "whoever has no streams has no business printing")]
    pub(super) fn say(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = io::BufWriter::new(io::stderr().lock());
        unless_closed(write(&mut out).and_then(|()| out.flush()))
    }

    /// A hint on standard error, unless `--quiet`.
    pub(super) fn hint(&self, text: &str) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let style = self.err_styles().hint;
        self.say(|out| writeln!(out, "{style}hint{style:#}: {text}"))
    }
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// A line that is drawn over and over.
    Live,
    /// A line per phase.
    Plain,
    /// Not at all.
    None,
}

fn styles(wish: ColorChoice, found: anstream::ColorChoice) -> Styles {
    match (wish, found) {
        (ColorChoice::Always, _)
        | (ColorChoice::Auto, anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi) => {
            Styles::colored()
        }
        (ColorChoice::Never, _)
        | (ColorChoice::Auto, anstream::ColorChoice::Auto | anstream::ColorChoice::Never) => {
            Styles::plain()
        }
    }
}

fn unless_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
