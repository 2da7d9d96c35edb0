//! Programs whose standard output is JSON lines.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use camino::Utf8Path;

use super::json_rows::RowReader;
use super::{Freshness, Source};
use crate::diagnostic::{Diagnostic, Span};
use crate::inventory::codes;
use crate::inventory::load::Environment;
use crate::inventory::shown::{MOST_EXAMPLES, printable, shown};
use crate::inventory::table::Rows;
use crate::program::{ALWAYS, Child, End, Start};

/// Most output a program may write, in bytes.
const MOST_OUTPUT: u64 = 1 << 30;

/// Longest line of output, in bytes: one row of an inventory.
const LONGEST_LINE: usize = 1 << 20;

/// How much is asked of the pipe at once, in bytes.
const BUFFER: usize = 1 << 16;

/// A program and what it may see.
pub(in crate::inventory) struct Program<'m> {
    pub(in crate::inventory) folder: &'m Utf8Path,
    pub(in crate::inventory) command: &'m [String],
    /// Names of the variables it gets, beside [`ALWAYS`].
    pub(in crate::inventory) variables: &'m [String],
    pub(in crate::inventory) timeout: Duration,
    pub(in crate::inventory) environment: &'m Environment,
    /// Where the manifest names it.
    pub(in crate::inventory) span: Span,
}

impl Source for Program<'_> {
    fn origin(&self) -> String {
        printable(self.command.first().map_or("exec", String::as_str))
    }

    fn read(&self, rows: &mut Rows<'_>) -> Result<Freshness, Vec<Diagnostic>> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(vec![self.failed("the command is empty")]);
        };
        if !self.environment.allow_exec {
            return Err(vec![self.refused(program)]);
        }
        let variables = self.variables()?;
        let start = Start {
            folder: self.folder,
            program,
            arguments,
            variables: &variables,
            input: None,
            timeout: self.timeout,
        };
        let mut child = Child::start(start)
            .map_err(|error| vec![self.failed(&format!("it could not be started: {error}"))])?;
        let read = match child.output() {
            Some(output) => self.read_rows(output, rows),
            None => Ok(()),
        };
        match (child.end(read.is_err()), read) {
            // Killed because of what it wrote: the output is what to look at.
            (End::Done | End::Failed { .. }, Err(diagnostics)) => Err(diagnostics),
            (End::Done, Ok(())) => Ok(Freshness::Live),
            (End::Failed { status, errors }, Ok(())) => {
                Err(vec![with_errors(self.failed(&format!("it ended with {status}")), &errors)])
            }
            (End::TimedOut { errors }, _) => {
                let message = format!("it took longer than {:?} and was stopped", self.timeout);
                let late = self.failed(&message).help("give it more time with `timeout`");
                Err(vec![with_errors(late, &errors)])
            }
        }
    }
}

impl Program<'_> {
    fn refused(&self, program: &str) -> Diagnostic {
        let message = format!("the inventory program {} was not run", shown(program));
        Diagnostic::error(&codes::EXEC_REFUSED, message)
            .at(self.span, "runs a program of the manifests' choice")
            .help("leave out --no-exec where you trust whoever can change these manifests")
    }

    fn failed(&self, what: &str) -> Diagnostic {
        let message = format!("{}: the inventory program failed: {what}", self.origin());
        Diagnostic::error(&codes::EXEC_FAILED, message).at(self.span, "run from here")
    }

    /// What the program sees, or which variable is missing.
    fn variables(&self) -> Result<Vec<(&str, &str)>, Vec<Diagnostic>> {
        let set = &self.environment.vars;
        let mut missing = vec![];
        for name in self.variables.iter().filter(|name| !set.contains_key(*name)) {
            let message =
                format!("{}: the environment variable {} is not set", self.origin(), shown(name));
            missing.push(
                Diagnostic::error(&codes::EXEC_ENVIRONMENT, message)
                    .at(self.span, "named in its `env`")
                    .help("set it where this tool runs, or take it off the list"),
            );
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let names = ALWAYS.into_iter().chain(self.variables.iter().map(String::as_str));
        Ok(names.filter_map(|name| Some((name, set.get(name)?.as_str()))).collect())
    }

    fn read_rows(&self, output: impl Read, rows: &mut Rows<'_>) -> Result<(), Vec<Diagnostic>> {
        let mut output = BufReader::with_capacity(BUFFER, output.take(MOST_OUTPUT + 1));
        let mut reader = RowReader::default();
        let mut bad = vec![];
        let mut line = vec![];
        let (mut number, mut bytes) = (0_u64, 0_u64);
        loop {
            line.clear();
            let longest = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
            let count = (&mut output)
                .take(longest)
                .read_until(b'\n', &mut line)
                .map_err(|error| vec![self.failed(&error.to_string())])?;
            if count == 0 {
                break;
            }
            number += 1;
            bytes += u64::try_from(count).unwrap_or(u64::MAX);
            if bytes > MOST_OUTPUT {
                return Err(vec![self.failed(&format!("it wrote more than {MOST_OUTPUT} bytes"))]);
            }
            if count == LONGEST_LINE && !line.ends_with(b"\n") {
                let message = format!("the line has more than {LONGEST_LINE} bytes");
                return Err(vec![self.not_a_row(number, &message)]);
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            match reader.read(&line, rows) {
                Ok(()) => rows
                    .push(number, |column| reader.value(column))
                    .map_err(|full| vec![self.failed(&full.to_string())])?,
                Err(message) => bad.push(self.not_a_row(number, &message)),
            }
            if bad.len() == MOST_EXAMPLES {
                break;
            }
        }
        if bad.is_empty() { Ok(()) } else { Err(bad) }
    }

    fn not_a_row(&self, line: u64, message: &str) -> Diagnostic {
        let message = format!("{}: line {line} of its output is no row: {message}", self.origin());
        Diagnostic::error(&codes::EXEC_OUTPUT, message)
            .at(self.span, "run from here")
            .help("every line must be one JSON object of strings, numbers, booleans and null")
    }
}

/// Adds what the program said last.
fn with_errors(diagnostic: Diagnostic, errors: &[String]) -> Diagnostic {
    let said = match errors {
        [] => "it wrote nothing to standard error".to_owned(),
        lines => format!("it wrote to standard error: {}", lines.join(" | ")),
    };
    diagnostic.help(said)
}
