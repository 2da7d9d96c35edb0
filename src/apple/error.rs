use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::codes;
use super::number::{Class, TokenProblem, error_number};
use crate::actual::MdmInfo;
use crate::diagnostic::Code;

/// Which request an error speaks of. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallName(Arc<Call>);

#[derive(Debug, PartialEq, Eq)]
struct Call {
    location: Option<String>,
    method: &'static str,
    path: String,
}

impl CallName {
    pub(super) fn new(location: Option<String>, method: &'static str, path: String) -> Self {
        Self(Arc::new(Call { location, method, path }))
    }

    /// Name of the location, where one was given.
    pub fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// `GET` or `POST`.
    pub fn method(&self) -> &'static str {
        self.0.method
    }

    /// Path below the endpoint, with its page, such as `assignments (page 3)`.
    pub fn path(&self) -> &str {
        &self.0.path
    }
}

impl fmt::Display for CallName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = self.location() {
            write!(f, "{location}: ")?;
        }
        write!(f, "{} {}", self.method(), self.path())
    }
}

/// What Apple said in an error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// HTTP status.
    pub status: u16,
    /// Apple's `errorNumber`, where the answer carries one.
    pub number: Option<i64>,
    /// Apple's `errorMessage`, or the beginning of a body that is not Apple's; cleaned of control
    /// characters and of anything that looks like the token, at most 300 characters.
    pub message: String,
}

impl Said {
    /// What a caller must do, by number, else by status.
    pub fn class(&self) -> Class {
        if let Some(entry) = self.number.and_then(error_number) {
            return entry.class;
        }
        match self.status {
            401 => Class::Token(TokenProblem::Invalid),
            403 | 410 | 451 => Class::Stop,
            408 | 425 | 429 | 500..=599 => Class::Retry,
            404 | 405 | 407 | 415 => Class::Request,
            _ => Class::Change,
        }
    }

    fn next(&self) -> &'static str {
        if let Some(entry) = self.number.and_then(error_number) {
            return entry.next;
        }
        match self.class() {
            Class::Token(_) => {
                "check that the Location's `token:` is the whole .vpptoken file as downloaded, or \
                 download a new one"
            }
            Class::Stop => "check that the account that downloaded the token may do this",
            Class::Retry => "run it again later",
            Class::Request => "check the endpoint and any proxy between this machine and Apple",
            Class::Limits
            | Class::StaleVersion
            | Class::PageOutOfRange
            | Class::UnknownEvent
            | Class::Change
            | Class::Stock
            | Class::Settled
            | Class::Config => {
                "look the number up in Apple's documentation (Handling error responses)"
            }
        }
    }
}

impl fmt::Display for Said {
    /// `9709 not enough licenses (Apple: "…", HTTP 400)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.number, self.number.and_then(error_number)) {
            (Some(number), Some(entry)) => write!(f, "error {number}, {} (", entry.meaning)?,
            (Some(number), None) => write!(f, "error {number}, which vpp does not know (")?,
            (None, _) => write!(f, "no error number (")?,
        }
        if !self.message.is_empty() {
            write!(f, "\"{}\", ", self.message)?;
        }
        write!(f, "HTTP {})", self.status)
    }
}

