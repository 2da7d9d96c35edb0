use crate::apple::{AppleError, RecordError, codes};
use crate::diagnostic::Code;
use crate::license::{Asset, RosterFull};

/// Why a location was not read. Nothing of what was read until then is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A request failed.
    #[error(transparent)]
    Apple(#[from] AppleError),
    /// A record makes no sense. It is never skipped: that would make the location look smaller.
    #[error(
        "{list}, page {page}: a record cannot be read: {problem}; look it up in Apple Business or \
         School Manager and correct it there, or report it"
    )]
    Record {
        /// Which list.
        list: &'static str,
        /// Which page, from 0.
        page: u32,
        /// What is wrong with it.
        problem: RecordError,
    },
    /// The list of holders and Apple's count still differ after several tries.
    #[error(
        "asset {asset}: Apple lists {holders} holders and counts {assigned} (assignedCount), \
         after {tries} more tries; Apple may still be working on earlier changes: wait some \
         minutes, then run it again"
    )]
    Inconsistent {
        /// Which asset.
        asset: Asset,
        /// Holders listed.
        holders: u64,
        /// Apple's count.
        assigned: u64,
        /// How often it was listed again.
        tries: u32,
    },
    /// A list changed during every try to read it whole.
    #[error(
        "{what} changed during each of {tries} tries to read it whole; another tool writes in \
         this location, or Apple is still working on a large change: wait until that is done, \
         then run it again"
    )]
    Unsettled {
        /// Which list.
        what: String,
        /// How often it was read.
        tries: u32,
    },
    /// No answer said which library it speaks of.
    #[error(
        "no answer says which library it speaks of (uId), so it cannot be told whose licenses \
         these are; check the endpoint"
    )]
    Nameless,
    /// More holders than can be numbered.
    #[error(transparent)]
    Roster(#[from] RosterFull),
}

impl ReadError {
    /// The code it is explained under.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Apple(error) => error.code(),
            Self::Record { .. } => &codes::RECORD,
            Self::Inconsistent { .. } => &codes::INCONSISTENT,
            Self::Unsettled { .. } => &codes::UNSETTLED,
            Self::Nameless | Self::Roster(_) => &codes::PROTOCOL,
        }
    }
}
