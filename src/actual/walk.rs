use std::future::Future;

use tokio::task::JoinSet;

use super::error::ReadError;
use super::read::{Progress, ReadStage};
use crate::apple::{
    Answer, AppleError, AssetFilter, Assets, AssignmentFilter, Assignments, Frame, PageError,
    PageKind, Reader, RecordError, UserFilter, Users,
};

/// A list that can be walked.
pub(super) trait Listing: PageKind + Sized + 'static {
    type Filter: Clone + Send + Sync + 'static;
    const NAME: &'static str;
    const STAGE: ReadStage;

    fn fetch(
        reader: &Reader,
        filter: &Self::Filter,
        page: u32,
    ) -> impl Future<Output = Result<Answer<Self>, AppleError>> + Send;
}

impl Listing for Assets {
    type Filter = AssetFilter;
    const NAME: &'static str = "assets";
    const STAGE: ReadStage = ReadStage::Assets;

    async fn fetch(
        reader: &Reader,
        filter: &AssetFilter,
        page: u32,
    ) -> Result<Answer<Self>, AppleError> {
        reader.assets(filter, page).await
    }
}

impl Listing for Assignments {
    type Filter = AssignmentFilter;
    const NAME: &'static str = "assignments";
    const STAGE: ReadStage = ReadStage::Assignments;

    async fn fetch(
        reader: &Reader,
        filter: &AssignmentFilter,
        page: u32,
    ) -> Result<Answer<Self>, AppleError> {
        reader.assignments(filter, page).await
    }
}

impl Listing for Users {
    type Filter = UserFilter;
    const NAME: &'static str = "users";
    const STAGE: ReadStage = ReadStage::Users;

    async fn fetch(
        reader: &Reader,
        filter: &UserFilter,
        page: u32,
    ) -> Result<Answer<Self>, AppleError> {
        reader.users(filter, page).await
    }
}

/// Takes the records of pages one by one, in no order, some of them more than once.
pub(super) trait Sink<K: PageKind> {
    /// `unlimited` where it stood apart as such.
    fn take(&mut self, record: &K::Record<'_>, unlimited: bool) -> Result<(), TakeError>;
}

/// Why a record was not taken.
#[derive(Debug)]
pub(super) enum TakeError {
    Record(RecordError),
    Roster(crate::license::RosterFull),
}

impl From<RecordError> for TakeError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<crate::license::RosterFull> for TakeError {
    fn from(error: crate::license::RosterFull) -> Self {
        Self::Roster(error)
    }
}

/// Pages that may have come while another one is parsed, so that none is waited for.
const AHEAD: usize = 3;

/// What a walk over a list's pages has seen so far.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// State of the list at the first page.
    pub(super) version: Option<String>,
    /// Whether the list changed on the way: then records may be missing, though none is invented
    /// that was never there. A walk that did not is a picture of one moment.
    pub(super) moved: bool,
    /// How many pages there are, as far as is known.
    pub(super) pages: u32,
    /// Records on the first page.
    pub(super) page_size: u64,
    /// How many pages were read.
    pub(super) read: u32,
    /// Pages from here on do not exist.
    end: Option<u32>,
    announced: Option<u32>,
}

impl Walk {
    /// Reads page 0.
    pub(super) async fn begin<K: Listing>(
        reader: &Reader,
        filter: &K::Filter,
        sink: &mut impl Sink<K>,
        progress: &Progress<'_>,
    ) -> Result<Self, ReadError> {
        let mut walk = Self::default();
        let answer = K::fetch(reader, filter, 0).await?;
        walk.take(&answer, sink, progress)?;
        Ok(walk)
    }

