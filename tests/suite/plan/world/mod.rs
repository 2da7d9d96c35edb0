//! A model world: what Apple has and what the manifests say, built in a few lines that read as
//! sentences. Both the unit tests of the plan room and the suite use it.
//!
//! It plays the rooms before the plan: it writes manifests line by line, so that causes point at
//! real lines, and settles precedence as the desired state does.

mod written;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::house::actual::{
    Actual, Limits as AppleLimits, MdmInfo, OwnedAsset, Stock, UserRecord, UserStatus, Versions,
};
use super::house::desired::{Desired, Person};
use super::house::diagnostic::{Code, Diagnostic, Sources};
use super::house::license::{
    Asset, AssetKind, ClientUserId, Holder, HolderRef, HolderSet, PricingParam, Roster,
};
use super::house::manifest::Manifests;
use super::house::manifest::kind::{
    Intent, ReclaimMode, RetireUsers, Share, TokenExpiry, WhenShort,
};
use super::house::plan::{GuardLevel, GuardOutcome, Input, LastApplied, Plan, make};
use super::house::reclaim::{Reclaim, Rules as ReclaimRules};
use super::house::store::RunId;
use written::Written;

/// The first location, which every world has.
pub(crate) const NORTH: &str = "northfield";
/// Apple's id of it.
pub(crate) const NORTH_UID: &str = "2049025000431439";
/// The moment of every run.
pub(crate) const NOW: &str = "2026-11-21T09:14:07Z";

/// When the last apply of a world that had one ended.
const LAST: &str = "2026-11-20T02:00:00Z";

/// Devices `D001`, `D002`, …
pub(crate) fn devices(numbers: impl IntoIterator<Item = u32>) -> Vec<Holder> {
    let named = |number| Holder::Device(format!("D{number:03}").parse().unwrap());
    numbers.into_iter().map(named).collect()
}

/// People by id.
pub(crate) fn users<const N: usize>(ids: [&str; N]) -> Vec<Holder> {
    ids.iter().map(|id| Holder::User(ClientUserId::new(id).unwrap())).collect()
}

/// An owner of this id.
pub(crate) fn owner(id: &str) -> MdmInfo {
    MdmInfo { id: id.to_owned(), name: format!("IT of {id}"), metadata: String::new() }
}

/// Codes of the guards that block.
pub(crate) fn blocked(plan: &Plan) -> Vec<&str> {
    let blocking = plan.guards.iter().filter(|guard| guard.blocks());
    blocking.map(|guard| guard.code.as_str()).collect()
}

/// Codes of the guards that warn.
pub(crate) fn warned(plan: &Plan) -> Vec<&str> {
    let warning = plan.guards.iter().filter(|guard| guard.level == GuardLevel::Warn);
    warning.map(|guard| guard.code.as_str()).collect()
}

/// Codes of the guards that an allowance waives.
pub(crate) fn allowed(plan: &Plan) -> Vec<&str> {
    let waived = plan.guards.iter().filter(|guard| guard.outcome == GuardOutcome::Allowed);
    waived.map(|guard| guard.code.as_str()).collect()
}

/// One location: its manifest and what Apple has there.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) pinned: Option<String>,
    pub(crate) owner: Option<MdmInfo>,
    pub(crate) ours: Option<MdmInfo>,
    pub(crate) reclaim: Option<ReclaimMode>,
    pub(crate) retire: RetireUsers,
    pub(crate) install: bool,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) unreadable: Option<String>,
    pub(crate) limits: AppleLimits,
    pub(crate) owned: BTreeMap<Asset, OwnedAsset>,
    pub(crate) held: BTreeMap<Asset, BTreeSet<Holder>>,
    /// Devices that hold an asset under a name no serial number has.
    pub(crate) odd: BTreeMap<Asset, String>,
    /// Assets whose holders Apple counts, but which were not listed.
    pub(crate) unlisted: BTreeSet<Asset>,
    pub(crate) users: BTreeMap<ClientUserId, UserRecord>,
}

/// One app or book of the manifests.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) kind: AssetKind,
    pub(crate) name: String,
    pub(crate) asset: Asset,
    pub(crate) locations: Vec<String>,
    pub(crate) entries: Vec<(Intent, String)>,
    pub(crate) except: Vec<String>,
    pub(crate) reclaim: Option<ReclaimMode>,
    pub(crate) when_short: WhenShort,
    pub(crate) irrevocable: bool,
}

