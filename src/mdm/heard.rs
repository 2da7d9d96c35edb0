//! What is known of devices and commands from events alone, for servers that only tell and never answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::event::{self, Event};
use super::raw::{self, State};
use super::{Ask, Device, Enrolment, MdmError, Platform, Standing};
use crate::license::SerialNumber;
use crate::store::{Received, Store, StoreError, Stretch};

/// How many subjects one question to the store names.
const SUBJECTS: usize = 500;

/// Events of one Mdm.
#[derive(Debug, Clone)]
pub(super) struct Ear {
    mdm: String,
    store: Arc<dyn Store>,
}

/// A device as its events leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    serial: Option<SerialNumber>,
    platform: Platform,
    enrolment: Enrolment,
    enrolled_at: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    /// Whether it is a person's own, for when it can be reached.
    own: bool,
}

impl Ear {
    pub(super) fn new(mdm: &str, store: Arc<dyn Store>) -> Self {
        Self { mdm: mdm.to_owned(), store }
    }

    /// The devices events tell of, and of those `more` (serial number and enrolment id) that no event
    /// tells of.
    pub(super) async fn devices(
        &self,
        more: &[(SerialNumber, String)],
    ) -> Result<Vec<Device>, MdmError> {
        let all = Stretch { from: Timestamp::UNIX_EPOCH, until: Timestamp::MAX };
        let events = self.store.received_within(&event::enrolments(&self.mdm), all).await;
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        for received in events.map_err(|error| self.error(&error))? {
            if let Some(event) = self.parse(&received) {
                take(
                    known.entry(received.subject.clone()).or_insert_with(unheard),
                    &event,
                    received.at,
                );
            }
        }
        for (serial, reference) in more {
            let known = known.entry(event::subject(reference)).or_insert_with(|| Known {
                // The inventory says that it is enrolled.
                enrolment: Enrolment::Device,
                ..unheard()
            });
            // NanoMDM tells a serial number only while a device enrols.
            known.serial.get_or_insert_with(|| serial.clone());
        }
        let devices = known.into_iter().filter_map(|(reference, known)| {
            let Known { serial, platform, enrolment, enrolled_at, last_seen, own: _ } = known;
            let serial = serial?;
            Some(Device {
                serial,
                reference,
                platform,
                enrolment,
                user: None,
                last_seen,
                enrolled_at,
            })
        });
        Ok(devices.collect())
    }

    /// When each of these enrolments began last, where an event tells.
    pub(super) async fn enrolled_at(
        &self,
        references: &[String],
    ) -> Result<HashMap<String, Timestamp>, MdmError> {
        let events = self.about(&event::enrolments(&self.mdm), references).await?;
        let mut at = HashMap::new();
        for received in events {
            if let Some(Event::Enrolling { .. }) = self.parse(&received) {
                at.insert(received.subject, received.at);
            }
        }
        Ok(at)
    }

    /// The commands of these that a device has answered in any way.
    pub(super) async fn answered(&self, ids: &[String]) -> Result<Vec<String>, MdmError> {
        let events = self.about(&self.mdm, ids).await?;
        Ok(events.into_iter().map(|received| received.subject).collect())
    }

    /// What has become of commands.
    pub(super) async fn standing(&self, asks: &[Ask]) -> Result<Vec<Standing>, MdmError> {
        let ids: Vec<_> = asks.iter().map(|ask| event::subject(&ask.id.to_string())).collect();
        let mut references: Vec<_> = asks.iter().map(reference).collect();
        references.sort_unstable();
        references.dedup();
        let answers = by_subject(self.about(&self.mdm, &ids).await?);
        let enrolments = by_subject(self.about(&event::enrolments(&self.mdm), &references).await?);
        let standings = asks.iter().zip(&ids).map(|(ask, id)| {
            let answered = answers.get(id).map(Vec::as_slice).unwrap_or_default();
            let moved = enrolments.get(&reference(ask)).map(Vec::as_slice).unwrap_or_default();
            self.one(ask, answered, moved)
        });
        Ok(standings.collect())
    }

    fn one(&self, ask: &Ask, answered: &[Received], moved: &[Received]) -> Standing {
        let mut not_now = None;
        for received in answered {
            match self.answer(ask, received) {
                Some(Standing::NotNow { at }) => not_now = Some(at),
                Some(Standing::Waiting) | None => {}
                // The first word that ends it stands: a server delivers a command once.
                Some(end) => return end,
            }
        }
        if let Some(lost) = self.lost(ask, moved).or_else(|| super::gone(ask)) {
            return lost;
        }
        not_now.map_or(Standing::Waiting, |at| Standing::NotNow { at })
    }

