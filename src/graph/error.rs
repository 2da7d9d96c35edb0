use std::fmt;
use std::time::Duration;

/// Which request an error speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// GET or POST.
    pub method: &'static str,
    /// Path without query, as far as it names no secret.
    pub path: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path } = self;
        write!(f, "Graph {method} {path}")
    }
}

/// Why Graph could not be asked, or what it refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Signing in failed.
    #[error("signing in to Microsoft Entra failed: {said}; {help}")]
    SignIn {
        /// What Entra said.
        said: String,
        /// What to do next.
        help: &'static str,
    },
    /// Graph refused the request.
    #[error("{call}: HTTP {status}, {code}: {message}{}", hint(*help))]
    Refused {
        /// The request.
        call: Call,
        /// HTTP status.
        status: u16,
        /// Graph's own word for it, for example `Forbidden`.
        code: String,
        /// Graph's text.
        message: String,
        /// What to do next, where known.
        help: Option<&'static str>,
    },
    /// Trying again did not help within the budget.
    #[error(
        "{call}: given up after {tries} tries: {reason}{}; run it again later", asked(*wait)
    )]
    Exhausted {
        /// The request.
        call: Call,
        /// What came last.
        reason: String,
        /// How often it was tried.
        tries: u32,
        /// How long the server asked to wait.
        wait: Option<Duration>,
    },
    /// A write may have been done or not; reading tells.
    #[error("{call}: what became of it is not known ({reason})")]
    Unknown {
        /// The request.
        call: Call,
        /// Why.
        reason: String,
    },
    /// The answer is not what Graph documents, or a list is not whole.
    #[error("{call}: {reason}; nothing is made of such an answer")]
    Protocol {
        /// The request.
        call: Call,
        /// What is wrong with it.
        reason: String,
    },
    /// The client could not be set up.
    #[error("the client for Microsoft Graph cannot be set up: {reason}")]
    Setup {
        /// Why.
        reason: String,
    },
}

fn hint(help: Option<&'static str>) -> String {
    help.map(|help| format!("; {help}")).unwrap_or_default()
}

fn asked(wait: Option<Duration>) -> String {
    wait.map(|wait| format!(" (asked to wait {} s)", wait.as_secs())).unwrap_or_default()
}

impl GraphError {
    /// Whether Graph does not have what was asked for.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}
