use std::time::Duration;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::inventory::codes;

/// Why a server's inventory could not be read. None of the texts holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::inventory) enum Trouble {
    /// Nothing could be asked at all.
    #[error("{0}")]
    Setup(String),
    /// The secret is not to be had.
    #[error("{0}")]
    Secret(String),
    /// No answer came, or none but errors of the server's own.
    #[error("{call}: {why} ({tries} tries)")]
    NoAnswer { call: String, why: String, tries: u32 },
    /// It asks to be left alone for longer than there is time.
    #[error("{call}: the server throttles and {}", asked(*.wait))]
    Throttled { call: String, wait: Option<Duration> },
    /// It says no.
    #[error("{call}: the server refuses with HTTP {status}{said}")]
    Refused { call: String, status: u16, said: String },
    /// It answers something that is no answer.
    #[error("{call}: {why}")]
    Unusable { call: String, why: String },
    /// What it lists is not the whole, or contradicts itself. Reading again may help.
    #[error("{0}")]
    Incomplete(String),
    /// The time of the inventory is over.
    #[error("it took longer than {0:?}")]
    Late(Duration),
}

fn asked(wait: Option<Duration>) -> String {
    match wait {
        None => "does not say for how long".to_owned(),
        Some(wait) if wait > Duration::from_hours(48) => {
            "asks to wait for longer than two days".to_owned()
        }
        Some(wait) => format!("asks to wait {wait:?}, longer than this inventory may take"),
    }
}

impl Trouble {
    fn code(&self) -> &'static Code {
        match self {
            Self::Setup(_) | Self::NoAnswer { .. } | Self::Throttled { .. } | Self::Late(_) => {
                &codes::NO_ANSWER
            }
            Self::Secret(_) => &codes::SECRET,
            Self::Refused { .. } => &codes::REFUSED,
            Self::Unusable { .. } | Self::Incomplete(_) => &codes::INCOMPLETE,
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Setup(_) => "correct the inventory's manifest",
            Self::Secret(_) => "the secret is read late, and only where it is needed",
            Self::NoAnswer { .. } => {
                "check that the server can be reached from here, and run again"
            }
            Self::Throttled { .. } | Self::Late(_) => {
                "run again later, or give the inventory more time with `timeout`"
            }
            Self::Refused { status: 401, .. } => {
                "the secret is wrong, has expired or was revoked: make a new one"
            }
            Self::Refused { status: 403, .. } => {
                "the account of this secret lacks a permission: README, Inventory, lists which are needed"
            }
            Self::Refused { status: 404, .. } => {
                "something the manifest names is not there: check the ids and the address"
            }
            Self::Refused { .. } => "read what the server says",
            Self::Unusable { .. } | Self::Incomplete(_) => {
                "nothing is planned from half an inventory; run again, and where it stays, ask whoever runs the server"
            }
        }
    }

    /// As a problem of the manifest that names the server.
    pub(in crate::inventory) fn diagnostic(&self, origin: &str, span: Span) -> Diagnostic {
        Diagnostic::error(self.code(), format!("{origin}: {self}"))
            .at(span, "read from here")
            .help(self.help())
    }
}
