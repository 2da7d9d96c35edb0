//! What the server tells a webhook, in the schema NanoMDM and MicroMDM share.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Answer, Device, Server, plist};

/// An event on its way to the webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Telling {
    pub(crate) topic: &'static str,
    event_id: Uuid,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledge_event: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkin_event: Option<Told>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Told {
    udid: Uuid,
    ids: Ids,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_uuid: Option<Uuid>,
    raw_payload: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Ids {
    id: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Server {
    /// A device answered a command.
    pub(super) fn tell_answer(&mut self, number: u32, command: Uuid, answer: &Answer) {
        let Some(device) = self.device(number) else { return };
        let told = Told {
            status: Some(answer.status.as_str()),
            command_uuid: Some(command),
            ..Told::of(device, plist::answer(command, device, answer))
        };
        self.tell("mdm.Connect", answer.at, |telling| telling.acknowledge_event = Some(told));
    }

    /// A device enrolled or left.
    pub(super) fn tell_check_in(&mut self, number: u32, message: &'static str, at: Timestamp) {
        let Some(device) = self.device(number) else { return };
        let told = Told::of(device, plist::check_in(message, device));
        let topic = match message {
            "Authenticate" => "mdm.Authenticate",
            "TokenUpdate" => "mdm.TokenUpdate",
            _ => "mdm.CheckOut",
        };
        self.tell(topic, at, |telling| telling.checkin_event = Some(told));
    }

    fn tell(&mut self, topic: &'static str, at: Timestamp, about: impl FnOnce(&mut Telling)) {
        if self.settings.webhook.is_none() {
            return;
        }
        self.told += 1;
        let name = format!("vpp-sandbox/webhook/{at}/{}", self.told);
        let mut telling = Telling {
            topic,
            event_id: Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()),
            created_at: at,
            acknowledge_event: None,
            checkin_event: None,
        };
        about(&mut telling);
        self.outgoing.push(telling);
    }
}

impl Told {
    fn of(device: &Device, raw_payload: String) -> Self {
        let udid = device.reference();
        let ids = Ids { id: udid, kind: plist::kind(device) };
        Self { udid, ids, status: None, command_uuid: None, raw_payload }
    }
}
