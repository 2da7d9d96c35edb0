//! Reclaims by uninstall that are not through: where they are and what they wait for, as the runs
//! that worked on them left it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::license::{Asset, Holder};
use crate::reclaim::{Phase, Reclaim, Rules, Stage, stages};

/// Reclaims that are not through, location by location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReclaimStatus {
    /// Whether any run is remembered at all.
    pub memory: bool,
    /// In the order of the manifests.
    pub locations: Vec<LocationReclaims>,
}

/// Those of one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LocationReclaims {
    /// Name of its manifest.
    pub name: String,
    /// Free text of its manifest.
    pub description: Option<String>,
    /// Apple's library id, by which reclaims are kept.
    pub uid: Option<String>,
    /// Why nothing can be said of it; then everything below is empty.
    pub failed: Option<String>,
    /// How many there are.
    pub open: u64,
    /// Per app, the one with the oldest reclaim first.
    pub apps: Vec<AppReclaims>,
}

/// Those of one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AppReclaims {
    /// What is taken back.
    #[serde(flatten)]
    pub asset: Asset,
    /// Name of its manifest, or the last one it had.
    pub name: String,
    /// How many there are.
    pub open: u64,
    /// Where they are, the oldest first.
    pub stages: Vec<Stage>,
    /// One by one, the oldest first, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holders: Option<Vec<HolderReclaim>>,
}

/// One reclaim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolderReclaim {
    /// `device` or `user`.
    pub kind: &'static str,
    /// From whom: a serial number or a `clientUserId`.
    pub holder: String,
    /// How far.
    pub phase: Phase,
    /// What it waits for, in one sentence without a full stop.
    pub why: String,
    /// When it was begun.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// When it last moved.
    #[schemars(with = "String")]
    pub moved: Timestamp,
    /// When it counts as unknown, or since when it does.
    #[schemars(with = "String")]
    pub deadline: Timestamp,
    /// Every device that must be rid of the app.
    pub devices: Vec<DeviceReclaim>,
}

/// One device of a reclaim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeviceReclaim {
    /// Its serial number.
    pub serial: String,
    /// How far it is.
    pub phase: Phase,
    /// Which removal it is at, from 1.
    pub attempt: u32,
    /// When its server had last heard of it, when the reclaim last moved.
    #[schemars(with = "Option<String>")]
    pub last_seen: Option<Timestamp>,
}

/// The reclaims of one location: those that are `kept`, judged at a moment. With `detail` each is
/// listed. `named` says what an asset is called now.
pub fn reclaims(
    kept: Vec<Reclaim>,
    named: impl Fn(Asset) -> Option<String>,
    rules: &Rules,
    now: Timestamp,
    detail: bool,
) -> Vec<AppReclaims> {
    let mut by_asset: BTreeMap<Asset, Vec<Reclaim>> = BTreeMap::new();
    for reclaim in kept {
        by_asset.entry(reclaim.asset).or_default().push(reclaim.as_of(now));
    }
    let app = |(asset, mut of_it): (Asset, Vec<Reclaim>)| {
        of_it.sort_by(|a, b| (a.since, &a.holder).cmp(&(b.since, &b.holder)));
        let last_name = of_it.last().map(|reclaim| reclaim.name.clone());
        AppReclaims {
            asset,
            name: named(asset).or(last_name).unwrap_or_default(),
            open: count(of_it.len()),
            stages: stages(&of_it, rules),
            holders: detail.then(|| of_it.iter().map(|one| holder(one, rules)).collect()),
        }
    };
    let mut apps: Vec<AppReclaims> = by_asset.into_iter().map(app).collect();
    apps.sort_by_key(|app| (app.stages.first().map(|stage| stage.since), app.asset));
    apps
}

fn holder(reclaim: &Reclaim, rules: &Rules) -> HolderReclaim {
    let devices = reclaim.targets.iter().map(|target| DeviceReclaim {
        serial: target.serial.to_string(),
        phase: target.phase(rules),
        attempt: target.attempt,
        last_seen: target.device.as_ref().and_then(|device| device.last_seen),
    });
    let kind = match reclaim.holder {
        Holder::Device(_) => "device",
        Holder::User(_) => "user",
    };
    HolderReclaim {
        kind,
        holder: reclaim.holder.as_ref().text().to_owned(),
        phase: reclaim.phase(rules),
        why: reclaim.waits_for(rules),
        since: reclaim.since,
        moved: reclaim.moved,
        deadline: reclaim.deadline,
        devices: devices.collect(),
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
