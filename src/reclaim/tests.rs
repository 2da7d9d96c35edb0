//! One test per trap of real servers, and per line of the way a license comes back.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::license::{Asset, ClientUserId, Holder, PricingParam};
use crate::mdm::{
    AppsReply, Command, Delivery, Device, Enrolment, Fault, Order, Platform, Presence, Scope,
    Standing,
};
use crate::store::RunId;

const APP: &str = "com.example.notes";
const SERIAL: &str = "DMPXK1A2HJ0M";

/// A reclaim, the time, and what was last to be done.
struct Story {
    reclaim: Reclaim,
    acts: Vec<Act>,
    now: Timestamp,
    rules: Rules,
}

pub(super) fn asset() -> Asset {
    Asset { adam_id: "360593530".parse().unwrap(), pricing_param: PricingParam::default() }
}

pub(super) fn start() -> Timestamp {
    "2026-09-01T08:00:00Z".parse().unwrap()
}

pub(super) fn device(serial: &str) -> Device {
    Device {
        serial: serial.parse().unwrap(),
        reference: format!("udid-{serial}"),
        platform: Platform::Ios,
        enrolment: Enrolment::Device,
        user: None,
        last_seen: None,
        enrolled_at: None,
    }
}

fn queued() -> Delivery {
    Delivery::Queued { reference: None }
}

impl Story {
    /// A device's license, the device known to a server with a whole list.
    fn new() -> Self {
        let mut story = Self::of(Holder::Device(SERIAL.parse().unwrap()), Rules::default());
        story.devices(vec![device(SERIAL)]);
        story
    }

    fn of(holder: Holder, rules: Rules) -> Self {
        let run = RunId(Uuid::from_u128(7));
        let reclaim = Reclaim::begin(run, asset(), "notes", Some(APP), holder, start(), &rules);
        Self { reclaim, acts: vec![], now: start(), rules }
    }

    fn see(&mut self, seen: &[Seen]) -> &mut Self {
        let (reclaim, acts) = advance(self.reclaim.clone(), seen, self.now, &self.rules);
        let (same, again) = advance(reclaim.clone(), seen, self.now, &self.rules);
        let twice = format!("{seen:?} seen twice");
        assert_eq!((&same, &again), (&reclaim, &acts), "{twice}");
        (self.reclaim, self.acts) = (reclaim, acts);
        self
    }

    fn devices(&mut self, devices: Vec<Device>) -> &mut Self {
        self.see(&[Seen::Devices { devices, all: true }])
    }

    fn after(&mut self, seconds: i64) -> &mut Self {
        self.now += SignedDuration::from_secs(seconds);
        self.see(&[])
    }

    /// The one command to send.
    fn command(&self) -> Command {
        match self.acts.as_slice() {
            [Act::Send(command)] => command.clone(),
            other => panic!("one command was to be sent, not {other:?}"),
        }
    }

    /// Hands the one command over.
    fn send(&mut self, delivery: Delivery) -> &mut Self {
        let id = self.command().id;
        self.see(&[Seen::Delivered { id, delivery }])
    }

    /// The device's answer to the one question asked.
    fn answer(&mut self, standing: Standing) -> &mut Self {
        let id = match self.acts.as_slice() {
            [Act::Ask(ask)] => ask.id,
            other => panic!("one question was to be asked, not {other:?}"),
        };
        self.see(&[Seen::Standing { id, standing }])
    }

    fn acknowledge(&mut self) -> &mut Self {
        let at = self.now;
        self.answer(Standing::Acknowledged { at })
    }

    fn list(&mut self, presence: Presence, scope: Scope) -> &mut Self {
        let observed_at = self.now;
        let apps = BTreeMap::from([(APP.to_owned(), presence)]);
        self.answer(Standing::Listed(AppsReply { observed_at, scope, apps }))
    }

    /// A removal that was taken, one second ago, with the list asked for.
    fn listing() -> Self {
        let mut story = Self::new();
        story.send(queued()).after(1).acknowledge().send(queued()).after(1);
        story
    }

    fn phase(&self) -> Phase {
        self.reclaim.phase(&self.rules)
    }

    fn obstacle(&self) -> Option<Obstacle> {
        self.reclaim.targets.iter().find_map(|target| match target.step {
            Step::Blocked { obstacle, .. } => Some(obstacle),
            Step::Wanted { .. }
            | Step::Sent { .. }
            | Step::Acknowledged { .. }
            | Step::Absent { .. }
            | Step::Gone { .. } => None,
        })
    }

    fn attempt(&self) -> u32 {
        self.reclaim.targets.first().map_or(0, |target| target.attempt)
    }
}