/// An item of a policy's `allow`.
#[derive(Debug, Clone)]
pub(crate) struct Allow {
    guard: String,
    app: Option<String>,
    reclaim_up_to: Option<u64>,
    assign_up_to: Option<u64>,
    until: String,
}

impl Allow {
    pub(crate) fn app(mut self, name: &str) -> Self {
        self.app = Some(name.to_owned());
        self
    }

    pub(crate) fn reclaim_up_to(mut self, number: u64) -> Self {
        self.reclaim_up_to = Some(number);
        self
    }

    pub(crate) fn assign_up_to(mut self, number: u64) -> Self {
        self.assign_up_to = Some(number);
        self
    }

    pub(crate) fn until(mut self, day: &str) -> Self {
        day.clone_into(&mut self.until);
        self
    }
}

/// A named set of holders.
#[derive(Debug, Clone)]
struct Members {
    name: String,
    holders: Vec<Holder>,
    minimum: Option<u64>,
}

/// The parts of a policy.
#[derive(Debug, Clone, Default)]
struct Rules {
    allow: Vec<Allow>,
    protect: Vec<(Option<String>, Option<String>)>,
    freeze: Vec<(String, String)>,
    location: Option<Share>,
    app: Option<Share>,
    group: Option<Share>,
    stock: Option<Share>,
    token: Option<TokenExpiry>,
}

/// Everything a plan is made from.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) sites: Vec<Site>,
    pub(crate) apps: Vec<App>,
    groups: Vec<Members>,
    people: BTreeMap<ClientUserId, Person>,
    rules: Option<Rules>,
    diagnostics: Vec<(bool, String)>,
    /// By location: the last run there, and who held what when it had ended.
    left: BTreeMap<String, (String, BTreeMap<Asset, BTreeSet<Holder>>)>,
    /// By location: reclaims that earlier runs began and that are not through.
    begun: BTreeMap<String, Vec<Reclaim>>,
    numbered_backwards: bool,
}

static CODE: Code = Code { id: "VPP-T001", title: "a test", explain: "A test's own problem." };

impl World {
    pub(crate) fn new() -> Self {
        let world = Self {
            sites: vec![],
            apps: vec![],
            groups: vec![],
            people: BTreeMap::new(),
            rules: None,
            diagnostics: vec![],
            left: BTreeMap::new(),
            begun: BTreeMap::new(),
            numbered_backwards: false,
        };
        world.location(NORTH).at(NORTH, |site| {
            NORTH_UID.clone_into(&mut site.uid);
            site.pinned = Some(NORTH_UID.to_owned());
        })
    }

    // Locations.

    pub(crate) fn location(mut self, name: &str) -> Self {
        let uid = format!("uid-of-{name}");
        self.sites.push(Site {
            name: name.to_owned(),
            uid: uid.clone(),
            pinned: Some(uid),
            owner: Some(owner("us")),
            ours: Some(owner("us")),
            reclaim: None,
            retire: RetireUsers::Never,
            install: false,
            expires: None,
            unreadable: None,
            limits: AppleLimits::default(),
            owned: BTreeMap::new(),
            held: BTreeMap::new(),
            odd: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            users: BTreeMap::new(),
        });
        self
    }

    pub(crate) fn at(mut self, name: &str, change: impl FnOnce(&mut Site)) -> Self {
        change(self.site(name));
        self
    }

    pub(crate) fn unreadable(self, name: &str, why: &str) -> Self {
        self.at(name, |site| site.unreadable = Some(why.to_owned()))
    }

    fn site(&mut self, name: &str) -> &mut Site {
        self.sites.iter_mut().find(|site| site.name == name).unwrap()
    }

    // Groups and people.

    pub(crate) fn group(mut self, name: &str, holders: Vec<Holder>) -> Self {
        self.groups.push(Members { name: name.to_owned(), holders, minimum: None });
        self
    }

    /// Of the group just named.
    pub(crate) fn minimum(mut self, members: u64) -> Self {
        self.groups.last_mut().unwrap().minimum = Some(members);
        self
    }

    pub(crate) fn person(mut self, id: &str, email: &str, account: &str) -> Self {
        let written = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let person = Person { email: written(email), managed_apple_id: written(account) };
        self.people.insert(ClientUserId::new(id).unwrap(), person);
        self
    }

    /// Somebody registered at the first location.
    pub(crate) fn user(self, id: &str, status: UserStatus) -> Self {
        self.user_with_email(id, status, None)
    }

