//! Whatever is seen in whatever order, no license is released without its proof.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::tests::{asset, device, start};
use super::*;
use crate::license::{ClientUserId, Holder};
use crate::mdm::{AppsReply, Delivery, Enrolment, Fault, Order, Presence, Scope, Standing};
use crate::store::RunId;

const APP: &str = "com.example.notes";
const SERIALS: [&str; 2] = ["AAAA1111", "BBBB2222"];

/// Something that happens; times are seconds before or after now.
#[derive(Debug, Clone)]
enum Happens {
    Pass(i64),
    Devices(Vec<(usize, Enrolment, Option<i64>)>, bool),
    Delivered(usize, Delivery),
    Answer(usize, Standing),
    /// An answer to an id of an earlier act.
    Late(usize, Standing),
    Released,
    Held(bool),
}

fn shifted(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn standing() -> impl Strategy<Value = Standing> {
    let at = (-90_000_i64..90_000).prop_map(shifted);
    let presence = prop_oneof![
        3 => Just(Presence::Absent),
        1 => Just(Presence::Present),
        1 => Just(Presence::Installing),
        1 => Just(Presence::Unknown),
    ];
    let scope = prop_oneof![3 => Just(Scope::All), 1 => Just(Scope::Managed)];
    let fault = prop_oneof![
        3 => Just(Fault::NotManaged),
        1 => Just(Fault::Declarative),
        1 => Just(Fault::Other),
    ];
    prop_oneof![
        1 => Just(Standing::Waiting),
        1 => at.clone().prop_map(|at| Standing::NotNow { at }),
        1 => (at.clone(), any::<bool>())
            .prop_map(|(at, enrolled)| Standing::Lost { at, why: "lost".into(), enrolled }),
        5 => at.clone().prop_map(|at| Standing::Acknowledged { at }),
        2 => (at.clone(), fault)
            .prop_map(|(at, fault)| Standing::Failed { at, fault, detail: "no".into() }),
        6 => (at, presence, scope).prop_map(|(observed_at, presence, scope)| {
            let apps = BTreeMap::from([(APP.to_owned(), presence)]);
            Standing::Listed(AppsReply { observed_at, scope, apps })
        }),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    let delivery = prop_oneof![
        5 => Just(Delivery::Queued { reference: None }),
        1 => Just(Delivery::Known),
        1 => Just(Delivery::Unclear { why: "lost".into() }),
        1 => any::<bool>()
            .prop_map(|retryable| Delivery::Refused { why: "no".into(), retryable }),
    ];
    let enrolment = prop_oneof![
        4 => Just(Enrolment::Device),
        1 => Just(Enrolment::User),
        1 => Just(Enrolment::None),
    ];
    let one = (0..2_usize, enrolment, proptest::option::weighted(0.2, -90_000_i64..90_000));
    prop_oneof![
        3 => (0..5000_i64).prop_map(Happens::Pass),
        1 => (80_000..700_000_i64).prop_map(Happens::Pass),
        2 => (proptest::collection::vec(one, 0..4), any::<bool>())
            .prop_map(|(devices, all)| Happens::Devices(devices, all)),
        6 => (0..3_usize, delivery).prop_map(|(which, delivery)| Happens::Delivered(which, delivery)),
        8 => (0..3_usize, standing()).prop_map(|(which, standing)| Happens::Answer(which, standing)),
        2 => (0..20_usize, standing()).prop_map(|(which, standing)| Happens::Late(which, standing)),
        1 => Just(Happens::Released),
        1 => any::<bool>().prop_map(Happens::Held),
    ]
}

/// What an outsider who writes everything down knows of one command.
#[derive(Default)]
struct Witness {
    /// Every answer with its command, in the order it was heard.
    heard: Vec<(Uuid, Standing, Timestamp)>,
}

impl Witness {
    /// Whether a target was acknowledged (or not managed), and then listed as absent by a command
    /// that went out later, at a moment after it and not in the future.
    fn proves(&self, reclaim: &Reclaim, target: &Target) -> bool {
        let ours = |id: Uuid, make: &dyn Fn(u32) -> Uuid| (0..200).any(|n| make(n) == id);
        let (run, adam_id) = (reclaim.run, reclaim.asset.adam_id);
        let remove = |n| remove_id(run, &target.serial, adam_id, n);
        let list = |n| list_id(run, &target.serial, adam_id, n);
        self.heard.iter().enumerate().any(|(index, (id, standing, _))| {
            let at = match standing {
                Standing::Acknowledged { at }
                | Standing::Failed { at, fault: Fault::NotManaged, .. } => *at,
                Standing::Waiting
                | Standing::NotNow { .. }
                | Standing::Lost { .. }
                | Standing::Listed(_)
                | Standing::Failed { .. } => return false,
            };
            ours(*id, &remove)
                && self.heard.iter().skip(index).any(|(id, standing, heard)| match standing {
                    Standing::Listed(reply) => {
                        ours(*id, &list)
                            && reply.apps.get(APP) == Some(&Presence::Absent)
                            && reply.observed_at > at
                            && reply.observed_at <= *heard
                    }
                    Standing::Waiting
                    | Standing::NotNow { .. }
                    | Standing::Lost { .. }
                    | Standing::Acknowledged { .. }
                    | Standing::Failed { .. } => false,
                })
        })
    }
}

fn holder() -> impl Strategy<Value = Holder> {
    prop_oneof![
        Just(Holder::Device(SERIALS[0].parse().unwrap())),
        Just(Holder::User(ClientUserId::new("mkeller").unwrap())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_seen_releases_a_license_without_proof(
        holder in holder(),
        story in proptest::collection::vec(happens(), 1..60),
    ) {
        let rules = Rules::default();
        let run = RunId(Uuid::from_u128(7));
        let mut now = start();
        let mut reclaim =
            Reclaim::begin(run, asset(), "notes", Some(APP), holder, now, &rules);
        let mut acts: Vec<Act> = vec![];
        let mut issued: Vec<Uuid> = vec![];
        let mut witness = Witness::default();
        let first = Seen::Devices { devices: vec![device(SERIALS[0])], all: true };
        let mut pending = vec![first];
        for step in std::iter::once(Happens::Pass(0)).chain(story) {
            let id = |which: usize| match acts.get(which % acts.len().max(1)) {
                Some(Act::Send(command)) => Some(command.id),
                Some(Act::Ask(ask)) => Some(ask.id),
                Some(Act::Release) | None => None,
            };
            match step {
                Happens::Pass(seconds) => now += SignedDuration::from_secs(seconds),
                Happens::Devices(devices, all) => {
                    let devices = devices
                        .into_iter()
                        .map(|(which, enrolment, at)| {
                            let mut device = device(SERIALS[which]);
                            device.enrolment = enrolment;
                            device.enrolled_at = at.map(shifted);
                            device
                        })
                        .collect();
                    pending.push(Seen::Devices { devices, all });
                }
                Happens::Delivered(which, delivery) => {
                    pending.extend(id(which).map(|id| Seen::Delivered { id, delivery }));
                }
                Happens::Answer(which, standing) => {
                    pending.extend(id(which).map(|id| Seen::Standing { id, standing }));
                }
                Happens::Late(which, standing) => {
                    let late = issued.get(which).copied();
                    pending.extend(late.map(|id| Seen::Standing { id, standing }));
                }
                Happens::Released => pending.push(Seen::Released),
                Happens::Held(held) => pending.push(Seen::Held(held)),
            }
            for seen in &pending {
                if let Seen::Standing { id, standing } = seen {
                    witness.heard.push((*id, standing.clone(), now));
                }
            }
            let seen = std::mem::take(&mut pending);
            let (next, to_do) = advance(reclaim, &seen, now, &rules);
            let (same, again) = advance(next.clone(), &[], now, &rules);
            prop_assert_eq!((&same, &again), (&next, &to_do), "nothing new changes nothing");
            issued.extend(to_do.iter().filter_map(|act| match act {
                Act::Send(command) => Some(command.id),
                Act::Ask(_) | Act::Release => None,
            }));
            if to_do.contains(&Act::Release) || next.released.is_some() {
                prop_assert!(!next.targets.is_empty());
                for target in &next.targets {
                    prop_assert!(witness.proves(&next, target), "{target:?} is not proven");
                }
            }
            (reclaim, acts) = (next, to_do);
        }
    }

    #[test]
    fn a_device_that_answers_in_the_end_always_gives_its_license_back(
        story in proptest::collection::vec(happens(), 0..40),
    ) {
        let rules = Rules::default();
        let holder = Holder::Device(SERIALS[0].parse().unwrap());
        let run = RunId(Uuid::from_u128(7));
        let mut now = start();
        let reclaim = Reclaim::begin(run, asset(), "notes", Some(APP), holder, now, &rules);
        let live = || Seen::Devices { devices: vec![device(SERIALS[0])], all: true };
        let (mut reclaim, mut acts) = advance(reclaim, &[live()], now, &rules);
        for step in story {
            let seen = match step {
                Happens::Pass(seconds) => {
                    now += SignedDuration::from_secs(seconds);
                    vec![]
                }
                Happens::Answer(_, standing) => match acts.first() {
                    Some(Act::Ask(ask)) => vec![Seen::Standing { id: ask.id, standing }],
                    Some(Act::Send(_) | Act::Release) | None => vec![],
                },
                Happens::Delivered(_, delivery) => match acts.first() {
                    Some(Act::Send(command)) => {
                        vec![Seen::Delivered { id: command.id, delivery }]
                    }
                    Some(Act::Ask(_) | Act::Release) | None => vec![],
                },
                Happens::Devices(..)
                | Happens::Late(..)
                | Happens::Released
                | Happens::Held(_) => vec![],
            };
            (reclaim, acts) = advance(reclaim, &seen, now, &rules);
        }
        // From here on the device does as it is told.
        for _ in 0..400 {
            now += SignedDuration::from_hours(1);
            let mut seen = vec![live()];
            for act in &acts {
                match act {
                    Act::Send(command) => seen.push(Seen::Delivered {
                        id: command.id,
                        delivery: Delivery::Queued { reference: None },
                    }),
                    Act::Ask(ask) => {
                        let apps = BTreeMap::from([(APP.to_owned(), Presence::Absent)]);
                        let listed =
                            AppsReply { observed_at: now, scope: Scope::All, apps };
                        let standing = match ask.order {
                            Order::Remove { .. } => Standing::Acknowledged { at: now },
                            Order::ListInstalled { .. }
                            | Order::ListManaged { .. }
                            | Order::Install { .. } => Standing::Listed(listed),
                        };
                        seen.push(Seen::Standing { id: ask.id, standing });
                    }
                    Act::Release => return Ok(()),
                }
            }
            (reclaim, acts) = advance(reclaim, &seen, now, &rules);
        }
        prop_assert!(false, "still {:?} with {acts:?}", reclaim.targets);
    }
}
