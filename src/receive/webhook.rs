//! Webhooks of NanoMDM, NanoHUB and MicroMDM.

use axum::http::header::AUTHORIZATION;

use super::door::{Door, Kind};
use super::seal::basic_password;
use super::{Letter, Receiver, Refusal, Taken};
use crate::mdm::event::{self, Heard};

/// The servers' header: base64 of HMAC-SHA256 over the body.
pub(super) const SIGNATURE: &str = "X-Hmac-Signature";

pub(super) async fn take(
    receiver: &Receiver,
    door: &Door,
    letter: &Letter<'_>,
) -> Result<Taken, Refusal> {
    authenticate(door, letter)?;
    let heard = event::webhook(&door.name, &letter.body, receiver.now())
        .map_err(|malformed| Refusal::Malformed(malformed.to_string()))?;
    let event = match heard {
        Heard::Nothing => return Ok(Taken::Ignored),
        // The server passes on whatever a device claims to answer.
        Heard::Answer(command, _) if !receiver.is_ours(&command).await? => {
            return Err(Refusal::Unknown);
        }
        Heard::Enrolment(event) | Heard::Answer(_, event) => event,
    };
    receiver.keep(&event).await
}

fn authenticate(door: &Door, letter: &Letter<'_>) -> Result<(), Refusal> {
    let text = |name: &str| letter.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(signature) = text(SIGNATURE) {
        return if door.secret.signed(&[&letter.body], signature) {
            Ok(())
        } else {
            Err(Refusal::Forged("the signature is not that of this body"))
        };
    }
    if door.kind == Kind::Password {
        let password = text(AUTHORIZATION.as_str()).and_then(basic_password);
        return match password {
            Some(password) if door.secret.is(&password) => Ok(()),
            Some(_) => Err(Refusal::Forged("the password of the webhook's address is another")),
            None => Err(Refusal::Forged("neither a signature nor a password")),
        };
    }
    Err(Refusal::Forged("there is no X-Hmac-Signature"))
}
