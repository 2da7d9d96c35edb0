//! Behavior over time, on a paused clock and a scripted wire.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::wire::{Failure, Reply, Request, Wire};
use super::*;
use crate::license::{ClientUserId, SerialNumber};

/// Answers from a list, and remembers what was asked when.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Reply, Failure>>>,
    config: Mutex<VecDeque<Result<Reply, Failure>>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Debug, Clone)]
struct Seen {
    at: Instant,
    method: &'static str,
    url: String,
    body: String,
    with_token: bool,
}

#[derive(Debug)]
struct Scripted(Arc<Script>);

impl Wire for Scripted {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            self.0.seen.lock().unwrap().push(Seen {
                at: Instant::now(),
                method: if request.body.is_some() { "POST" } else { "GET" },
                url: request.url.to_string(),
                body: String::from_utf8(request.body.clone().unwrap_or_default()).unwrap(),
                with_token: request.with_token,
            });
            tokio::time::sleep(Duration::from_millis(50)).await;
            if request.url.path().ends_with("service/config") {
                return self
                    .0
                    .config
                    .lock()
                    .unwrap()
                    .pop_front()
                    .unwrap_or_else(|| json(200, "{}"));
            }
            let next = self.0.answers.lock().unwrap().pop_front();
            next.unwrap_or_else(|| json(200, CLIENT))
        })
    }
}

const CLIENT: &str = r#"{"uId":"77","locationName":"North"}"#;
const EVENT: &str = r#"{"uId":"77","eventId":"e-1"}"#;

#[expect(clippy::unnecessary_wraps, reason = "what the wire gives")]
fn json(status: u16, body: &str) -> Result<Reply, Failure> {
    Ok(Reply { status, body: body.as_bytes().to_vec(), ..Reply::default() })
}

fn wait(status: u16, retry_after: &str) -> Result<Reply, Failure> {
    let date = Some("Wed, 21 Oct 2026 07:28:00 GMT".to_owned());
    json(status, r#"{"errorNumber":9603,"errorMessage":"internal"}"#).map(|reply| Reply {
        retry_after: Some(retry_after.to_owned()),
        date,
        ..reply
    })
}

fn token() -> Token {
    let json = r#"{"token":"inner-secret","expDate":"2030-11-08T22:33:22+0000","orgName":"ORG"}"#;
    Token::parse(&base64::engine::general_purpose::STANDARD.encode(json)).unwrap()
}

fn connect(connection: Connection, answers: Vec<Result<Reply, Failure>>) -> (Reader, Arc<Script>) {
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() });
    let endpoint = Endpoint::parse("https://vpp.example/mdm/v2/").unwrap();
    let reader =
        connection.location("northfield").over(endpoint, Box::new(Scripted(script.clone())));
    (reader, script)
}

fn over(answers: Vec<Result<Reply, Failure>>) -> (Reader, Arc<Script>) {
    connect(Connection::new(token()), answers)
}

impl Script {
    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|seen| seen.method == method).count()
    }

    /// When each request but those for the configuration was sent, in seconds from the first.
    fn times(&self) -> Vec<f64> {
        let seen = self.seen();
        let seen: Vec<_> =
            seen.iter().filter(|seen| !seen.url.ends_with("service/config")).collect();
        seen.iter().map(|one| (one.at - seen[0].at).as_secs_f64()).collect()
    }
}

