//! Which Graph is asked, and how patiently.

use std::time::Duration;

use super::Address;

/// Which of Graph's two versions is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// The one Microsoft promises to keep.
    V1,
    /// The one with everything the portal shows.
    Beta,
}

impl Version {
    /// The first part of a path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// How Graph is asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where Graph is.
    pub graph: Address,
    /// Where signing in is.
    pub login: Address,
    /// How long one call may go on trying.
    pub budget: Duration,
    /// The pause after the first failed try; doubled each time, up to 30 s.
    pub first_pause: Duration,
}

impl Options {
    /// Microsoft's own addresses; five minutes of trying.
    ///
    /// # Errors
    /// None in practice: the addresses are constants.
    pub fn microsoft() -> Result<Self, super::AddressError> {
        Ok(Self {
            graph: Address::graph()?,
            login: Address::login()?,
            budget: Duration::from_mins(5),
            first_pause: Duration::from_millis(500),
        })
    }
}
