//! What one try of a request came to, and what to do about it.

use std::string::FromUtf8Error;
use std::time::Duration;

use serde::Deserialize;

use super::error::{AppleError, CallName, Said};
use super::number::Class;
use super::scrub::Scrubber;
use super::wire::{Failure, Reply};
use crate::web;

/// What to do after one try.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The answer is no error, as far as can be seen without parsing it.
    Good(Good),
    /// Try again.
    Again(Again),
    /// Trying again would be no use, or no good.
    Stop(AppleError),
}

/// An answer that is no error.
#[derive(Debug)]
pub(super) struct Good {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) text: String,
}

/// A try that may be repeated.
#[derive(Debug)]
pub(super) struct Again {
    /// Apple's answer, where one came.
    pub(super) said: Option<Said>,
    /// What the network said, where none came.
    pub(super) reason: String,
    /// How long Apple asks to wait.
    pub(super) wait: Option<Duration>,
    /// Whether the pause is for all requests of the token.
    pub(super) for_all: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    error_number: Option<i64>,
    error_message: Option<String>,
}

/// Judges one try.
///
/// A read may be repeated at any time. A write is repeated only where the server's answer proves
/// that nothing was queued: Apple says that a request that fails at once was not taken up, so an
/// answer with Apple's own number, or 429, is such a proof; a bare 5xx may come from something in
/// between that lost the answer. Apple's page: handling-error-responses.
pub(super) fn judge(
    result: Result<Reply, Failure>,
    call: &CallName,
    write: bool,
    scrub: &Scrubber,
) -> Verdict {
    let mut reply = match result {
        Ok(reply) => reply,
        Err(Failure::Lost(reason)) if write => {
            let reason =
                format!("the connection ended without an answer ({})", scrub.line(&reason));
            return Verdict::Stop(AppleError::Unknown { call: call.clone(), reason });
        }
        Err(Failure::NotSent(reason) | Failure::Lost(reason)) => {
            return again_for_one(scrub.line(&reason));
        }
    };
    let bytes = std::mem::take(&mut reply.body);
    let text = String::from_utf8(bytes);
    let body = text.as_deref().ok().and_then(apples_error);
    if body.is_none() && (200..=299).contains(&reply.status) {
        return good(reply, text, call, write, scrub);
    }
    let said = Said {
        status: reply.status,
        number: body.as_ref().and_then(|body| body.error_number),
        message: match (body, text) {
            (Some(body), _) => scrub.line(&body.error_message.unwrap_or_default()),
            (None, Ok(text)) => scrub.line(&text),
            (None, Err(error)) => scrub.line(&String::from_utf8_lossy(error.as_bytes())),
        },
    };
    match reply.status {
        300..=399 => Verdict::Stop(AppleError::Redirect {
            call: call.clone(),
            status: reply.status,
            target: reply.location.as_deref().and_then(|to| target_host(to, scrub)),
        }),
        _ => error(&reply, said, call, write),
    }
}

fn again_for_one(reason: String) -> Verdict {
    Verdict::Again(Again { said: None, reason, wait: None, for_all: false })
}

fn good(
    reply: Reply,
    text: Result<String, FromUtf8Error>,
    call: &CallName,
    write: bool,
    scrub: &Scrubber,
) -> Verdict {
    let content_type = reply.content_type.map(|text| scrub.line(&text));
    match text {
        Ok(text) => Verdict::Good(Good { status: reply.status, content_type, text }),
        Err(_) if write => Verdict::Stop(AppleError::Unknown {
            call: call.clone(),
            reason: format!("the answer is not UTF-8 (HTTP {})", reply.status),
        }),
        Err(error) => Verdict::Stop(AppleError::Protocol {
            call: call.clone(),
            status: reply.status,
            content_type,
            reason: "it is not UTF-8".to_owned(),
            start: scrub.line(&String::from_utf8_lossy(error.as_bytes())),
        }),
    }
}

fn error(reply: &Reply, said: Said, call: &CallName, write: bool) -> Verdict {
    let call = call.clone();
    let wait = reply
        .retry_after
        .as_deref()
        .and_then(|header| web::retry_after(header, reply.date.as_deref()));
    let proves_nothing_happened = said.number.is_some() || said.status < 500;
    Verdict::Stop(match said.class() {
        Class::Retry if write && !proves_nothing_happened => AppleError::Unknown {
            call,
            reason: format!(
                "the answer is HTTP {} without an error number of Apple's",
                said.status
            ),
        },
        Class::Retry => {
            return Verdict::Again(Again {
                for_all: true,
                reason: String::new(),
                wait,
                said: Some(said),
            });
        }
        Class::Token(problem) => AppleError::Token { call, problem, said },
        Class::Limits => AppleError::Limits { call, said },
        Class::StaleVersion => AppleError::StaleVersion { call, said },
        Class::PageOutOfRange => AppleError::PageOutOfRange { call, said },
        Class::UnknownEvent
        | Class::Stop
        | Class::Change
        | Class::Stock
        | Class::Settled
        | Class::Config
        | Class::Request => AppleError::Refused { call, said },
    })
}

/// Apple's number and text, wherever they come: errors arrive with status 200 too.
fn apples_error(text: &str) -> Option<ErrorBody> {
    if !text.contains("\"errorNumber\"") {
        return None;
    }
    // The number must be the answer's own: an event's failures carry theirs further inside.
    let body: ErrorBody = serde_json::from_str(text).ok()?;
    body.error_number.is_some().then_some(body)
}

fn target_host(location: &str, scrub: &Scrubber) -> Option<String> {
    let url = reqwest::Url::parse(location).ok()?;
    Some(scrub.line(url.host_str()?))
}