#[test]
fn a_license_comes_back_step_by_step() {
    let mut story = Story::new();
    assert_eq!(story.phase(), Phase::Wanted);
    assert!(matches!(story.command().order, Order::Remove { .. }));
    story.send(queued());
    assert_eq!(story.phase(), Phase::UninstallSent);
    story.after(60).acknowledge();
    assert_eq!(story.phase(), Phase::Acknowledged);
    story.send(queued()).after(5).list(Presence::Absent, Scope::All);
    assert_eq!((story.phase(), story.acts.as_slice()), (Phase::ProvenAbsent, &[Act::Release][..]));
    story.see(&[Seen::Released]);
    assert_eq!((story.phase(), story.acts.as_slice()), (Phase::Disassociated, &[][..]));
    story.see(&[Seen::Held(false)]);
    assert_eq!(story.phase(), Phase::Verified);
    assert!(!story.reclaim.is_open());
}

#[test]
fn a_200_for_a_device_the_server_does_not_know_is_no_delivery() {
    let mut story = Story::new();
    story.devices(vec![]);
    assert_eq!((story.phase(), story.acts.as_slice()), (Phase::Gone, &[][..]));
}

#[test]
fn a_failed_push_is_a_queued_command() {
    let mut story = Story::new();
    story.send(Delivery::Unclear { why: "push failed".to_owned() });
    assert_eq!(story.phase(), Phase::UninstallSent);
    story.after(60).acknowledge();
    assert_eq!(story.phase(), Phase::Acknowledged);
}

#[test]
fn already_exists_is_not_waiting_for_the_device() {
    let mut story = Story::new();
    let first = story.command().id;
    story.send(Delivery::Known).after(60);
    assert_eq!((story.phase(), story.attempt()), (Phase::UninstallSent, 1));
    story.after(3600);
    assert_eq!((story.phase(), story.attempt()), (Phase::Wanted, 2));
    assert_ne!(story.command().id, first);
}

#[test]
fn enrolling_anew_restarts_with_the_next_attempt() {
    let mut story = Story::new();
    story.send(queued()).after(60);
    let mut anew = device(SERIAL);
    anew.enrolled_at = Some(story.now);
    story.devices(vec![anew]);
    assert_eq!((story.phase(), story.attempt()), (Phase::Wanted, 2));
    story.send(queued()).after(1);
    let at = story.now;
    story.answer(Standing::Lost { at, why: "it enrolled anew".to_owned(), enrolled: true });
    assert_eq!((story.phase(), story.attempt()), (Phase::Wanted, 3));
}

#[test]
fn enrolling_anew_after_the_acknowledgement_restarts_too() {
    let mut story = Story::listing();
    let at = story.now;
    story.answer(Standing::Lost { at, why: "it was wiped".to_owned(), enrolled: true });
    assert_eq!((story.phase(), story.attempt()), (Phase::Wanted, 2));
}

#[test]
fn a_lost_answer_costs_one_more_removal_and_no_license() {
    let mut story = Story::new();
    story.send(queued()).after(24 * 3600);
    assert_eq!((story.phase(), story.attempt()), (Phase::Wanted, 2));
}

#[test]
fn an_answer_to_a_command_that_is_not_ours_means_nothing() {
    let mut story = Story::new();
    story.send(queued()).after(1);
    let (before, at) = (story.reclaim.clone(), story.now);
    let stranger = Uuid::from_u128(99);
    story.see(&[Seen::Standing { id: stranger, standing: Standing::Acknowledged { at } }]);
    assert_eq!(story.reclaim, before);
}

#[test]
fn not_now_waits_and_nothing_is_sent_again() {
    let mut story = Story::new();
    story.send(queued()).after(1);
    let at = story.now;
    story.answer(Standing::NotNow { at }).after(5 * 24 * 3600);
    assert_eq!((story.phase(), story.attempt()), (Phase::UninstallSent, 1));
    assert!(matches!(story.acts.as_slice(), [Act::Ask(_)]));
}

#[test]
fn no_list_is_asked_for_before_the_acknowledgement() {
    let mut story = Story::new();
    let remove = story.command().id;
    story.send(queued()).after(1);
    assert!(matches!(story.acts.as_slice(), [Act::Ask(_)]));
    story.acknowledge();
    let list = story.command();
    assert_ne!(list.id, remove);
    let Order::ListInstalled { not_before, .. } = list.order else { panic!("{list:?}") };
    assert_eq!(not_before, story.now);
}