    pub(crate) fn user_with_email(
        mut self,
        id: &str,
        status: UserStatus,
        email: Option<&str>,
    ) -> Self {
        let record = UserRecord { status, email: email.map(str::to_owned), invite_code: None };
        self.site(NORTH).users.insert(ClientUserId::new(id).unwrap(), record);
        self
    }

    // Apps and books.

    pub(crate) fn app(self, name: &str) -> Self {
        self.asset(AssetKind::App, name)
    }

    pub(crate) fn book(self, name: &str) -> Self {
        self.asset(AssetKind::Book, name)
    }

    fn asset(mut self, kind: AssetKind, name: &str) -> Self {
        let number = 1001 + self.apps.len();
        let adam_id = number.to_string().parse().unwrap();
        self.apps.push(App {
            kind,
            name: name.to_owned(),
            asset: Asset { adam_id, pricing_param: PricingParam::Standard },
            locations: vec![NORTH.to_owned()],
            entries: vec![],
            except: vec![],
            reclaim: None,
            when_short: WhenShort::Block,
            irrevocable: false,
        });
        self
    }

    fn last(&mut self) -> &mut App {
        self.apps.last_mut().unwrap()
    }

    fn with(mut self, change: impl FnOnce(&mut App)) -> Self {
        change(self.last());
        self
    }

    /// The same licenses as another app's.
    pub(crate) fn adam_id_of(self, name: &str) -> Self {
        let asset = self.apps.iter().find(|app| app.name == name).unwrap().asset;
        self.with(|app| app.asset = asset)
    }

    pub(crate) fn in_locations(self, names: &[&str]) -> Self {
        self.with(|app| app.locations = names.iter().map(ToString::to_string).collect())
    }

    pub(crate) fn to(self, group: &str) -> Self {
        self.with(|app| app.entries.push((Intent::Required, group.to_owned())))
    }

    pub(crate) fn available(self, group: &str) -> Self {
        self.with(|app| app.entries.push((Intent::Available, group.to_owned())))
    }

    pub(crate) fn uninstall(self, group: &str) -> Self {
        self.with(|app| app.entries.push((Intent::Uninstall, group.to_owned())))
    }

    pub(crate) fn except(self, group: &str) -> Self {
        self.with(|app| app.except.push(group.to_owned()))
    }

    pub(crate) fn reclaim(self, mode: ReclaimMode) -> Self {
        self.with(|app| app.reclaim = Some(mode))
    }

    pub(crate) fn fill(self) -> Self {
        self.with(|app| app.when_short = WhenShort::Fill)
    }

    pub(crate) fn irrevocable(self) -> Self {
        self.with(|app| app.irrevocable = true)
    }

    // What Apple has of the app just named.

    /// So many licenses at the first location, those held included.
    pub(crate) fn owns(self, total: u64) -> Self {
        self.owns_at(NORTH, total)
    }

    pub(crate) fn owns_at(self, location: &str, total: u64) -> Self {
        self.stocked(location, Stock::Limited { total, available: total, retired: 0 })
    }

    pub(crate) fn unlimited(self) -> Self {
        self.stocked(NORTH, Stock::Unlimited)
    }

    fn stocked(mut self, location: &str, stock: Stock) -> Self {
        let (asset, kind) = (self.last().asset, self.last().kind);
        let app = kind == AssetKind::App;
        let owned = OwnedAsset {
            kind,
            stock,
            assigned: 0,
            device_assignable: Some(app),
            revocable: Some(app),
            platforms: vec!["iOS".to_owned()],
        };
        self.site(location).owned.insert(asset, owned);
        self
    }

    pub(crate) fn not_device_assignable(self) -> Self {
        self.owned(|owned| owned.device_assignable = Some(false))
    }

    pub(crate) fn not_revocable(self) -> Self {
        self.owned(|owned| owned.revocable = Some(false))
    }

    fn owned(mut self, change: impl FnOnce(&mut OwnedAsset)) -> Self {
        let asset = self.last().asset;
        change(self.site(NORTH).owned.get_mut(&asset).unwrap());
        self
    }

    pub(crate) fn held_by(self, holders: Vec<Holder>) -> Self {
        self.held_at(NORTH, holders)
    }

