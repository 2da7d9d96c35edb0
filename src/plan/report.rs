//! From sets to what a reader and `apply` see: changes, rows and totals.

use super::examples::examples;
use super::people::People;
use super::survey::{Placed, PlacedAt, Reclaim, Site, SiteState, Survey};
use super::{
    Action, Cause, CauseKind, Change, Inaction, InactionKind, LicenseRow, LocationPlan, Notice,
    SubscriptionPlan, Unmanaged, UserPlan, cover, numbers, seats,
};
use crate::actual::{Actual, Limits, MdmInfo, Stock, Versions};
use crate::diagnostic::Level;
use crate::license::{AssetKind, ClientUserId, HolderRef, HolderSet, SerialNumber};
use crate::manifest::kind::{Intent, Owner, WhenShort};

/// What `mdmInfo.metadata` says where the manifest says nothing: Apple wants a text there.
const METADATA: &str = "vpp";

/// Everything that moves, by location, then asset, then action, then cause.
pub(super) fn changes(survey: &Survey<'_>) -> Vec<Change> {
    let mut changes = vec![];
    for site in 0..survey.sites.len() {
        let first = changes.len();
        for (placed, at) in survey.at(site) {
            for reclaim in &at.reclaims {
                let Reclaim { action, cause, holders } = reclaim;
                changes.push(change(survey, site, placed, *action, cause, holders));
            }
            for (cause, holders) in &at.assigns {
                changes.push(change(survey, site, placed, Action::Assign, cause, holders));
            }
        }
        if let Some(here) = changes.get_mut(first..) {
            here.sort_by(|a: &Change, b| {
                (a.asset, a.action, &a.cause).cmp(&(b.asset, b.action, &b.cause))
            });
        }
    }
    changes
}

/// What is given once an uninstall of this plan has freed a license, in the same order.
pub(super) fn later(survey: &Survey<'_>) -> Vec<Change> {
    let mut changes = vec![];
    for site in 0..survey.sites.len() {
        let first = changes.len();
        for (placed, at) in survey.at(site) {
            for (cause, holders) in &at.later {
                changes.push(change(survey, site, placed, Action::Assign, cause, holders));
            }
        }
        if let Some(here) = changes.get_mut(first..) {
            here.sort_by(|a: &Change, b| (a.asset, &a.cause).cmp(&(b.asset, &b.cause)));
        }
    }
    changes
}

fn change(
    survey: &Survey<'_>,
    site: usize,
    placed: &Placed<'_>,
    action: Action,
    cause: &Cause,
    holders: &HolderSet,
) -> Change {
    let (mut devices, mut users): (Vec<SerialNumber>, Vec<ClientUserId>) = (vec![], vec![]);
    for holder in survey.roster.sorted(holders) {
        match holder {
            HolderRef::Device(text) => devices.extend(text.parse::<SerialNumber>()),
            HolderRef::User(text) => users.extend(ClientUserId::new(text)),
        }
    }
    Change {
        location: survey.site_name(site).to_owned(),
        asset: placed.wanted.asset,
        kind: placed.kind,
        name: placed.wanted.name.clone(),
        bundle_id: placed.wanted.bundle_id.clone(),
        action,
        cause: cause.clone(),
        install: installs(survey, site, placed.kind, action, cause),
        origin: None,
        devices,
        users,
    }
}

/// Whether devices are told to install what is given: apps, in locations that say so, to those for
/// whom an entry requires it. Who may install it can do so without being told.
fn installs(
    survey: &Survey<'_>,
    site: usize,
    kind: AssetKind,
    action: Action,
    cause: &Cause,
) -> bool {
    let CauseKind::Entry { intent: Intent::Required, .. } = cause.kind else { return false };
    action == Action::Assign
        && kind == AssetKind::App
        && survey.site(site).is_some_and(|site| site.manifest.installs())
}

/// What is deliberately not done, in the same order as the changes.
pub(super) fn inactions(survey: &Survey<'_>) -> Vec<Inaction> {
    let mut inactions = vec![];
    for site in 0..survey.sites.len() {
        let first = inactions.len();
        for (placed, at) in survey.at(site) {
            let mut add = |kind, cause: &Cause, holders: &HolderSet| {
                if !holders.is_empty() {
                    inactions.push(Inaction {
                        location: survey.site_name(site).to_owned(),
                        asset: placed.wanted.asset,
                        name: placed.wanted.name.clone(),
                        kind,
                        pairs: holders.len(),
                        cause: cause.clone(),
                        examples: examples(survey.roster, holders),
                    });
                }
            };
            for stay in &at.stays {
                add(stay.kind, &stay.cause, &stay.holders);
            }
            for entry in placed.short.entries.iter().filter(|_| is_home(placed, at)) {
                add(InactionKind::WaitsForReclaim, &entry.cause, &entry.waits);
                if placed.wanted.when_short == WhenShort::Fill {
                    add(InactionKind::Short, &entry.cause, &entry.without);
                }
            }
        }
        if let Some(here) = inactions.get_mut(first..) {
            here.sort_by(|a: &Inaction, b| {
                (a.asset, a.kind, &a.cause).cmp(&(b.asset, b.kind, &b.cause))
            });
        }
    }
    inactions
}

/// Whether this place answers for the asset's holders without a license.
fn is_home(placed: &Placed<'_>, at: &PlacedAt<'_>) -> bool {
    placed.at.get(placed.short.home).is_some_and(|home| home.site == at.site)
}