#[test]
fn a_list_from_before_the_acknowledgement_proves_nothing() {
    for early in [0, 1, 3600] {
        let mut story = Story::listing();
        let observed_at = story.now - SignedDuration::from_secs(1 + early);
        let apps = BTreeMap::from([(APP.to_owned(), Presence::Absent)]);
        story.answer(Standing::Listed(AppsReply { observed_at, scope: Scope::All, apps }));
        assert_eq!(story.phase(), Phase::Acknowledged, "{early} s early");
    }
}

#[test]
fn a_list_from_the_future_counts_once_its_moment_has_come() {
    let mut story = Story::listing();
    let observed_at = story.now + SignedDuration::from_secs(300);
    let apps = BTreeMap::from([(APP.to_owned(), Presence::Absent)]);
    let list = Standing::Listed(AppsReply { observed_at, scope: Scope::All, apps });
    story.answer(list.clone());
    assert_eq!(story.phase(), Phase::Acknowledged);
    story.after(300).answer(list);
    assert_eq!(story.phase(), Phase::ProvenAbsent);
}

#[test]
fn a_device_that_lies_is_asked_again_ever_later_and_told_again() {
    let mut story = Story::listing();
    let mut waits = vec![];
    for _ in 0..3 {
        story.list(Presence::Present, Scope::All);
        let from = story.now;
        while !matches!(story.acts.as_slice(), [Act::Send(_)]) {
            story.after(1);
        }
        waits.push((story.now - from).get_seconds());
        story.send(queued()).after(1);
    }
    assert_eq!(waits, [20, 40, 80]);
    assert_eq!(story.attempt(), 1);
    story.list(Presence::Installing, Scope::All);
    assert_eq!((story.phase(), story.attempt(), story.acts.len()), (Phase::Wanted, 2, 0));
    story.after(160);
    assert!(matches!(story.command().order, Order::Remove { .. }));
}

#[test]
fn what_the_device_does_not_manage_is_listed_all_the_same() {
    for (presence, phase) in
        [(Presence::Absent, Phase::ProvenAbsent), (Presence::Present, Phase::Blocked)]
    {
        let mut story = Story::new();
        story.send(queued()).after(1);
        let (at, detail) = (story.now, "The app \"Notes\" is not managed.".to_owned());
        story.answer(Standing::Failed { at, fault: Fault::NotManaged, detail });
        story.send(queued()).after(1).list(presence, Scope::All);
        assert_eq!(story.phase(), phase);
    }
}

#[test]
fn refusals_keep_the_license_and_are_tried_anew_a_day_later() {
    for (fault, obstacle) in [
        (Fault::Declarative, Obstacle::Declarative),
        (Fault::Format, Obstacle::Refused),
        (Fault::Other, Obstacle::Refused),
        (Fault::LicenseNotFound, Obstacle::Refused),
    ] {
        let mut story = Story::new();
        story.send(queued()).after(1);
        let at = story.now;
        story.answer(Standing::Failed { at, fault, detail: "no".to_owned() });
        assert_eq!((story.obstacle(), story.acts.len()), (Some(obstacle), 0));
        story.after(24 * 3600);
        assert_eq!((story.phase(), story.attempt()), (Phase::Wanted, 2));
    }
    let mut story = Story::new();
    story.send(Delivery::Refused { why: "no".to_owned(), retryable: false });
    assert_eq!(story.obstacle(), Some(Obstacle::Refused));
}

#[test]
fn a_server_that_is_busy_is_asked_again_with_the_same_command() {
    let mut story = Story::new();
    let id = story.command().id;
    story.send(Delivery::Refused { why: "busy".to_owned(), retryable: true });
    assert_eq!((story.phase(), story.acts.len()), (Phase::Wanted, 0));
    story.after(20);
    assert_eq!(story.command().id, id);
}

#[test]
fn a_list_that_failed_proves_nothing() {
    let mut story = Story::listing();
    let at = story.now;
    let detail = "12021".to_owned();
    story.answer(Standing::Failed { at, fault: Fault::Other, detail });
    assert_eq!((story.phase(), story.acts.len()), (Phase::Acknowledged, 0));
}

#[test]
fn a_list_of_managed_apps_proves_nothing_of_an_organizations_device() {
    let mut story = Story::listing();
    story.list(Presence::Absent, Scope::Managed);
    assert_eq!((story.phase(), story.acts.len()), (Phase::Acknowledged, 0));
}

