//! Plans to render: small ones by hand, large ones by rule, every one consistent with itself.

use std::collections::BTreeSet;

use jiff::Timestamp;
use vpp::actual::{Limits, MdmInfo, Stock, Versions};
use vpp::license::{Asset, AssetKind, ClientUserId, PricingParam, UserDetails};
use vpp::manifest::kind::{Intent, ReclaimMode};
use vpp::plan::{
    Action, Cause, CauseKind, Change, Drift, GuardLevel, GuardOutcome, GuardResult, Inaction,
    InactionKind, LicenseRow, LocationPlan, ManifestSource, Notice, Plan, Summary, Unmanaged,
    UserPlan,
};

/// The names of real apps, for plans that read like real ones.
const NAMES: [&str; 40] = [
    "Pages",
    "Numbers",
    "Keynote",
    "GarageBand",
    "iMovie",
    "Swift Playgrounds",
    "Word",
    "Excel",
    "PowerPoint",
    "OneNote",
    "Book Creator",
    "Explain Everything",
    "Seesaw",
    "Kahoot",
    "Quizlet",
    "GeoGebra",
    "Desmos",
    "Duolingo",
    "Nearpod",
    "Canva",
    "Teams",
    "Google Docs",
    "OneDrive",
    "Slack",
    "Padlet",
    "Showbie",
    "Zoom",
    "Webex",
    "Miro",
    "Notion",
    "Trello",
    "Evernote",
    "Dropbox",
    "Scanner",
    "Procreate",
    "Notability",
    "Camera Lab",
    "LumaFusion",
    "GoodNotes 6",
    "Explain EDU",
];

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn serial(n: usize) -> String {
    // Scattered, so that the lowest hashes are not the lowest numbers.
    format!("C02X{:08X}", n.wrapping_mul(0x9e37_79b9) & 0xffff_ffff)
}

pub(super) fn asset(id: usize) -> Asset {
    Asset {
        adam_id: format!("{}", 360_593_530 + id).parse().unwrap(),
        pricing_param: PricingParam::Standard,
    }
}

pub(super) fn entry(group: &str, intent: Intent) -> CauseKind {
    CauseKind::Entry { group: group.into(), intent }
}

pub(super) fn unnamed(reclaim: ReclaimMode) -> CauseKind {
    CauseKind::Unnamed { reclaim }
}

/// A location and the apps in it, with what is to change.
pub(super) struct World {
    plan: Plan,
}

impl World {
    pub(super) fn new() -> Self {
        let plan = Plan {
            format_version: "1.0".into(),
            tool: "vpp 0.1.0".into(),
            created_at: time("2026-11-21T09:14:11Z"),
            manifests: ManifestSource { folder: ".".into(), digest: "0".repeat(64) },
            fingerprint: format!("vpp1:9f2c41d077ab{}", "0".repeat(52)),
            base: None,
            complete: true,
            applyable: true,
            summary: Summary::default(),
            locations: vec![],
            mdm_locations: vec![],
            changes: vec![],
            drift: vec![],
            carried: vec![],
            later: vec![],
            inactions: vec![],
            guards: vec![],
            diagnostics: vec![],
        };
        Self { plan }
    }

    pub(super) fn location(mut self, name: &str, description: &str) -> Self {
        let number = self.plan.locations.len();
        self.plan.locations.push(LocationPlan {
            name: name.into(),
            description: Some(description.into()),
            failed: None,
            uid: Some(format!("{}", 2_049_025_000_431_439_u64 + u64::try_from(number).unwrap())),
            apple_name: None,
            owner: Some(MdmInfo {
                id: "5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11".into(),
                name: "Northfield IT".into(),
                metadata: String::new(),
            }),
            claim: None,
            token_expires: None,
            versions: Versions::default(),
            limits: Limits::default(),
            read_at: Some(time("2026-11-21T09:14:07Z")),
            read_requests: 61,
            read_since: None,
            write_requests: 0,
            users: UserPlan::default(),
            licenses: vec![],
            unmanaged: Unmanaged::default(),
            unchanged: 0,
            subscriptions: None,
        });
        self
    }

    /// The location added last, to be changed.
    pub(super) fn last(mut self, change: impl FnOnce(&mut LocationPlan)) -> Self {
        change(self.plan.locations.last_mut().unwrap());
        self
    }

    /// An app of the location added last: so many licenses, so many of them assigned.
    pub(super) fn app(self, id: usize, name: &str, total: u64, assigned: u64) -> Self {
        self.last(|location| {
            location.unchanged += assigned;
            location.licenses.push(LicenseRow {
                asset: asset(id),
                kind: AssetKind::App,
                name: name.into(),
                stock: Some(Stock::Limited { total, available: total - assigned, retired: 0 }),
                assigned,
                desired: assigned,
                assign: 0,
                release: 0,
                uninstall: 0,
                short: 0,
                free_after: Some(total - assigned),
            });
        })
    }

