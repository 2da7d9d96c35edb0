//! Why a command ended early: what to say and which exit code.

use super::exit::Exit;

/// Why a command ended early.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// `None` where everything has been said already.
    pub(super) message: Option<String>,
}

impl Failure {
    /// Ends with this code and says why.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: Some(message.into()) }
    }

    /// Ends with this code; the reason has been printed.
    pub(super) fn said(exit: Exit) -> Self {
        Self { exit, message: None }
    }

    /// The command line is wrong.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    /// Could not do it; nothing was changed.
    fn from(error: E) -> Self {
        Self::new(Exit::Failed, format!("{:#}", error.into()))
    }
}