/// Why a call to Apple failed, told apart by what the caller must do.
///
/// No text in here contains the token, even where the server echoed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppleError {
    /// Trying again did not help within the budget.
    Exhausted {
        /// Which request.
        call: CallName,
        /// The last answer; `None` where none came.
        said: Option<Said>,
        /// What else is known of the last try.
        reason: String,
        /// How often it was sent.
        tries: u32,
        /// How long it is to wait before the next request, where Apple said so.
        wait: Option<Duration>,
    },
    /// The token opens nothing: nothing more can be done in this location.
    Token {
        /// Which request.
        call: CallName,
        /// What is wrong with it.
        problem: TokenProblem,
        /// Apple's answer.
        said: Said,
    },
    /// The request was over a limit: read the limits again and cut it smaller.
    Limits {
        /// Which request.
        call: CallName,
        /// Apple's answer.
        said: Said,
    },
    /// The `sinceVersionId` is too old (9721): read everything.
    StaleVersion {
        /// Which request.
        call: CallName,
        /// Apple's answer.
        said: Said,
    },
    /// There is no such page (9650).
    PageOutOfRange {
        /// Which request.
        call: CallName,
        /// Apple's answer.
        said: Said,
    },
    /// The token opens another library than the one expected.
    WrongLocation {
        /// Which request.
        call: CallName,
        /// The library that was expected.
        expected: String,
        /// The library that answered.
        found: String,
        /// Whether the expectation is pinned; else it is what this session saw first.
        pinned: bool,
    },
    /// Another owner holds the location, so nothing is written.
    ForeignOwner {
        /// Which request was not sent.
        call: CallName,
        /// The id of the owner that was expected; `None` where the location was unclaimed.
        expected: Option<String>,
        /// Who owns it by Apple's latest answer.
        found: Option<MdmInfo>,
    },
    /// Apple refused.
    Refused {
        /// Which request.
        call: CallName,
        /// Apple's answer.
        said: Said,
    },
    /// The write was sent and what became of it is not known: settle it by reading.
    Unknown {
        /// Which request.
        call: CallName,
        /// What is known.
        reason: String,
    },
    /// No connection: nothing was sent, or for a read no answer came.
    Transport {
        /// Which request.
        call: CallName,
        /// Where to.
        endpoint: String,
        /// What the network said.
        reason: String,
        /// How often it was tried.
        tries: u32,
    },
    /// An answer that points to another address; it is never followed with a token.
    Redirect {
        /// Which request.
        call: CallName,
        /// HTTP status.
        status: u16,
        /// Host it points to, where it says so legibly.
        target: Option<String>,
    },
    /// An answer that is not what Apple documents.
    Protocol {
        /// Which request.
        call: CallName,
        /// HTTP status.
        status: u16,
        /// Its content type, as sent.
        content_type: Option<String>,
        /// What is wrong with it.
        reason: String,
        /// How the body begins, cleaned like [`Said::message`].
        start: String,
    },
    /// The HTTP client could not be set up.
    Setup {
        /// Why.
        reason: String,
    },
}

impl AppleError {
    /// Apple's error number, where there is one.
    pub fn number(&self) -> Option<i64> {
        self.said()?.number
    }

    /// What Apple said, where it answered with an error.
    pub fn said(&self) -> Option<&Said> {
        match self {
            Self::Exhausted { said, .. } => said.as_ref(),
            Self::Token { said, .. }
            | Self::Limits { said, .. }
            | Self::StaleVersion { said, .. }
            | Self::PageOutOfRange { said, .. }
            | Self::Refused { said, .. } => Some(said),
            Self::WrongLocation { .. }
            | Self::ForeignOwner { .. }
            | Self::Unknown { .. }
            | Self::Transport { .. }
            | Self::Redirect { .. }
            | Self::Protocol { .. }
            | Self::Setup { .. } => None,
        }
    }

    /// Whether a write may have happened all the same: settle it by reading.
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Whether the same may work later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Exhausted { .. } | Self::Transport { .. } | Self::Unknown { .. })
    }

    /// Whether nothing more can be done in this location.
    pub fn stops_location(&self) -> bool {
        match self {
            Self::Token { .. }
            | Self::WrongLocation { .. }
            | Self::ForeignOwner { .. }
            | Self::Redirect { .. }
            | Self::Setup { .. } => true,
            Self::Refused { said, .. } => said.class() == Class::Stop,
            Self::Exhausted { .. }
            | Self::Limits { .. }
            | Self::StaleVersion { .. }
            | Self::PageOutOfRange { .. }
            | Self::Unknown { .. }
            | Self::Transport { .. }
            | Self::Protocol { .. } => false,
        }
    }

    /// The code it is explained under.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Exhausted { .. } => &codes::EXHAUSTED,
            Self::Token { problem, .. } => match problem {
                TokenProblem::Expired => &codes::TOKEN_EXPIRED,
                TokenProblem::Revoked => &codes::TOKEN_REVOKED,
                TokenProblem::Missing | TokenProblem::Invalid | TokenProblem::Malformed => {
                    &codes::TOKEN_INVALID
                }
            },
            Self::Limits { .. } => &codes::LIMITS,
            Self::StaleVersion { .. } | Self::PageOutOfRange { .. } => &codes::MOVED,
            Self::WrongLocation { .. } => &codes::WRONG_LOCATION,
            Self::ForeignOwner { .. } => &codes::FOREIGN_OWNER,
            Self::Refused { .. } => &codes::REFUSED,
            Self::Unknown { .. } => &codes::UNKNOWN_OUTCOME,
            Self::Transport { .. } | Self::Setup { .. } => &codes::TRANSPORT,
            Self::Redirect { .. } => &codes::REDIRECT,
            Self::Protocol { .. } => &codes::PROTOCOL,
        }
    }
}