    /// Reads the other pages, several at once, until there is none left; more may appear and some
    /// disappear meanwhile.
    pub(super) async fn finish<K: Listing>(
        &mut self,
        reader: &Reader,
        filter: &K::Filter,
        sink: &mut impl Sink<K>,
        progress: &Progress<'_>,
    ) -> Result<(), ReadError> {
        let mut asked = 1;
        let mut on_their_way = JoinSet::new();
        loop {
            while asked < self.last_page() && on_their_way.len() < reader.at_once() + AHEAD {
                let (reader, filter, page) = (reader.clone(), filter.clone(), asked);
                // A task of its own goes on receiving while the page before it is parsed.
                on_their_way.spawn(async move { (page, K::fetch(&reader, &filter, page).await) });
                asked += 1;
            }
            let (page, answer) = match on_their_way.join_next().await {
                None => return Ok(()),
                Some(Ok(came)) => came,
                Some(Err(ended)) => match ended.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // Only a runtime that shuts down ends one early; then this ends as well.
                    Err(_cancelled) => std::future::pending().await,
                },
            };
            match answer {
                Ok(answer) => self.take(&answer, sink, progress)?,
                Err(AppleError::PageOutOfRange { .. }) => {
                    self.moved = true;
                    self.ends_before(page);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads all pages.
    pub(super) async fn whole<K: Listing>(
        reader: &Reader,
        filter: &K::Filter,
        sink: &mut impl Sink<K>,
        progress: &Progress<'_>,
    ) -> Result<Self, ReadError> {
        let mut walk = Self::begin::<K>(reader, filter, sink, progress).await?;
        walk.finish::<K>(reader, filter, sink, progress).await?;
        Ok(walk)
    }

    fn last_page(&self) -> u32 {
        self.end.map_or(self.pages, |end| self.pages.min(end))
    }

    fn ends_before(&mut self, page: u32) {
        self.end = Some(self.end.map_or(page, |end| end.min(page)));
    }

    fn take<K: Listing>(
        &mut self,
        answer: &Answer<K>,
        sink: &mut impl Sink<K>,
        progress: &Progress<'_>,
    ) -> Result<(), ReadError> {
        let page = answer.each(|record, unlimited| sink.take(&record, unlimited));
        let page = page.map_err(|error| match error {
            PageError::Apple(error) => error.into(),
            PageError::Record(TakeError::Record(problem)) => {
                ReadError::Record { list: K::NAME, page: answer.asked(), problem }
            }
            PageError::Record(TakeError::Roster(error)) => error.into(),
        })?;
        self.note(&page);
        progress.step(K::STAGE, self.read, self.last_page());
        Ok(())
    }

    fn note(&mut self, page: &Frame) {
        if page.index == 0 {
            self.version.clone_from(&page.version);
            self.page_size = page.records;
            self.announced = page.total_pages;
        } else if page.version != self.version || page.total_pages != self.announced {
            self.moved = true;
        }
        self.read += 1;
        let announced = page.total_pages.unwrap_or_default();
        let pointed_at = page.next.map_or(0, |next| next.saturating_add(1));
        self.pages = self.pages.max(page.index + 1).max(announced).max(pointed_at);
        if page.records == 0 && page.next.is_none() {
            // Past the end, whatever number of pages was announced.
            if page.index + 1 < self.pages {
                self.moved = true;
            }
            self.ends_before(page.index + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(index: u32, next: Option<u32>, total: Option<u32>, version: &str) -> Frame {
        let version = Some(version.to_owned());
        Frame { index, next, total_pages: total, version, records: 3 }
    }

    fn walk(pages: &[Frame]) -> Walk {
        let mut walk = Walk::default();
        for page in pages {
            walk.note(page);
        }
        walk
    }

    #[test]
    fn pages_are_known_from_either_sign() {
        assert_eq!(walk(&[page(0, None, None, "a")]).last_page(), 1);
        assert_eq!(walk(&[page(0, Some(1), None, "a")]).last_page(), 2);
        assert_eq!(walk(&[page(0, None, Some(4), "a")]).last_page(), 4);
        assert_eq!(
            walk(&[page(0, Some(1), Some(2), "a"), page(1, Some(2), Some(3), "b")]).last_page(),
            3
        );
    }

    #[test]
    fn another_version_or_number_of_pages_means_it_moved() {
        let first = || page(0, Some(1), Some(2), "a");
        assert!(!walk(&[first(), page(1, None, Some(2), "a")]).moved);
        assert!(walk(&[first(), page(1, None, Some(2), "b")]).moved);
        assert!(walk(&[first(), page(1, None, Some(3), "a")]).moved);
    }

    #[test]
    fn an_empty_page_before_the_announced_end_ends_the_walk_and_is_no_whole_one() {
        let mut empty = page(1, None, Some(2_000_000_000), "a");
        empty.records = 0;
        let walk = walk(&[page(0, Some(1), Some(2_000_000_000), "a"), empty]);
        assert_eq!(walk.last_page(), 2);
        assert!(walk.moved);
    }
}