    /// Devices of the app added last, assigned or taken back.
    pub(super) fn moves(
        mut self,
        action: Action,
        place: (&str, u32),
        kind: CauseKind,
        devices: std::ops::Range<usize>,
    ) -> Self {
        let count = u64::try_from(devices.len()).unwrap();
        let location = self.plan.locations.last_mut().unwrap();
        let row = location.licenses.last_mut().unwrap();
        let free = row.free_after.as_mut().unwrap();
        match action {
            Action::Assign => {
                row.assign += count;
                *free -= count;
            }
            Action::Release => {
                row.release += count;
                *free += count;
                location.unchanged -= count;
            }
            Action::Uninstall => {
                row.uninstall += count;
                location.unchanged -= count;
            }
        }
        location.write_requests += count.div_ceil(1000);
        let mut serials: Vec<String> = devices.map(serial).collect();
        serials.sort();
        self.plan.changes.push(Change {
            location: location.name.clone(),
            asset: row.asset,
            kind: row.kind,
            name: row.name.clone(),
            bundle_id: None,
            install: false,
            action,
            cause: Cause { file: place.0.into(), line: place.1, kind },
            origin: None,
            devices: serials.iter().map(|serial| serial.parse().unwrap()).collect(),
            users: vec![],
        });
        self
    }

    /// People added to the last change.
    pub(super) fn with_users(mut self, users: &[&str]) -> Self {
        let change = self.plan.changes.last_mut().unwrap();
        assert_eq!(change.action, Action::Assign);
        let count = u64::try_from(users.len()).unwrap();
        change.users = users.iter().map(|user| ClientUserId::new(user).unwrap()).collect();
        let row = self.plan.locations.last_mut().unwrap().licenses.last_mut().unwrap();
        row.assign += count;
        *row.free_after.as_mut().unwrap() -= count;
        self
    }