impl std::error::Error for AppleError {}

impl fmt::Display for AppleError {
    /// What happened, on which request, Apple's number and text, and after a semicolon what to do
    /// next. One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted { call, said, reason, tries, wait } => {
                write!(f, "{call}: gave up after {}: ", times(*tries))?;
                match said {
                    Some(said) => write!(f, "Apple answered {said}")?,
                    None => f.write_str(reason)?,
                }
                match wait {
                    Some(wait) => write!(
                        f,
                        "; Apple asks to send nothing for another {}: run it again after that",
                        seconds(*wait)
                    ),
                    None => f.write_str("; nothing needs to be changed: run it again later"),
                }
            }
            Self::Token { call, problem: _, said }
            | Self::Limits { call, said }
            | Self::StaleVersion { call, said }
            | Self::PageOutOfRange { call, said }
            | Self::Refused { call, said } => {
                write!(f, "{call}: Apple answered {said}; {}", said.next())
            }
            Self::WrongLocation { call, expected, found, pinned: true } => write!(
                f,
                "{call}: the token opens library {found}, but the Location pins uid {expected}; \
                 use the token of that library, or correct `uid:` if the Location is meant to move"
            ),
            Self::WrongLocation { call, expected, found, pinned: false } => write!(
                f,
                "{call}: the answer comes from library {found}, but earlier answers came from \
                 {expected}; something between this machine and Apple mixes answers up, nothing \
                 was taken from it: pin `uid:` in the Location and run it again"
            ),
            Self::ForeignOwner { call, expected, found } => {
                write!(f, "{call}: not sent, ")?;
                match found {
                    Some(owner) => write!(
                        f,
                        "the location is now claimed by \"{}\" (id {})",
                        clean(&owner.name),
                        clean(&owner.id)
                    )?,
                    None => f.write_str("nobody claims the location any more")?,
                }
                match expected {
                    Some(id) => write!(f, ", expected was id {id}")?,
                    None => f.write_str(", before nobody had")?,
                }
                f.write_str(
                    "; two tools on one location take licenses from each other: agree with the \
                     other owner, then take it over with `vpp claim`",
                )
            }
            Self::Unknown { call, reason } => write!(
                f,
                "{call}: sent, but what became of it is not known: {reason}; it is not sent \
                 again: the location is read to see what happened, run it again to continue"
            ),
            Self::Transport { call, endpoint, reason, tries } => write!(
                f,
                "{call}: no answer from {endpoint} after {}: {reason}; check the network, the \
                 proxy settings (HTTPS_PROXY, NO_PROXY) and the endpoint",
                times(*tries)
            ),
            Self::Redirect { call, status, target } => write!(
                f,
                "{call}: the server points to {} (HTTP {status}), and a token is never sent to \
                 another address than the endpoint; sign in to the network if it has a login \
                 page, else correct `endpoint:` of the Location",
                target.as_deref().unwrap_or("another address")
            ),
            Self::Protocol { call, status, content_type, reason, start } => write!(
                f,
                "{call}: the answer is not Apple's: {reason} (HTTP {status}, {}, it begins \
                 \"{start}\"); check the endpoint and any proxy or login page between this \
                 machine and Apple",
                content_type.as_deref().unwrap_or("no content type")
            ),
            Self::Setup { reason } => write!(
                f,
                "the HTTPS client could not be set up: {reason}; check the system's certificates \
                 and proxy settings"
            ),
        }
    }
}

fn times(tries: u32) -> String {
    if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") }
}

fn seconds(wait: Duration) -> String {
    let seconds = wait.as_secs().max(1);
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

/// Foreign text without control characters, at most 300 characters.
pub(crate) fn clean(text: &str) -> String {
    let mut words = text
        .chars()
        .map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c })
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if let Some((end, _)) = words.char_indices().nth(300) {
        words.truncate(end);
        words.push('…');
    }
    words
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