    /// Holders at Apple; people among them are associated.
    pub(crate) fn held_at(mut self, location: &str, holders: Vec<Holder>) -> Self {
        let asset = self.last().asset;
        let site = self.site(location);
        for holder in holders {
            if let Holder::User(id) = &holder {
                let associated =
                    UserRecord { status: UserStatus::Associated, email: None, invite_code: None };
                site.users.entry(id.clone()).or_insert(associated);
            }
            site.held.entry(asset).or_default().insert(holder);
        }
        self
    }

    /// A holder of the app just named whose name is none Apple would take back.
    pub(crate) fn held_oddly(mut self, name: &str) -> Self {
        let asset = self.last().asset;
        self.site(NORTH).odd.insert(asset, name.to_owned());
        self
    }

    /// Leaves the holders of the app just named out of what is read.
    pub(crate) fn unlisted(mut self) -> Self {
        let asset = self.last().asset;
        self.site(NORTH).unlisted.insert(asset);
        self
    }

    /// Takes the manifest of the app just named away; what Apple has of it stays.
    pub(crate) fn unmanaged(mut self) -> Self {
        self.apps.pop();
        self
    }

    // The policy.

    fn rule(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(self.rules.get_or_insert_default());
        self
    }

    pub(crate) fn allow(self, guard: &str, with: impl FnOnce(Allow) -> Allow) -> Self {
        let plain = Allow {
            guard: guard.to_owned(),
            app: None,
            reclaim_up_to: None,
            assign_up_to: None,
            until: "2026-12-01".to_owned(),
        };
        self.rule(|rules| rules.allow.push(with(plain)))
    }

    pub(crate) fn protect(self, app: Option<&str>, group: Option<&str>) -> Self {
        let owned = |name: Option<&str>| name.map(str::to_owned);
        let all = Share { percent: Some(100.0), count: None };
        self.limit_app(all)
            .limit_location(all)
            .rule(|rules| rules.protect.push((owned(app), owned(group))))
    }

    pub(crate) fn freeze(self, from: &str, until: &str) -> Self {
        self.rule(|rules| rules.freeze.push((from.to_owned(), until.to_owned())))
    }

    pub(crate) fn limit_location(self, share: Share) -> Self {
        self.rule(|rules| rules.location = Some(share))
    }

    pub(crate) fn limit_app(self, share: Share) -> Self {
        self.rule(|rules| rules.app = Some(share))
    }

    pub(crate) fn limit_group(self, share: Share) -> Self {
        self.rule(|rules| rules.group = Some(share))
    }

    pub(crate) fn stock(self, warn_below: Share) -> Self {
        self.rule(|rules| rules.stock = Some(warn_below))
    }

    pub(crate) fn token_expiry(self, rule: TokenExpiry) -> Self {
        self.rule(|rules| rules.token = Some(rule))
    }

    /// A run left the app with these holders at the first location.
    pub(crate) fn left_by(mut self, run: &str, holders: Vec<Holder>) -> Self {
        let asset = self.last().asset;
        let (named, held) = self.left.entry(NORTH.to_owned()).or_default();
        run.clone_into(named);
        held.entry(asset).or_default().extend(holders);
        self
    }

    /// An earlier run began to take the app back from these holders at the first location, and
    /// left the reclaims so.
    pub(crate) fn begun(
        mut self,
        since: &str,
        holders: Vec<Holder>,
        left: impl Fn(&mut Reclaim),
    ) -> Self {
        let (asset, name, run) =
            (self.last().asset, self.last().name.clone(), RunId(uuid::Uuid::nil()));
        let (since, bundle_id) = (since.parse().unwrap(), Some("com.example.app"));
        let reclaims = holders.into_iter().map(|holder| {
            let rules = ReclaimRules::default();
            let mut reclaim = Reclaim::begin(run, asset, &name, bundle_id, holder, since, &rules);
            left(&mut reclaim);
            reclaim
        });
        self.begun.entry(NORTH.to_owned()).or_default().extend(reclaims);
        self
    }

    // Problems and the run.

    pub(crate) fn error(mut self, message: &str) -> Self {
        self.diagnostics.push((true, message.to_owned()));
        self
    }

    pub(crate) fn warning(mut self, message: &str) -> Self {
        self.diagnostics.push((false, message.to_owned()));
        self
    }

    /// Numbers holders in another order, which must not show.
    pub(crate) fn numbered_backwards(mut self) -> Self {
        self.numbered_backwards = true;
        self
    }

