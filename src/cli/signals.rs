//! Ctrl-C and the system's request to end.

use std::io;

use tokio::signal::unix::{self, SignalKind};

/// Who wants it to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Somebody at the terminal.
    Interrupt,
    /// The system.
    Terminate,
}

/// Signals as they come.
pub(super) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

/// Catches both signals from now on.
///
/// # Errors
/// Where the system does not let it.
pub(super) fn listen() -> io::Result<Signals> {
    Ok(Signals {
        interrupt: unix::signal(SignalKind::interrupt())?,
        terminate: unix::signal(SignalKind::terminate())?,
    })
}

impl Signals {
    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}