    /// What an event says of the command; `None` where it is of another device or cannot be read.
    fn answer(&self, ask: &Ask, received: &Received) -> Option<Standing> {
        let Event::Answer { enrolment, status, payload } = self.parse(received)? else {
            return None;
        };
        if enrolment != reference(ask) {
            tracing::warn!(mdm = self.mdm, id = %ask.id, "another device than the command's answered it");
            return None;
        }
        let state = State::of(&status);
        if state == State::NotNow {
            return Some(Standing::NotNow { at: received.at });
        }
        let answer = STANDARD.decode(payload).ok().and_then(|bytes| raw::Answer::read(&bytes));
        let named = |answer: &raw::Answer| {
            let named = answer.command.as_deref().map(event::subject);
            answer.state == state && named == Some(event::subject(&ask.id.to_string()))
        };
        let Some(answer) = answer.filter(named) else {
            tracing::warn!(mdm = self.mdm, id = %ask.id, "an answer cannot be read");
            return None;
        };
        Some(raw::standing(&ask.order, &ask.device, &answer, received.at))
    }

    /// Whether the device's queue was emptied after the command was sent.
    fn lost(&self, ask: &Ask, moved: &[Received]) -> Option<Standing> {
        let (mut lost, mut enrolled) = (None, true);
        for received in moved {
            let Some(event) = self.parse(received) else { continue };
            match event {
                Event::Enrolling { .. } => {
                    enrolled = false;
                    if received.at > ask.sent_at {
                        lost = Some((received.at, "the device enrolled anew"));
                    }
                }
                Event::Left => {
                    enrolled = false;
                    if received.at > ask.sent_at {
                        lost = Some((received.at, "the device checked out"));
                    }
                }
                Event::Reachable => enrolled = true,
                Event::Answer { .. } | Event::AppAbsent { .. } => {}
            }
        }
        let (at, why) = lost?;
        Some(Standing::Lost { at, why: why.to_owned(), enrolled })
    }

    /// Events about these subjects, oldest first.
    pub(super) async fn about(
        &self,
        source: &str,
        subjects: &[String],
    ) -> Result<Vec<Received>, MdmError> {
        let mut events = Vec::new();
        for some in subjects.chunks(SUBJECTS) {
            let found = self.store.received(source, some).await;
            events.extend(found.map_err(|error| self.error(&error))?);
        }
        Ok(events)
    }

    pub(super) fn parse(&self, received: &Received) -> Option<Event> {
        serde_json::from_str(&received.body)
            .inspect_err(
                |error| tracing::warn!(mdm = self.mdm, %error, "a kept event cannot be read"),
            )
            .ok()
    }

    fn error(&self, error: &StoreError) -> MdmError {
        MdmError::Unreadable {
            mdm: self.mdm.clone(),
            endpoint: "what was received from it".to_owned(),
            why: error.to_string(),
        }
    }
}

fn reference(ask: &Ask) -> String {
    event::subject(&ask.device.reference)
}

fn unheard() -> Known {
    Known {
        serial: None,
        platform: Platform::Unknown,
        enrolment: Enrolment::None,
        enrolled_at: None,
        last_seen: None,
        own: false,
    }
}

fn take(known: &mut Known, event: &Event, at: Timestamp) {
    known.last_seen = Some(at);
    match event {
        Event::Enrolling { serial, platform, own } => {
            known.serial = serial.clone().or(known.serial.take());
            if *platform != Platform::Unknown {
                known.platform = *platform;
            }
            known.own = *own;
            // Not before it can be reached.
            known.enrolment = Enrolment::None;
            known.enrolled_at = Some(at);
        }
        Event::Reachable => {
            known.enrolment = if known.own { Enrolment::User } else { Enrolment::Device };
        }
        Event::Left => known.enrolment = Enrolment::None,
        Event::Answer { .. } | Event::AppAbsent { .. } => {}
    }
}

fn by_subject(events: Vec<Received>) -> HashMap<String, Vec<Received>> {
    let mut by: HashMap<String, Vec<Received>> = HashMap::new();
    for received in events {
        by.entry(received.subject.clone()).or_default().push(received);
    }
    by
}
