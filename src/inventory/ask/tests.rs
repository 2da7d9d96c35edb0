//! Trying again, against a server of a few prepared answers and a clock that stands still.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::time::Instant;

use super::drive::within;
use super::wire::{Lost, Reply, Request, Wire};
use super::{Asker, Fixed, Patience, Session, Trouble};

type Answers = Arc<Mutex<VecDeque<Result<Reply, Lost>>>>;

struct Scripted(Answers);

impl Wire for Scripted {
    fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Reply, Lost>> {
        let next = self.0.lock().unwrap().pop_front();
        Box::pin(async move { next.unwrap_or_else(|| Err(Lost("no more answers".to_owned()))) })
    }
}

fn reply(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

#[expect(clippy::unnecessary_wraps, reason = "one of the prepared answers")]
fn throttled(after: &str) -> Result<Reply, Lost> {
    let date = Some("Fri, 27 Nov 2026 10:00:00 GMT".to_owned());
    Ok(Reply { status: 429, retry_after: Some(after.to_owned()), date, body: vec![] })
}

/// Asks once within two minutes and says how long it took.
async fn ask(answers: Vec<Result<Reply, Lost>>) -> (Result<u16, Trouble>, u64) {
    let wire = Box::new(Scripted(Arc::new(Mutex::new(answers.into()))));
    let asker = Asker::over(wire, Patience::default(), Duration::from_mins(2));
    let session = Session::new(asker, Box::new(Fixed(SecretString::from("t"))));
    let started = Instant::now();
    let request = Request::get("https://a.example/x".parse().unwrap());
    let reply = session.reply(request).await.map(|reply| reply.status);
    (reply, started.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_throttled_request_waits_as_long_as_it_is_told() {
    assert_eq!(ask(vec![throttled("30"), Ok(reply(200))]).await, (Ok(200), 30));
    let date = throttled("Fri, 27 Nov 2026 10:01:00 GMT");
    assert_eq!(ask(vec![date, Ok(reply(200))]).await, (Ok(200), 60));
    for soon in ["0", "soon", "-3", "Fri, 27 Nov 2026 09:00:00 GMT"] {
        assert_eq!(ask(vec![throttled(soon), Ok(reply(200))]).await, (Ok(200), 0), "{soon}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_there_is_time_ends_it_at_once() {
    for absurd in ["121", "99999999999999999999", "Sat, 27 Nov 2027 10:00:00 GMT"] {
        let (ended, took) = ask(vec![throttled(absurd), Ok(reply(200))]).await;
        assert!(matches!(ended, Err(Trouble::Throttled { .. })), "{absurd}: {ended:?}");
        assert_eq!(took, 0);
    }
    let (ended, took) = ask(vec![throttled("50"), throttled("50"), throttled("50")]).await;
    assert!(matches!(ended, Err(Trouble::Throttled { .. })), "{ended:?}");
    assert_eq!(took, 100);
}

#[tokio::test(start_paused = true)]
async fn failures_are_tried_again_and_end() {
    let lost = || Err(Lost("reset".to_owned()));
    assert_eq!(ask(vec![Ok(reply(502)), lost(), Ok(reply(204))]).await.0, Ok(204));
    let (ended, _) = ask((0..9).map(|_| Ok(reply(500))).collect()).await;
    let Err(Trouble::NoAnswer { tries, .. }) = ended else { panic!("{ended:?}") };
    assert_eq!(tries, Patience::default().tries);
}

#[tokio::test(start_paused = true)]
async fn no_redirect_is_followed_and_no_is_no() {
    for status in [301, 302, 307, 308] {
        let (ended, _) = ask(vec![Ok(reply(status)), Ok(reply(200))]).await;
        assert!(matches!(ended, Err(Trouble::Unusable { .. })), "{status}: {ended:?}");
    }
    for status in [400, 401, 403, 404] {
        let (ended, _) = ask(vec![Ok(reply(status)), Ok(reply(200))]).await;
        let Err(Trouble::Refused { status: refused, .. }) = ended else { panic!("{ended:?}") };
        assert_eq!(refused, status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_moves_is_read_again_but_not_for_ever() {
    let time = Duration::from_mins(2);
    let moved = || Trouble::Incomplete("moved".to_owned());
    let left = Mutex::new(2);
    let twice = within(time, async || {
        let mut left = left.lock().unwrap();
        *left -= 1;
        if *left > 0 { Err(moved()) } else { Ok(7) }
    });
    assert_eq!(twice.await, Ok(7));
    assert_eq!(within(time, async || Err::<u8, _>(moved())).await, Err(moved()));
    let slow = within(time, async || {
        tokio::time::sleep(Duration::from_hours(1)).await;
        Ok(())
    });
    assert_eq!(slow.await, Err(Trouble::Late(time)));
}
