//! The contract with pipelines: what each exit code means.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; for a plan, with changes too.
    Done,
    /// Could not do it; nothing was changed.
    Failed,
    /// With `--detailed-exitcode` only: there are changes.
    Changes,
    /// Manifests or inventories are invalid.
    Invalid,
    /// A guard blocks.
    Blocked,
    /// The plan is stale or for another target; nothing was changed.
    Stale,
    /// Applied in part; `apply` again continues.
    Partial,
    /// With `--detailed-exitcode` only: applied, reclaims wait for devices.
    Waiting,
    /// The command line is wrong.
    Usage,
    /// Interrupted, everything in flight was followed to its end.
    Interrupted,
    /// Asked to end by the system, everything in flight was followed to its end.
    Terminated,
}

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Invalid => 3,
            Self::Blocked => 4,
            Self::Stale => 5,
            Self::Partial => 6,
            Self::Waiting => 7,
            Self::Usage => 64,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
