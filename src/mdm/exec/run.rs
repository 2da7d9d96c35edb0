//! One question, one process, one answer.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::de::DeserializeOwned;

use super::wire::{Op, Question};
use crate::apple::{Scrubber, clean};
use crate::inventory::Environment;
use crate::manifest::kind::MdmProgram;
use crate::program::{ALWAYS, Child, End, Start};

/// Longer answers are none: an inventory comes in pages.
const LONGEST: u64 = 16 << 20;

/// The exit code of a program that wants to be asked later (`EX_TEMPFAIL`).
const LATER: i32 = 75;

/// A program and what it may see.
#[derive(Debug)]
pub(super) struct Program {
    folder: Utf8PathBuf,
    command: Vec<String>,
    variables: BTreeMap<String, String>,
    timeout: Duration,
    scrub: Scrubber,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// It wants to be asked later.
    Later(String),
    /// It failed; whether it did something before that is not known.
    Failed(String),
}

impl NoAnswer {
    pub(super) fn why(self) -> String {
        match self {
            Self::Later(why) | Self::Failed(why) => why,
        }
    }
}

impl Program {
    /// # Errors
    /// Where programs may not be run, or a variable is not set.
    pub(super) fn new(
        settings: &MdmProgram,
        folder: Utf8PathBuf,
        environment: &Environment,
    ) -> Result<Self, String> {
        let MdmProgram { command, env, timeout, webhook: _ } = settings;
        let name = command.first().map(|name| clean(name)).unwrap_or_default();
        if !environment.allow_exec {
            return Err(format!(
                "its program {name} was not run\nhint: leave out --no-exec where you trust whoever can \
                 change these manifests"
            ));
        }
        if let Some(missing) = env.iter().find(|name| !environment.vars.contains_key(*name)) {
            return Err(format!(
                "{name}: the environment variable {missing} is not set\nhint: set it where this tool \
                 runs, or take it off the `env` of the Mdm"
            ));
        }
        let named = ALWAYS.into_iter().chain(env.iter().map(String::as_str));
        let variables: BTreeMap<_, _> = named
            .filter_map(|name| Some((name.to_owned(), environment.vars.get(name)?.clone())))
            .collect();
        // What was named is a secret, whatever it is called; where programs live is none.
        let secrets = env.iter().filter(|name| !ALWAYS.contains(&name.as_str()));
        let scrub =
            Scrubber::of(secrets.filter_map(|name| variables.get(name)).map(String::as_str));
        Ok(Self { folder, command: command.clone(), variables, timeout: *timeout, scrub })
    }

    /// The program and the operation, for messages.
    pub(super) fn endpoint(&self, op: &str) -> String {
        format!("{} {op}", self.command.first().map(|name| clean(name)).unwrap_or_default())
    }

    /// Foreign text as one clean line without what the program was given.
    pub(super) fn line(&self, text: &str) -> String {
        self.scrub.line(text)
    }

    /// Asks, and waits for the answer. Blocks.
    pub(super) fn ask<T: DeserializeOwned>(&self, op: Op<'_>) -> Result<T, NoAnswer> {
        let failed = |why: String| NoAnswer::Failed(why);
        let name = op.name();
        let mut input =
            serde_json::to_vec(&Question::new(op)).map_err(|error| failed(error.to_string()))?;
        input.push(b'\n');
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(failed("the command is empty".to_owned()));
        };
        let variables: Vec<_> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut child = Child::start(Start {
            folder: &self.folder,
            program,
            arguments,
            variables: &variables,
            input: Some(input),
            timeout: self.timeout,
        })
        .map_err(|error| NoAnswer::Failed(format!("it could not be started: {error}")))?;
        let mut output = Vec::new();
        let read = match child.output() {
            Some(pipe) => pipe.take(LONGEST + 1).read_to_end(&mut output).map(|_| ()),
            None => Ok(()),
        };
        let too_long = u64::try_from(output.len()).unwrap_or(u64::MAX) > LONGEST;
        match child.end(too_long || read.is_err()) {
            End::TimedOut { errors } => Err(failed(self.said(
                &format!("it took longer than {:?} and was stopped", self.timeout),
                &errors,
            ))),
            End::Done | End::Failed { .. } if too_long => {
                Err(failed(format!("its answer is longer than {} MiB", LONGEST >> 20)))
            }
            End::Failed { status, errors } if status.code() == Some(LATER) => {
                Err(NoAnswer::Later(self.said("it asks to be asked later", &errors)))
            }
            End::Failed { status, errors } => {
                Err(failed(self.said(&format!("it ended with {status}"), &errors)))
            }
            End::Done => {
                read.map_err(|error| NoAnswer::Failed(error.to_string()))?;
                serde_json::from_slice(&output).map_err(|error| {
                    NoAnswer::Failed(format!("its answer is no answer to `{name}`: {error}"))
                })
            }
        }
    }

    fn said(&self, what: &str, errors: &[String]) -> String {
        match errors {
            [] => format!("{what}; it wrote nothing to standard error"),
            lines => {
                format!("{what}; it wrote to standard error: {}", self.line(&lines.join(" | ")))
            }
        }
    }
}