    pub(crate) fn plan(&self) -> Plan {
        let mut roster = self.roster();
        let mut manifests = Manifests::default();
        let mut text = Written { sources: Sources::new() };
        manifests.locations = self.sites.iter().map(|site| text.location(site)).collect();
        let groups = text.groups(&self.groups, &mut roster);
        let mut desired = Desired { groups, people: self.people.clone(), ..Desired::default() };
        for app in &self.apps {
            let (manifest, wanted) = text.asset(app, &desired.groups);
            manifests.assets.push(manifest);
            desired.assets.push(wanted);
        }
        manifests.policies = self.rules.iter().map(|rules| text.policy(rules)).collect();
        let span = manifests.locations[0].name.span;
        manifests.sources = text.sources;
        let diagnostics: Vec<Diagnostic> = self
            .diagnostics
            .iter()
            .map(|(error, message)| match error {
                true => Diagnostic::error(&CODE, message).at(span, ""),
                false => Diagnostic::warning(&CODE, message).at(span, ""),
            })
            .collect();
        let read = |site: &Site| match &site.unreadable {
            Some(why) => Err(why.clone()),
            None => Ok(actual(site, &roster)),
        };
        let locations: Vec<_> =
            self.sites.iter().map(|site| (site.name.clone(), read(site))).collect();
        let last = self.left.iter().map(|(site, (run, held))| {
            let numbered = |holders: &BTreeSet<Holder>| -> HolderSet {
                holders.iter().map(|holder| roster.find(holder.as_ref()).unwrap()).collect()
            };
            let held = held.iter().map(|(asset, holders)| (*asset, numbered(holders))).collect();
            let at = LAST.parse().unwrap();
            (site.clone(), LastApplied { run: run.clone(), at, held })
        });
        let last: BTreeMap<String, LastApplied> = last.collect();
        make(Input {
            manifests: &manifests,
            desired: &desired,
            roster: &roster,
            locations: &locations,
            last: &last,
            reclaims: &self.begun,
            diagnostics: &diagnostics,
            manifest_digest: "0".repeat(64),
            folder: "manifests".to_owned(),
            now: NOW.parse().unwrap(),
        })
    }

    /// Everybody anybody names, numbered.
    fn roster(&self) -> Roster {
        let named = self.groups.iter().flat_map(|group| &group.holders);
        let holding = self.sites.iter().flat_map(|site| site.held.values().flatten());
        let left = self.left.values().flat_map(|(_, held)| held.values().flatten());
        let mut all: Vec<&Holder> = named.chain(holding).chain(left).collect();
        if self.numbered_backwards {
            all.reverse();
        }
        let mut roster = Roster::new();
        for holder in all {
            roster.number(holder.as_ref()).unwrap();
        }
        for name in self.sites.iter().flat_map(|site| site.odd.values()) {
            roster.number(HolderRef::Device(name)).unwrap();
        }
        roster
    }

    /// The holders of a group.
    pub(crate) fn members(&self, group: &str) -> BTreeSet<Holder> {
        let found = self.groups.iter().find(|members| members.name == group).unwrap();
        found.holders.iter().cloned().collect()
    }
}

/// What Apple has at a location; counts follow from the holders.
fn actual(site: &Site, roster: &Roster) -> Actual {
    let mut assets = site.owned.clone();
    for (asset, owned) in &mut assets {
        owned.assigned = site.held.get(asset).map_or(0, BTreeSet::len).try_into().unwrap();
        if let Stock::Limited { total, available, retired: _ } = &mut owned.stock {
            *available = total.saturating_sub(owned.assigned);
        }
    }
    let set = |holders: &BTreeSet<Holder>| -> HolderSet {
        holders.iter().map(|holder| roster.find(holder.as_ref()).unwrap()).collect()
    };
    let mut held: BTreeMap<Asset, HolderSet> = site
        .held
        .iter()
        .filter(|(asset, _)| !site.unlisted.contains(asset))
        .map(|(asset, holders)| (*asset, set(holders)))
        .collect();
    for (asset, name) in &site.odd {
        let odd = roster.find(HolderRef::Device(name)).unwrap();
        held.entry(*asset).or_default().insert(odd);
    }
    Actual {
        uid: site.uid.clone(),
        location_name: Some(format!("Apple's {}", site.name)),
        owner: site.owner.clone(),
        token_expires: site.expires,
        assets,
        held,
        users: site.users.clone(),
        seats: None,
        versions: Versions::default(),
        limits: site.limits,
        requests: 3,
        since: None,
        read_at: NOW.parse().unwrap(),
    }
}
