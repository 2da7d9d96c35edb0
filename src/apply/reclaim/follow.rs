//! How long devices are waited for.

use std::time::Duration;

use tokio::time::Instant;

use super::book::Book;
use super::round::{release, round};
use crate::apply::install::Installs;
use crate::apply::run::{Halt, Run};
use crate::apply::work::Work;
use crate::reclaim::Act;

/// The longest pause between two questions to a server.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// What devices said since the last run, and the licenses that come back by it. Nothing is waited
/// for. True where licenses came back.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location.
pub(in crate::apply) async fn catch_up(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    book: &mut Book,
) -> Result<bool, Halt> {
    if book.pages.is_empty() {
        return Ok(false);
    }
    run.go_on()?;
    round(run, book).await?;
    release(run, work, book).await
}

/// Waits for devices as long as they keep answering, or as long as the run was told to. Returns
/// when licenses came back (`true`: somebody may need them), or when nothing more is waited for.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location.
pub(in crate::apply) async fn follow(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    book: &mut Book,
    installs: &mut Installs,
    started: Instant,
) -> Result<bool, Halt> {
    let patience = run.options.patience;
    let mut heard = Instant::now();
    let mut pause = patience.poll;
    loop {
        let reclaims = book.trouble.is_none() && book.waits();
        if !reclaims && !installs.waits() {
            return Ok(false);
        }
        let until = started + patience.wait;
        let until = if book.stirred || installs.stirred {
            until.max(heard + patience.grace)
        } else {
            until
        };
        let now = Instant::now();
        if now >= until {
            return Ok(false);
        }
        run.go_on()?;
        tokio::select! {
            () = tokio::time::sleep(pause.min(until - now)) => {}
            () = run.stop.wait() => {}
        }
        run.go_on()?;
        let heard_of_reclaims = reclaims && round(run, book).await?;
        if installs.round(run).await? || heard_of_reclaims {
            heard = Instant::now();
            pause = patience.poll;
        } else {
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        if release(run, work, book).await? {
            return Ok(true);
        }
    }
}

impl Book {
    /// Whether anything may still come: an answer, or the time for the next command.
    fn waits(&self) -> bool {
        self.pages.iter().any(|page| {
            page.acts.iter().any(|act| matches!(act, Act::Ask(_) | Act::Send(_)))
                || page.reclaim.is_pausing()
        })
    }
}