    pub(super) fn guard(mut self, guard: GuardResult) -> Self {
        self.plan.guards.push(guard);
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    /// The plan as it is made by hand, with no sum computed.
    pub(super) fn raw(mut self, change: impl FnOnce(&mut Plan)) -> Plan {
        change(&mut self.plan);
        self.plan
    }

    /// The plan, with its summary and flags computed.
    pub(super) fn plan(self) -> Plan {
        let mut plan = self.plan;
        let mut summary = Summary::default();
        let (mut devices, mut users, mut assets) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for change in &plan.changes {
            let pairs = u64::try_from(change.pairs()).unwrap();
            match change.action {
                Action::Assign => summary.assign += pairs,
                Action::Release => summary.release += pairs,
                Action::Uninstall => summary.uninstall += pairs,
            }
            devices.extend(&change.devices);
            users.extend(&change.users);
            assets.insert(change.asset);
        }
        summary.reclaim = summary.release + summary.uninstall;
        summary.devices = u64::try_from(devices.len()).unwrap();
        summary.users = u64::try_from(users.len()).unwrap();
        summary.assets_changed = u64::try_from(assets.len()).unwrap();
        let mut managed = BTreeSet::new();
        for location in &plan.locations {
            summary.unchanged += location.unchanged;
            summary.unmanaged += location.unmanaged.assignments;
            summary.users_create += u64::try_from(location.users.create.len()).unwrap();
            summary.users_update += u64::try_from(location.users.update.len()).unwrap();
            summary.users_retire += u64::try_from(location.users.retire.len()).unwrap();
            summary.users_waiting += location.users.waiting;
            for row in &location.licenses {
                summary.short += row.short;
                managed.insert(row.asset);
            }
        }
        summary.assets_managed = u64::try_from(managed.len()).unwrap();
        plan.summary = summary;
        plan.complete = plan.locations.iter().all(|location| location.failed.is_none());
        let blocked = plan.guards.iter().any(|guard| {
            guard.level == GuardLevel::Block && guard.outcome == GuardOutcome::Tripped
        });
        plan.applyable = plan.complete && !blocked;
        plan
    }
}

pub(super) fn blocks(code: &str, subject: &str, message: &str, place: (&str, u32)) -> GuardResult {
    GuardResult {
        code: code.into(),
        level: GuardLevel::Block,
        outcome: GuardOutcome::Tripped,
        location: Some("northfield".into()),
        subject: Some(subject.into()),
        message: message.into(),
        file: Some(place.0.into()),
        line: Some(place.1),
        help: vec![],
        examples: vec![],
    }
}

/// What the quick start shows: one app, three devices, one person.
pub(super) fn quickstart() -> Plan {
    World::new()
        .location("northfield", "Northfield Schools")
        .app(1, "notability", 10, 4)
        .moves(Action::Release, ("apps/notability.yaml", 12), unnamed(ReclaimMode::Release), 90..91)
        .moves(Action::Assign, ("apps/notability.yaml", 8), entry("year-7", Intent::Required), 0..3)
        .with_users(&["ada@northfield.example"])
        .last(|location| {
            location.users.create = vec![UserDetails {
                client_user_id: ClientUserId::new("ada@northfield.example").unwrap(),
                email: Some("ada@northfield.example".into()),
                managed_apple_id: None,
            }];
            location.users.waiting = 1;
            location.unmanaged = Unmanaged { assets: 2, assignments: 12 };
        })
        .plan()
}

/// Other hands gave two apps and took one away since the last apply.
pub(super) fn meddled() -> Plan {
    let row = |id: usize, name: &str, gained: &[&str], lost: &[&str]| Drift {
        location: "northfield".into(),
        asset: asset(id),
        name: name.into(),
        run: "0190b5d4-6a1e-7cc0-8b7e-6f2d3c4b5a69".into(),
        since: time("2026-11-20T02:00:00Z"),
        gained: u64::try_from(gained.len()).unwrap(),
        lost: u64::try_from(lost.len()).unwrap(),
        gained_examples: gained.iter().map(ToString::to_string).collect(),
        lost_examples: lost.iter().map(ToString::to_string).collect(),
    };
    let mut plan = quickstart();
    plan.drift = vec![
        row(1, "notability", &[], &["C02XK0AAJGH5"]),
        row(2, "procreate", &["DMPXQ1ZKLMX9", "F9FXN20ZJF8J"], &[]),
    ];
    plan
}

/// 50,000 changes over 40 apps: a new year group, six schools, and apps that are taken back.
pub(super) fn large() -> World {
    let mut world = World::new().location("northfield", "Northfield Schools");
    for (at, name) in NAMES.iter().enumerate() {
        let file = format!("apps/{}.yaml", name.to_lowercase().replace(' ', "-"));
        let place = |line| (file.as_str(), line);
        let assign = Action::Assign;
        world = match at {
            0..20 => world.app(at, name, if at == 0 { 7_000 } else { 20_000 }, 5_000).moves(
                assign,
                place(6),
                entry("year-7-2026", Intent::Required),
                0..2_000,
            ),
            20..34 => world.app(at, name, 20_000, 3_000).moves(
                assign,
                place(8),
                entry("staff", Intent::Available),
                10_000..10_338 + (at * 7) % 13,
            ),
            34 => world
                .app(at, name, 2_100, 1_200)
                .moves(assign, place(3), entry("art-rooms", Intent::Required), 20_000..20_900)
                .last(|location| location.licenses.last_mut().unwrap().short = 340),
            35 => world
                .app(at, name, 6_000, 4_020)
                .moves(Action::Uninstall, place(9), unnamed(ReclaimMode::Uninstall), 30_000..32_610)
                .moves(assign, place(9), entry("year-10-13", Intent::Required), 40_000..40_120),
            36 => world
                .app(at, name, 6_000, 2_950)
                .moves(Action::Release, place(4), entry("year-6-2025", Intent::Uninstall), 0..118)
                .moves(assign, place(5), entry("labs", Intent::Required), 50_000..50_064),
            37 => world.app(at, name, 1_000, 880).moves(
                Action::Release,
                place(4),
                entry("year-6-2025", Intent::Uninstall),
                0..36,
            ),
            38 => world.app(at, name, 6_000, 5_100).moves(
                Action::Uninstall,
                place(6),
                CauseKind::Except { group: "shared-ipads".into() },
                60_000..60_744,
            ),
            _ => world.app(at, name, 400, 310).moves(
                Action::Uninstall,
                place(7),
                unnamed(ReclaimMode::Uninstall),
                70_000..70_310,
            ),
        };
    }
    let moved: usize = world.plan.changes.iter().map(Change::pairs).sum();
    let rest = 50_000 - moved;
    world
        .app(60, "Clips", 9_000, 100)
        .moves(Action::Assign, ("apps/clips.yaml", 4), entry("media", Intent::Required), 0..rest)
        .app(61, "Freeform", 9_000, 8_000)
        .with(|plan| {
            plan.inactions = vec![Inaction {
                location: "northfield".into(),
                asset: asset(61),
                name: "Freeform".into(),
                kind: InactionKind::Kept,
                pairs: 212,
                cause: Cause {
                    file: "apps/freeform.yaml".into(),
                    line: 7,
                    kind: unnamed(ReclaimMode::Keep),
                },
                examples: vec![serial(1)],
            }];
            plan.diagnostics = vec![Notice {
                code: "VPP-M031".into(),
                level: "warning".into(),
                message: "location `northfield` does not pin its library".into(),
                file: Some("locations.yaml".into()),
                line: Some(3),
                help: vec!["add `uid: \"2049025000431439\"`".into()],
            }];
        })
        .last(|location| location.unmanaged = Unmanaged { assets: 3, assignments: 12 })
}

/// The large plan, kept from being applied by two guards; a third is allowed.
pub(super) fn blocked() -> Plan {
    let reclaim = GuardResult {
        help: vec![
            "to allow it, add to `allow` of the Policy:".into(),
            "- { guard: G101, app: Notability, reclaimUpTo: 2610, until: 2026-11-28, reason: \"…\" }"
                .into(),
        ],
        ..blocks(
            "VPP-G101",
            "Notability",
            "reclaims 2,610 of 4,020 holders (64.9 %, limit 20 %)",
            ("apps/notability.yaml", 9),
        )
    };
    let short = GuardResult {
        help: vec!["buy 340 licenses, or narrow `assign`, or set `whenShort: fill`".into()],
        examples: vec![serial(7), serial(8)],
        ..blocks(
            "VPP-G104",
            "Procreate",
            "1,240 to assign, 900 licenses free, 340 devices would go without",
            ("apps/procreate.yaml", 3),
        )
    };
    let allowed = GuardResult {
        outcome: GuardOutcome::Allowed,
        ..blocks(
            "VPP-G103",
            "Explain EDU",
            "310 holders drop to 0 (allowed until 2026-12-01 by policy.yaml:41)",
            ("apps/explain-edu.yaml", 5),
        )
    };
    large().guard(allowed).guard(reclaim).guard(short).plan()
}

/// Nothing to change in 61 apps.
pub(super) fn empty() -> Plan {
    let mut world = World::new().location("northfield", "Northfield Schools");
    for at in 0..61 {
        world = world.app(at, NAMES.get(at).unwrap_or(&"Another App"), 10_000, 6_000);
    }
    world.plan()
}

/// One of three locations could not be read; one is claimed.
pub(super) fn incomplete() -> Plan {
    World::new()
        .location("northfield", "Northfield Schools")
        .app(1, "Pages", 100, 50)
        .moves(Action::Assign, ("apps/pages.yaml", 6), entry("year-7", Intent::Required), 0..30)
        .location("southfield", "Southfield Schools")
        .app(1, "Pages", 100, 40)
        .moves(Action::Assign, ("apps/pages.yaml", 6), entry("year-7", Intent::Required), 50..60)
        .moves(Action::Release, ("apps/pages.yaml", 9), unnamed(ReclaimMode::Release), 70..75)
        .last(|location| {
            location.owner = None;
            location.claim = Some(MdmInfo {
                id: "5c1fbe0a-7d0e-4a52-9d3e-0f6f5f3a9b11".into(),
                name: "Northfield IT".into(),
                metadata: "vpp".into(),
            });
        })
        .location("westfield", "Westfield College")
        .last(|location| {
            location.failed = Some(
                "Apple answered 9622 (\"The server token has expired\"): download a new content \
                 token in Apple School Manager and set VPP_TOKEN_WEST"
                    .into(),
            );
            location.uid = None;
            location.owner = None;
            location.read_at = None;
        })
        .plan()
}

/// Every name is an attack.
pub(super) fn hostile() -> Plan {
    let bad = "\u{1b}[2J\u{202e}evil\u{200b}\n::error::x ##[add-mask]y\r\u{9b}31m\t\u{7}";
    let mut plan = World::new()
        .location(bad, bad)
        .app(1, bad, 10, 4)
        .moves(Action::Release, (bad, 12), unnamed(ReclaimMode::Release), 90..91)
        .moves(Action::Assign, (bad, 8), entry(bad, Intent::Required), 0..3)
        .with_users(&[bad])
        .guard(GuardResult {
            location: Some(bad.into()),
            help: vec![bad.into()],
            examples: vec![bad.into()],
            ..blocks(bad, bad, bad, (bad, 1))
        })
        .location(bad, bad)
        .last(|location| {
            location.failed = Some(bad.into());
            location.claim =
                Some(MdmInfo { id: bad.into(), name: bad.into(), metadata: bad.into() });
        })
        .with(|plan| {
            plan.fingerprint = bad.into();
            plan.tool = bad.into();
            plan.inactions.push(Inaction {
                location: bad.into(),
                asset: asset(1),
                name: bad.into(),
                kind: InactionKind::Short,
                pairs: 3,
                cause: Cause { file: bad.into(), line: 0, kind: entry(bad, Intent::Available) },
                examples: vec![bad.into()],
            });
            plan.diagnostics.push(Notice {
                code: bad.into(),
                level: bad.into(),
                message: bad.into(),
                file: Some(bad.into()),
                line: None,
                help: vec![bad.into()],
            });
        })
        .plan();
    plan.locations[0].users.retire = vec![ClientUserId::new(bad).unwrap()];
    plan
}