#[test]
fn a_list_without_identifiers_needs_a_second_witness() {
    for (presence, phase) in [
        (Presence::Absent, Phase::ProvenAbsent),
        (Presence::Present, Phase::Acknowledged),
        (Presence::Unknown, Phase::Acknowledged),
    ] {
        let mut story = Story::listing();
        story.list(Presence::Unknown, Scope::All);
        assert!(matches!(story.command().order, Order::ListManaged { .. }));
        story.send(queued()).after(1).list(presence, Scope::Managed);
        assert_eq!(story.phase(), phase, "{presence:?}");
    }
}

#[test]
fn a_list_that_does_not_name_what_was_asked_for_is_no_absence() {
    let mut story = Story::listing();
    let observed_at = story.now;
    let reply = AppsReply { observed_at, scope: Scope::All, apps: BTreeMap::new() };
    story.answer(Standing::Listed(reply));
    assert_eq!(story.phase(), Phase::Acknowledged);
}

#[test]
fn a_persons_own_device_needs_a_second_witness() {
    let own = || {
        let mut story = Story::of(Holder::Device(SERIAL.parse().unwrap()), Rules::default());
        let mut device = device(SERIAL);
        device.enrolment = Enrolment::User;
        story.devices(vec![device]).send(queued()).after(1).acknowledge();
        story.send(queued()).after(1).list(Presence::Absent, Scope::All);
        assert_eq!(story.phase(), Phase::Acknowledged);
        assert!(matches!(story.command().order, Order::ListManaged { .. }));
        story
    };
    let mut story = own();
    story.send(queued()).after(1).list(Presence::Absent, Scope::Managed);
    assert_eq!(story.phase(), Phase::ProvenAbsent);
    let mut story = own();
    story.send(Delivery::Refused { why: "no such command".to_owned(), retryable: false });
    assert_eq!(story.obstacle(), Some(Obstacle::NoSecondWitness));
}

#[test]
fn after_the_deadline_it_is_unknown_and_goes_on() {
    let mut story = Story::new();
    story.send(queued()).after(1);
    let at = story.now;
    story.answer(Standing::NotNow { at }).after(7 * 24 * 3600);
    assert_eq!(story.phase(), Phase::Unknown);
    assert!(story.reclaim.is_open());
    story.acknowledge().send(queued()).after(1).list(Presence::Absent, Scope::All);
    assert_eq!(story.phase(), Phase::ProvenAbsent);
}

#[test]
fn wanted_again_costs_nothing_before_the_license_is_released() {
    let why = || Seen::Unwanted { why: "wanted again".to_owned() };
    let mut stories = [Story::new(), Story::new(), Story::listing(), Story::listing()];
    stories[1].send(queued());
    stories[3].list(Presence::Absent, Scope::All);
    for mut story in stories {
        story.see(&[why()]);
        assert_eq!((story.phase(), story.acts.len()), (Phase::Cancelled, 0));
    }
    let mut story = Story::listing();
    story.list(Presence::Absent, Scope::All).see(&[Seen::Released, why()]);
    assert_eq!(story.phase(), Phase::Disassociated);
    story.see(&[Seen::Held(true), why()]);
    assert_eq!(story.phase(), Phase::Cancelled);
}

#[test]
fn a_device_that_left_keeps_its_license_unless_the_manifest_says_otherwise() {
    for (when_gone, phase) in
        [(WhenGone::Keep, Phase::Gone), (WhenGone::Release, Phase::ProvenAbsent)]
    {
        let rules = Rules { when_gone, ..Rules::default() };
        let mut story = Story::of(Holder::Device(SERIAL.parse().unwrap()), rules);
        story.devices(vec![device(SERIAL)]).send(queued()).after(1);
        let at = story.now;
        story.answer(Standing::Lost { at, why: "CheckOut".to_owned(), enrolled: false });
        assert_eq!(story.phase(), phase);
    }
    let mut story = Story::new();
    story.devices(vec![]);
    story.devices(vec![device(SERIAL)]);
    assert_eq!((story.phase(), story.attempt()), (Phase::Wanted, 2));
}

#[test]
fn a_server_without_a_list_of_devices_does_not_say_that_one_is_gone() {
    let rules = Rules { when_gone: WhenGone::Release, ..Rules::default() };
    let mut story = Story::of(Holder::Device(SERIAL.parse().unwrap()), rules);
    let unheard = || Seen::Devices { devices: vec![], all: false };
    story.see(&[unheard()]);
    assert_eq!(story.obstacle(), Some(Obstacle::UnknownDevice));
    story.see(&[Seen::Devices { devices: vec![device(SERIAL)], all: false }]);
    assert_eq!(story.phase(), Phase::Wanted);
    story.send(queued()).see(&[unheard()]);
    assert_eq!(story.phase(), Phase::UninstallSent);
}

