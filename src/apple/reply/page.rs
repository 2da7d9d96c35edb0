use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;

use super::{AssetRecord, AssignmentRecord, Envelope, Enveloped, RawMdmInfo, UserEntry};
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Raw<R> {
    #[serde(alias = "assets", alias = "assignments", alias = "users")]
    records: Option<Vec<R>>,
    unlimited_assets: Option<Vec<R>>,
    current_page_index: Option<i64>,
    next_page_index: Option<i64>,
    size: Option<u64>,
    total_pages: Option<i64>,
    version_id: Option<String>,
    u_id: Option<String>,
    mdm_info: Option<RawMdmInfo>,
    token_expiration_date: Option<String>,
}

impl<R> Enveloped for Raw<R> {
    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            uid: self.u_id.as_deref(),
            owner: self.mdm_info.as_ref().and_then(RawMdmInfo::owner),
            expires: self.token_expiration_date.as_deref(),
        }
    }
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
    /// Parses the page and holds it against the expected library.
    ///
    /// # Errors
    /// [`AppleError::Protocol`] where it is not such a page or not the one asked for,
    /// [`AppleError::WrongLocation`] where it comes from another library.
    pub fn read(&self) -> Result<Page<K::Record<'_>>, AppleError> {
        let raw: Raw<K::Record<'_>> = self.session.parse_checked(&self.call, &self.good)?;
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
        let records = raw.records.unwrap_or_default();
        let unlimited = raw.unlimited_assets.unwrap_or_default();
        let came = records.len() + unlimited.len();
        if let (Some(size), Some(_)) = (raw.size, next)
            && u64::try_from(came).is_ok_and(|came| came < size)
        {
            return wrong(format!("it announces {size} records and holds {came}"));
        }
        Ok(Page {
            index: self.asked,
            next,
            total_pages: index(raw.total_pages),
            version: raw.version_id,
            records,
            unlimited,
        })
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