fn one_device() -> ManageAssets {
    ManageAssets {
        assets: vec![crate::license::Asset {
            adam_id: "360593530".parse().unwrap(),
            pricing_param: crate::license::PricingParam::Standard,
        }],
        users: vec![],
        devices: vec!["DMPXK1A2HJ0M".parse::<SerialNumber>().unwrap()],
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_is_met_with_growing_pauses() {
    let busy = || json(429, r#"{"errorNumber":9646,"errorMessage":"Too many"}"#);
    let in_200 = || json(200, r#"{"errorNumber":9646,"errorMessage":"Too many"}"#);
    let (reader, script) = over(vec![busy(), in_200(), json(429, ""), json(502, "<html>")]);
    reader.client_config().await.unwrap();
    let times = script.times();
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (gap, whole) in gaps.iter().zip([0.5, 1.0, 2.0, 4.0]) {
        assert!((whole / 2.0..whole + 0.2).contains(gap), "{gaps:?}");
    }
    assert_eq!(reader.requests(), 6);
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_all_requests_of_the_token() {
    for (header, at_least) in
        [("120", 120.0), ("Wed, 21 Oct 2026 07:30:00 GMT", 120.0), ("0", 0.25)]
    {
        let (reader, script) = over(vec![wait(503, header)]);
        reader.service_config().await.unwrap();
        let other = reader.clone();
        let (first, second) = tokio::join!(reader.client_config(), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            other.client_config().await
        });
        first.unwrap();
        second.unwrap();
        let times = script.times();
        assert_eq!(times.len(), 3);
        assert!(times[1] >= at_least && times[2] >= at_least, "{header}: {times:?}");
        assert!(times[2] < at_least + 1.0, "{header}: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_absurd_retry_after_ends_the_call_and_says_so() {
    let (reader, script) = over(vec![wait(500, "999999999999")]);
    let begun = Instant::now();
    let error = reader.client_config().await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(
        error.to_string(),
        "northfield: GET client/config: gave up after 1 try: Apple answered error 9603, internal \
         error at Apple (\"internal\", HTTP 500); Apple asks to send nothing for another 60 min: \
         run it again after that"
    );
    let error = reader.client_config().await.unwrap_err();
    assert!(error.to_string().contains("asked to pause all requests"), "{error}");
    assert_eq!(script.times().len(), 1, "nothing is sent before the time");
}

#[tokio::test(start_paused = true)]
async fn one_budget_bounds_all_tries_of_a_call() {
    let answers = (0..1000).map(|_| json(500, "{}")).collect();
    let (reader, script) = over(answers);
    let begun = Instant::now();
    let error = reader.client_config().await.unwrap_err();
    assert!(matches!(error, AppleError::Exhausted { .. }), "{error:?}");
    assert!(begun.elapsed() <= Duration::from_mins(5), "{:?}", begun.elapsed());
    assert!((10..40).contains(&script.times().len()), "{}", script.times().len());
}

#[tokio::test(start_paused = true)]
async fn a_read_survives_broken_connections_but_not_for_ever() {
    let lost = || Err(Failure::Lost("reset".to_owned()));
    let (reader, _) = over(vec![lost(), Err(Failure::NotSent("refused".to_owned()))]);
    reader.client_config().await.unwrap();
    let (reader, script) = over((0..9).map(|_| lost()).collect());
    let error = reader.client_config().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "northfield: GET client/config: no answer from https://vpp.example/mdm/v2/ after 5 tries: \
         reset; check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and the endpoint"
    );
    assert_eq!(script.times().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_write_with_an_unknown_outcome_is_never_sent_again() {
    for answer in [
        Err(Failure::Lost("connection closed".to_owned())),
        json(502, "<html>bad gateway</html>"),
        json(503, ""),
        json(200, "<html>sign in</html>"),
        json(200, r#"{"uId":"77"}"#),
        json(200, r#"{"uId":"77","eventId":""#),
        Ok(Reply { status: 200, body: vec![0xff], ..Reply::default() }),
    ] {
        let shown = format!("{answer:?}");
        let (reader, script) = over(vec![json(200, CLIENT), answer]);
        let error = reader.into_writer().associate(&one_device()).await.unwrap_err();
        assert!(error.outcome_is_unknown(), "{shown}: {error}");
        assert!(error.to_string().contains("it is not sent again"), "{error}");
        assert_eq!(script.count("POST"), 1, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_sent_again_where_nothing_was_queued() {
    for answer in [
        Err(Failure::NotSent("connection refused".to_owned())),
        json(429, ""),
        json(429, r#"{"errorNumber":9646}"#),
        json(503, r#"{"errorNumber":9729}"#),
        json(500, r#"{"errorNumber":9603}"#),
        json(200, r#"{"errorNumber":9646}"#),
    ] {
        let shown = format!("{answer:?}");
        let (reader, script) = over(vec![json(200, CLIENT), answer, json(200, EVENT)]);
        let event = reader.into_writer().associate(&one_device()).await.unwrap();
        assert_eq!(event.as_str(), "e-1");
        assert_eq!(script.count("POST"), 2, "{shown}");
        let posts: Vec<_> = script.seen().into_iter().filter(|s| s.method == "POST").collect();
        assert_eq!(posts[0].body, posts[1].body);
    }
}

#[tokio::test(start_paused = true)]
async fn writes_say_exactly_what_apple_documents() {
    let answers = std::iter::once(json(200, CLIENT)).chain((0..6).map(|_| json(200, EVENT)));
    let (reader, script) = over(answers.collect());
    let writer = reader.into_writer();
    let user = |id: &str| ClientUserId::new(id).unwrap();
    let mut both = one_device();
    both.users.push(user("u-1"));
    writer.associate(&both).await.unwrap();
    writer.disassociate(&one_device()).await.unwrap();
    let revoke = RevokeAssets { users: vec![user("u-1")], devices: vec![] };
    writer.revoke(&revoke).await.unwrap();
    let details = crate::license::UserDetails {
        client_user_id: user("u-1"),
        email: Some("a@example.org".to_owned()),
        managed_apple_id: None,
    };
    writer.create_users(std::slice::from_ref(&details)).await.unwrap();
    writer.update_users(&[details]).await.unwrap();
    writer.retire_users(&[user("u-1")]).await.unwrap();
    let posts: Vec<_> = script
        .seen()
        .into_iter()
        .filter(|seen| seen.method == "POST")
        .map(|seen| {
            format!("{} {}", seen.url.replace("https://vpp.example/mdm/v2/", ""), seen.body)
        })
        .collect();
    let asset = r#""assets":[{"adamId":"360593530","pricingParam":"STDQ"}]"#;
    assert_eq!(
        posts,
        [
            format!(
                r#"assets/associate {{{asset},"clientUserIds":["u-1"],"serialNumbers":["DMPXK1A2HJ0M"]}}"#
            ),
            format!(r#"assets/disassociate {{{asset},"serialNumbers":["DMPXK1A2HJ0M"]}}"#),
            r#"assets/revoke {"clientUserIds":["u-1"]}"#.to_owned(),
            r#"users/create {"users":[{"clientUserId":"u-1","email":"a@example.org"}]}"#.to_owned(),
            r#"users/update {"users":[{"clientUserId":"u-1","email":"a@example.org"}]}"#.to_owned(),
            r#"users/retire {"users":[{"clientUserId":"u-1"}]}"#.to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn limits_are_read_first_without_the_token_and_again_after_five_minutes() {
    let (reader, script) = over(vec![]);
    let limits = |max: u32| json(200, &format!(r#"{{"limits":{{"maxAssets":{max}}}}}"#));
    script.config.lock().unwrap().extend([limits(7), limits(9), Err(Failure::Lost(String::new()))]);
    assert_eq!(reader.limits().assets, 25);
    reader.client_config().await.unwrap();
    assert_eq!(reader.limits().assets, 7);
    let seen = script.seen();
    assert!(seen[0].url.ends_with("service/config") && !seen[0].with_token);
    assert!(seen[1].with_token);
    tokio::time::sleep(Duration::from_secs(299)).await;
    reader.client_config().await.unwrap();
    assert_eq!(reader.limits().assets, 7);
    tokio::time::sleep(Duration::from_secs(2)).await;
    tokio::join!(async { reader.client_config().await.unwrap() }, async {
        reader.client_config().await.unwrap()
    });
    assert_eq!(reader.limits().assets, 9);
    assert_eq!(script.seen().iter().filter(|s| s.url.ends_with("service/config")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_was_exceeded_is_read_again() {
    let (reader, script) =
        over(vec![json(200, CLIENT), json(400, r#"{"errorNumber":9702,"errorMessage":"x"}"#)]);
    let writer = reader.into_writer();
    let error = writer.associate(&one_device()).await.unwrap_err();
    assert!(matches!(error, AppleError::Limits { .. }));
    let smaller = json(200, r#"{"limits":{"maxSerialNumbers":3}}"#);
    script.config.lock().unwrap().push_back(smaller);
    writer.reader().service_config().await.unwrap();
    assert_eq!(writer.reader().limits().serial_numbers, 3);
}

#[tokio::test(start_paused = true)]
async fn the_token_goes_to_no_other_host_whatever_the_configuration_says() {
    let (reader, script) = over(vec![]);
    script.config.lock().unwrap().push_back(json(
        200,
        r#"{"urls":{"clientConfig":"https://evil.example/config",
            "getAssets":"https://vpp.example/moved/assets"}}"#,
    ));
    reader.client_config().await.unwrap();
    reader.assets(&AssetFilter::default(), 0).await.unwrap();
    let urls: Vec<_> = script.seen().into_iter().map(|seen| seen.url).collect();
    assert_eq!(
        urls,
        [
            "https://vpp.example/mdm/v2/service/config",
            "https://vpp.example/mdm/v2/client/config",
            "https://vpp.example/moved/assets?pageIndex=0",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn every_answer_must_come_from_the_same_library() {
    let pinned = Connection::new(token()).expected_uid(Some("12".to_owned()));
    let (reader, _) = connect(pinned, vec![]);
    let error = reader.client_config().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "northfield: GET client/config: the token opens library 77, but the Location pins uid 12; \
         use the token of that library, or correct `uid:` if the Location is meant to move"
    );
    assert!(error.stops_location());

    let (reader, _) = over(vec![json(200, CLIENT), json(200, r#"{"uId":"78","users":[]}"#)]);
    reader.client_config().await.unwrap();
    let answer = reader.users(&UserFilter::default(), 0).await.unwrap();
    let error = answer.read().unwrap_err();
    assert!(matches!(error, AppleError::WrongLocation { pinned: false, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_where_somebody_else_is_the_owner() {
    let owned = |id: &str| {
        format!(
            r#"{{"uId":"77","mdmInfo":{{"id":"{id}","name":"Other \u001b[1mMDM","metadata":"m"}}}}"#
        )
    };
    let only = |id: &str| Connection::new(token()).owner(OwnerPolicy::Only(id.to_owned()));

    let (reader, script) = connect(only("us"), vec![json(200, &owned("them"))]);
    let config = reader.client_config().await.unwrap();
    assert_eq!(config.owner.unwrap().id, "them", "reading goes on");
    let error = reader.into_writer().associate(&one_device()).await.unwrap_err();
    assert!(matches!(error, AppleError::ForeignOwner { .. }), "{error:?}");
    assert!(error.to_string().contains("\"Other [1mMDM\" (id them)"), "{error}");
    assert_eq!(script.count("POST"), 0);

    // Ours, nobody's, and a declared owner that is not needed.
    for (connection, body) in [
        (only("us"), owned("us")),
        (only("us"), CLIENT.to_owned()),
        (Connection::new(token()), owned("them")),
        (Connection::new(token()), CLIENT.to_owned()),
    ] {
        let (reader, script) = connect(connection, vec![json(200, &body), json(200, EVENT)]);
        reader.into_writer().associate(&one_device()).await.unwrap();
        assert_eq!(script.count("POST"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_take_over_during_the_run_stops_the_writing() {
    let event = r#"{"uId":"77","eventId":"e","mdmInfo":{"id":"them","name":"n","metadata":"m"}}"#;
    let (reader, script) = over(vec![json(200, CLIENT), json(200, event)]);
    let writer = reader.into_writer();
    writer.associate(&one_device()).await.unwrap();
    let error = writer.associate(&one_device()).await.unwrap_err();
    assert!(matches!(error, AppleError::ForeignOwner { expected: None, .. }), "{error:?}");
    assert_eq!(script.count("POST"), 1);
}

#[tokio::test(start_paused = true)]
async fn claiming_makes_the_claimed_owner_the_expected_one() {
    let them = r#"{"uId":"77","mdmInfo":{"id":"them","name":"n","metadata":"m"}}"#;
    let us = r#"{"uId":"77","mdmInfo":{"id":"us","name":"n","metadata":"m"}}"#;
    let (reader, script) = over(vec![json(200, them), json(200, us), json(200, EVENT)]);
    let writer = reader.into_writer();
    let owner = crate::actual::MdmInfo {
        id: "us".to_owned(),
        name: "n".to_owned(),
        metadata: "m".to_owned(),
    };
    let change = ClientConfigChange { owner: Some(owner), notifications: None };
    let config = writer.set_client_config(&change).await.unwrap();
    assert_eq!(config.owner.unwrap().id, "us");
    writer.associate(&one_device()).await.unwrap();
    let claim = &script.seen()[2];
    assert_eq!(claim.body, r#"{"mdmInfo":{"id":"us","name":"n","metadata":"m"}}"#);
}

fn event() -> EventId {
    EventId::new("e-1").unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_event_is_asked_after_two_seconds_and_then_every_thirty() {
    let pending = || json(200, r#"{"eventStatus":"PENDING","numRequested":16,"numCompleted":3}"#);
    let done = r#"{"eventStatus":"FAILED","numRequested":16,"numCompleted":14,
        "failures":[{"errorNumber":9709,"errorMessage":"none left"}]}"#;
    let (reader, script) = over(vec![pending(), pending(), json(200, done)]);
    let begun = Instant::now();
    let outcome = reader.into_writer().settle(&event()).await.unwrap();
    assert_eq!((outcome.requested, outcome.completed), (Some(16), Some(14)));
    assert_eq!(outcome.state, EventState::Failed);
    assert_eq!(outcome.failures[0].class(), Class::Stock);
    let times: Vec<_> = script.seen().iter().map(|s| (s.at - begun).as_secs()).collect();
    assert_eq!(times, [2, 2, 32, 62], "configuration, then three questions");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_does_not_end_is_pending_and_keeps_its_id() {
    let answers: Vec<_> = (0..40).map(|_| json(200, r#"{"eventStatus":"PENDING"}"#)).collect();
    let (reader, _) = over(answers);
    let begun = Instant::now();
    let outcome = reader.into_writer().settle(&event()).await.unwrap();
    assert_eq!((outcome.state, &outcome.id), (EventState::Pending, &event()));
    assert!(begun.elapsed() < Duration::from_secs(610), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_question_without_an_answer_does_not_lose_the_event() {
    let lost = (0..5).map(|_| Err(Failure::Lost("reset".to_owned())));
    let answers = lost.chain([json(200, r#"{"eventStatus":"COMPLETE"}"#)]).collect();
    let (reader, _) = over(answers);
    let outcome = reader.into_writer().settle(&event()).await.unwrap();
    assert_eq!(outcome.state, EventState::Complete);

    let (reader, _) = over(vec![json(400, r#"{"errorNumber":9708}"#)]);
    let outcome = reader.into_writer().settle(&event()).await.unwrap();
    assert_eq!(outcome.state, EventState::Forgotten);

    let (reader, _) = over(vec![json(401, r#"{"errorNumber":9625}"#)]);
    assert!(reader.into_writer().settle(&event()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_kept_over_all_clones_by_apples_figure() {
    let (reader, script) = over((0..200).map(|_| json(200, CLIENT)).collect());
    let slower = json(200, r#"{"limits":{"maxRequestPerSecond":10}}"#);
    script.config.lock().unwrap().push_back(slower);
    reader.service_config().await.unwrap();
    let tasks: Vec<_> = (0..60)
        .map(|_| {
            let reader = reader.clone();
            tokio::spawn(async move { reader.client_config().await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let times: Vec<_> = script.seen().iter().map(|seen| seen.at).collect();
    for window in times.windows(11) {
        assert!(window[10] - window[0] > Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_not_the_one_asked_for_is_refused() {
    for (body, reason) in [
        (r#"{"uId":"77","currentPageIndex":0}"#, "page 3 was asked for and page 0 came"),
        (r#"{"uId":"77","currentPageIndex":3,"nextPageIndex":3}"#, "it points to page 3"),
        (
            r#"{"uId":"77","size":9,"nextPageIndex":4,"assignments":[]}"#,
            "it announces 9 records and holds 0",
        ),
        ("<html><title>Sign in</title>", "begins \"<html><title>Sign in</title>\""),
        (r#"{"uId":"77","assignments":[{"adamId":{}}]}"#, "not Apple's"),
    ] {
        let (reader, _) = over(vec![json(200, body)]);
        let answer = reader.assignments(&AssignmentFilter::default(), 3).await.unwrap();
        let error = answer.read().unwrap_err();
        assert!(matches!(error, AppleError::Protocol { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("northfield: GET assignments (page 3): "), "{text}");
        assert!(text.contains(reason), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn invitations_use_apples_own_address() {
    let (reader, script) = over(vec![]);
    assert_eq!(
        reader.invitation_url("a/b&c%"),
        "https://buy.itunes.apple.com/WebObjects/MZFinance.woa/wa/associateVPPUserWithITSAccount\
         ?inviteCode=a%2Fb%26c%25&mt=8"
    );
    let config = r#"{"urls":{"invitationEmail":"https://new.example/i?c=%25inviteCode%25"}}"#;
    script.config.lock().unwrap().push_back(json(200, config));
    reader.service_config().await.unwrap();
    assert_eq!(reader.invitation_url("a1"), "https://new.example/i?c=a1");
}

/// What a user reads for every number Apple documents, as a refused read and, for the numbers
/// that come with an event, as its failure.
#[test]
fn what_users_read_for_each_error_number() {
    use std::fmt::Write as _;

    let token = token();
    let scrub = super::scrub::Scrubber::new(&token);
    let mut table = String::new();
    for entry in ERROR_NUMBERS {
        let body = format!(r#"{{"errorNumber":{},"errorMessage":"text"}}"#, entry.number);
        let token = matches!(entry.class, Class::Token(_));
        let status = if token { 401 } else { 400 };
        let call = CallName::new(None, "GET", "assets (page 0)".to_owned());
        let reply = json(status, &body);
        let text = match super::judge::judge(reply, &call, false, &scrub) {
            super::judge::Verdict::Stop(error) => error.to_string(),
            super::judge::Verdict::Again(again) => {
                format!("(tried again) {}", again.said.unwrap())
            }
            super::judge::Verdict::Good(_) => "taken for good".to_owned(),
        };
        let text = text.replace("GET assets (page 0): Apple answered ", "");
        writeln!(table, "{:?}: {text}", entry.class).unwrap();
    }
    insta::assert_snapshot!(table);
}