/// One location's part of the plan, without the number of write requests.
pub(super) fn location(
    survey: &Survey<'_>,
    index: usize,
    site: &Site<'_>,
    users: UserPlan,
) -> LocationPlan {
    let mut plan = LocationPlan {
        name: site.name().to_owned(),
        description: site.manifest.description.clone(),
        failed: None,
        uid: None,
        apple_name: None,
        owner: None,
        claim: None,
        token_expires: None,
        versions: Versions::default(),
        limits: Limits::default(),
        read_at: None,
        read_requests: 0,
        read_since: None,
        write_requests: 0,
        users,
        licenses: vec![],
        unmanaged: Unmanaged::default(),
        unchanged: 0,
        subscriptions: None,
    };
    let actual = match &site.state {
        SiteState::Unread(why) => {
            plan.failed = Some((*why).to_owned());
            return plan;
        }
        SiteState::Closed(actual, _) => actual,
        SiteState::Open(actual) => {
            if actual.owner.is_none() {
                plan.claim = site.manifest.owner.as_ref().map(|owner| claim(&owner.value));
            }
            actual
        }
    };
    plan.uid = Some(actual.uid.clone());
    plan.apple_name.clone_from(&actual.location_name);
    plan.owner.clone_from(&actual.owner);
    plan.token_expires = actual.token_expires;
    plan.versions.clone_from(&actual.versions);
    plan.limits = actual.limits;
    plan.read_at = Some(actual.read_at);
    plan.read_requests = actual.requests;
    plan.read_since = actual.since;
    plan.licenses = survey.at(index).map(|(placed, at)| row(placed, at)).collect();
    plan.unchanged = survey.at(index).map(|(_, at)| at.kept.len()).sum();
    plan.unmanaged = unmanaged(survey, index, actual);
    plan.subscriptions = seats::subscriptions(survey, index, actual);
    plan
}

/// How a location's owner names itself to Apple.
pub(super) fn claim(owner: &Owner) -> MdmInfo {
    MdmInfo {
        id: owner.id.clone(),
        name: owner.name.clone(),
        metadata: owner.metadata.clone().unwrap_or_else(|| METADATA.to_owned()),
    }
}

fn row(placed: &Placed<'_>, at: &PlacedAt<'_>) -> LicenseRow {
    let release = at.reclaimed(Action::Release);
    let assign = at.assigned();
    let short = if is_home(placed, at) { placed.short.len() } else { 0 };
    let held_back = at.staying(InactionKind::NotAssignable) + at.staying(InactionKind::Withheld);
    let free_after = match at.owned.map(|owned| owned.stock) {
        Some(Stock::Unlimited) => None,
        Some(Stock::Limited { available, .. }) => {
            Some(available.saturating_add(release).saturating_sub(assign))
        }
        None => Some(0),
    };
    LicenseRow {
        asset: placed.wanted.asset,
        kind: placed.kind,
        name: placed.wanted.name.clone(),
        stock: at.owned.map(|owned| owned.stock),
        assigned: at.owned.map_or(at.held.len(), |owned| owned.assigned),
        desired: at.kept.len() + assign + short + held_back,
        assign,
        release,
        uninstall: at.reclaimed(Action::Uninstall),
        short,
        free_after,
    }
}

/// What no manifest manages here. Apple's count is taken where there is one: holders of unmanaged
/// assets need not have been listed.
fn unmanaged(survey: &Survey<'_>, index: usize, actual: &Actual) -> Unmanaged {
    let managed: std::collections::BTreeSet<_> =
        survey.at(index).map(|(placed, _)| placed.wanted.asset).collect();
    let owned = actual.assets.iter().map(|(asset, owned)| (asset, owned.assigned));
    let only_held = actual.held.iter().filter(|(asset, _)| !actual.assets.contains_key(asset));
    let all = owned.chain(only_held.map(|(asset, held)| (asset, held.len())));
    let mut unmanaged = Unmanaged::default();
    for (_, assigned) in all.filter(|(asset, _)| !managed.contains(asset)) {
        unmanaged.assets += 1;
        unmanaged.assignments += assigned;
    }
    unmanaged
}

/// Write requests a location needs at the least: the claim, batches of people, licenses given and
/// released, and seats.
pub(super) fn write_requests(location: &LocationPlan, changes: &[Change]) -> u64 {
    let batch = location.limits.users.max(1);
    let UserPlan { create, update, retire, waiting: _ } = &location.users;
    let people: usize =
        [create.len(), update.len(), retire.len()].iter().map(|n| n.div_ceil(batch)).sum();
    let licenses: usize = [Action::Release, Action::Assign]
        .into_iter()
        .map(|action| {
            let of_it = changes.iter().filter(|change| change.action == action);
            cover::rectangles(of_it, &location.limits).len()
        })
        .sum();
    let seats = location.subscriptions.as_ref().map_or(0, SubscriptionPlan::write_requests);
    u64::from(location.claim.is_some()) + numbers::count(people + licenses + seats)
}

/// The problems of the manifests, flattened.
pub(super) fn notices(survey: &Survey<'_>) -> Vec<Notice> {
    let flat = survey.diagnostics.iter().map(|diagnostic| {
        let place = diagnostic.labels.first().map(|label| label.span);
        Notice {
            code: diagnostic.code.id.to_owned(),
            level: match diagnostic.level {
                Level::Error => "error".to_owned(),
                Level::Warning => "warning".to_owned(),
            },
            message: diagnostic.message.clone(),
            file: place.map(|span| survey.manifests.sources.path(span).to_string()),
            line: place.map(|span| span.line),
            help: diagnostic.help.clone(),
        }
    });
    flat.collect()
}

/// The people of every location, in the order of the manifests.
pub(super) fn people(survey: &Survey<'_>) -> Vec<People> {
    let sites = survey.sites.iter().enumerate();
    sites.map(|(index, site)| super::people::people(survey, index, site)).collect()
}