#[test]
fn two_live_enrolments_of_one_serial_number_block() {
    let mut story = Story::new();
    let mut other = device(SERIAL);
    other.reference = "another".to_owned();
    story.devices(vec![device(SERIAL), other]);
    assert_eq!(story.obstacle(), Some(Obstacle::SeveralEnrolments));
    story.devices(vec![device(SERIAL)]);
    assert_eq!(story.phase(), Phase::Wanted);
}

#[test]
fn an_app_without_bundle_id_is_never_sent_anywhere() {
    let mut story = Story::new();
    story.reclaim.bundle_id = None;
    story.see(&[]);
    assert_eq!((story.phase(), story.acts.len()), (Phase::Blocked, 0));
    assert_eq!(story.reclaim.bar, Some(Bar::NoBundleId));
}

#[test]
fn a_persons_license_needs_every_device_of_theirs() {
    let person = Holder::User(ClientUserId::new("mkeller").unwrap());
    let mut story = Story::of(person, Rules::default());
    story.devices(vec![]);
    assert_eq!(story.reclaim.bar, Some(Bar::NoDeviceOfUser));
    assert_eq!((story.phase(), story.acts.len()), (Phase::Blocked, 0));
    story.devices(vec![device("AAAA1111"), device("BBBB2222")]);
    assert_eq!(story.acts.len(), 2);
    let prove = |story: &mut Story, which: usize| {
        let Act::Send(command) = story.acts[which].clone() else { panic!("{:?}", story.acts) };
        let (at, id) = (story.now, command.id);
        story.see(&[
            Seen::Delivered { id, delivery: queued() },
            Seen::Standing { id, standing: Standing::Acknowledged { at } },
        ]);
        let Act::Send(command) = story.acts[which].clone() else { panic!("{:?}", story.acts) };
        let id = command.id;
        story.see(&[Seen::Delivered { id, delivery: queued() }]).after(1);
        let apps = BTreeMap::from([(APP.to_owned(), Presence::Absent)]);
        let reply = AppsReply { observed_at: story.now, scope: Scope::All, apps };
        story.see(&[Seen::Standing { id, standing: Standing::Listed(reply) }]);
    };
    prove(&mut story, 0);
    assert_eq!(story.phase(), Phase::Wanted, "one of two");
    prove(&mut story, 0);
    assert_eq!(story.phase(), Phase::ProvenAbsent);
    story.devices(vec![device("AAAA1111"), device("BBBB2222"), device("CCCC3333")]);
    assert_eq!(story.phase(), Phase::Wanted, "a third one was handed out meanwhile");
}

#[test]
fn an_old_proof_is_asked_for_again() {
    let mut story = Story::listing();
    story.list(Presence::Absent, Scope::All).after(24 * 3600 + 1);
    assert_eq!(story.phase(), Phase::Acknowledged);
    assert!(matches!(story.command().order, Order::ListInstalled { .. }));
}

#[test]
fn a_server_whose_clock_is_days_behind_is_asked_ever_later() {
    let mut story = Story::new();
    let behind = SignedDuration::from_hours(24 * 7);
    let at = story.now - behind;
    story.send(queued()).answer(Standing::Acknowledged { at });
    let mut asked = vec![];
    for second in 0..3600 {
        story.after(1);
        if matches!(story.acts.as_slice(), [Act::Send(_)]) {
            story.send(queued());
            let apps = BTreeMap::from([(APP.to_owned(), Presence::Absent)]);
            let observed_at = story.now - behind;
            story.answer(Standing::Listed(AppsReply { observed_at, scope: Scope::All, apps }));
            asked.push(second);
        }
        assert_ne!(story.phase(), Phase::ProvenAbsent);
    }
    let pauses: Vec<i32> = asked.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(asked.len() > 4 && asked.len() < 12, "{asked:?}");
    assert!(pauses.windows(2).all(|two| two[0] <= two[1]), "{pauses:?}");
}

#[test]
fn a_run_that_was_killed_is_continued_with_the_same_ids() {
    let mut story = Story::new();
    let id = story.command().id;
    let kept: Reclaim =
        serde_json::from_str(&serde_json::to_string(&story.reclaim).unwrap()).unwrap();
    assert_eq!(kept, story.reclaim);
    story.reclaim = kept;
    story.after(3);
    assert_eq!(story.command().id, id);
    let at = story.now;
    story.see(&[Seen::Intended { id, at }]);
    assert_eq!(story.phase(), Phase::UninstallSent);
    story.after(3600);
    assert_eq!(story.attempt(), 2, "it may never have been sent");
}
