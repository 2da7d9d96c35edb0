use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;

use super::{AssetRecord, AssignmentRecord, UserEntry, stream};
use crate::apple::error::{AppleError, CallName};
use crate::apple::judge::Good;
use crate::apple::session::Session;

/// What a list holds.
pub trait PageKind {
    /// One of its records, borrowed from the answer.
    type Record<'a>: Deserialize<'a>;
}

/// The list of assets (Apple's page: get-assets-4ski1).
#[derive(Debug)]
pub struct Assets;

/// The list of assignments (Apple's page: get-assignments-9wv1e).
#[derive(Debug)]
pub struct Assignments;

/// The list of users (Apple's page: get-users-4mwln).
#[derive(Debug)]
pub struct Users;

impl PageKind for Assets {
    type Record<'a> = AssetRecord<'a>;
}

impl PageKind for Assignments {
    type Record<'a> = AssignmentRecord<'a>;
}

impl PageKind for Users {
    type Record<'a> = UserEntry<'a>;
}

/// One page of a list as it came: no error, but not parsed yet.
pub struct Answer<K> {
    session: Arc<Session>,
    call: CallName,
    good: Good,
    asked: u32,
    kind: PhantomData<fn() -> K>,
}

/// One page of a list. Its records borrow from the [`Answer`].
#[derive(Debug)]
pub struct Page<R> {
    /// Which page it is, from 0.
    pub index: u32,
    /// The next page, where there is one (`nextPageIndex`).
    pub next: Option<u32>,
    /// How many pages there are now (`totalPages`).
    pub total_pages: Option<u32>,
    /// State of the whole list at the moment of the answer (`versionId`).
    pub version: Option<String>,
    /// The records. Pages may overlap and repeat.
    pub records: Vec<R>,
    /// Assets that were listed apart as unlimited (`unlimitedAssets`).
    pub unlimited: Vec<R>,
}

/// A page without its records, which were handed over one by one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Frame {
    /// As [`Page::index`].
    pub index: u32,
    /// As [`Page::next`].
    pub next: Option<u32>,
    /// As [`Page::total_pages`].
    pub total_pages: Option<u32>,
    /// As [`Page::version`].
    pub version: Option<String>,
    /// How many records there were, unlimited ones included.
    pub records: u64,
}

/// Why a page was not read to its end.
#[derive(Debug)]
pub enum PageError<E> {
    /// It is no such page, or of another library.
    Apple(AppleError),
    /// A record was not taken.
    Record(E),
}

impl<K> Answer<K> {
    pub(in crate::apple) fn new(
        session: Arc<Session>,
        call: CallName,
        good: Good,
        asked: u32,
    ) -> Self {
        Self { session, call, good, asked, kind: PhantomData }
    }
}

impl<K: PageKind> Answer<K> {
    /// The page that was asked for.
    pub fn asked(&self) -> u32 {
        self.asked
    }

    /// Parses the page, hands over each record as it is read (and whether it stands among the
    /// unlimited ones), and holds the page against the expected library.
    ///
    /// Records come before the page is known to be the right one: whoever takes them must be ready
    /// to throw them away.
    ///
    /// # Errors
    /// [`AppleError::Protocol`] where it is not such a page or not the one asked for,
    /// [`AppleError::WrongLocation`] where it comes from another library; else what `take` says.
    pub fn each<'a, E>(
        &'a self,
        mut take: impl FnMut(K::Record<'a>, bool) -> Result<(), E>,
    ) -> Result<Frame, PageError<E>> {
        let mut refused = None;
        let mut taker = |record: K::Record<'a>, unlimited: bool| {
            take(record, unlimited).map_err(|error| refused = Some(error)).is_ok()
        };
        let seed = stream::Whole::new(&mut taker);
        let parsed = self.session.parse_checked_with(&self.call, &self.good, seed);
        if let Some(error) = refused {
            return Err(PageError::Record(error));
        }
        self.frame(parsed.map_err(PageError::Apple)?).map_err(PageError::Apple)
    }

    /// Holds what stands around the records against what was asked for.
    fn frame(&self, raw: stream::Around) -> Result<Frame, AppleError> {
        let wrong = |reason: String| Err(self.session.not_apples(&self.call, &self.good, &reason));
        let index = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        // A server that drops the page's number would answer with page 0 for ever.
        if let Some(current) = raw.current_page_index
            && current != i64::from(self.asked)
        {
            return wrong(format!("page {} was asked for and page {current} came", self.asked));
        }
        let next = index(raw.next_page_index);
        if let Some(next) = next
            && next <= self.asked
        {
            return wrong(format!("after page {} it points to page {next}", self.asked));
        }
        if let (Some(size), Some(_)) = (raw.size, next)
            && raw.records < size
        {
            return wrong(format!("it announces {size} records and holds {}", raw.records));
        }
        Ok(Frame {
            index: self.asked,
            next,
            total_pages: index(raw.total_pages),
            version: raw.version_id,
            records: raw.records,
        })
    }

    /// Parses the page whole and holds it against the expected library.
    ///
    /// # Errors
    /// [`AppleError::Protocol`] where it is not such a page or not the one asked for,
    /// [`AppleError::WrongLocation`] where it comes from another library.
    pub fn read(&self) -> Result<Page<K::Record<'_>>, AppleError> {
        let (mut records, mut unlimited) = (vec![], vec![]);
        let frame = self.each(|record, apart| {
            if apart {
                unlimited.push(record);
            } else {
                records.push(record);
            }
            Ok::<_, Infallible>(())
        });
        match frame {
            Ok(Frame { index, next, total_pages, version, records: _ }) => {
                Ok(Page { index, next, total_pages, version, records, unlimited })
            }
            Err(PageError::Apple(error)) => Err(error),
            Err(PageError::Record(never)) => match never {},
        }
    }
}

impl<K> fmt::Debug for Answer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("call", &self.call)
            .field("bytes", &self.good.text.len())
            .finish_non_exhaustive()
    }
}
