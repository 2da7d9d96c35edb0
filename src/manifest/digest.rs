//! What manifests mean, as one number: comments, white space, the order of keys and of documents,
//! and the names of files do not count.

mod inventory;

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Manifests;
use super::kind::{
    Allowance, AssetManifest, Breaker, DeviceColumn, EntrySpec, Freeze, Group, Intune, IntuneProof,
    Limit, Limits, Location, Mdm, MdmDriver, MdmProgram, MdmServer, NotificationDoor, Owner,
    Policy, Protection, PushingMdm, SeatEntrySpec, Share, StockGuard, SubscriptionManifest,
    TokenExpiry, TokenSource, WhenGone,
};
use crate::diagnostic::At;

/// SHA-256, in hexadecimal, over what the documents mean.
///
/// Two sets of manifests have the same digest exactly if every document says the same, however it is
/// written: a default left out and a default written, a serial number in lower case and in upper
/// case, a list of members in another order are the same. The order of locations, of `assign` items
/// and of a policy's items is part of what they say.
pub fn semantic_digest(manifests: &Manifests) -> String {
    let Manifests {
        sources: _,
        locations,
        inventories,
        groups,
        assets,
        subscriptions,
        policies,
        mdms,
    } = manifests;
    // Each document by itself first: their order in the folder does not count.
    let mut documents: Vec<[u8; 32]> = Vec::new();
    documents.extend(locations.iter().map(|document| hash("Location", document)));
    documents.extend(inventories.iter().map(|document| hash("Inventory", document)));
    documents.extend(groups.iter().map(|document| hash("Group", document)));
    documents.extend(assets.iter().map(|document| hash("Asset", document)));
    documents.extend(subscriptions.iter().map(|document| hash("Subscription", document)));
    documents.extend(policies.iter().map(|document| hash("Policy", document)));
    documents.extend(mdms.iter().map(|document| hash("Mdm", document)));
    documents.sort_unstable();
    let mut all = Sha256::new();
    all.update(b"vpp manifests 1\n");
    for document in documents {
        all.update(document);
    }
    let mut digest = String::with_capacity(64);
    for byte in all.finalize() {
        for half in [byte >> 4, byte & 0xF] {
            digest.extend(char::from_digit(u32::from(half), 16));
        }
    }
    digest
}

fn hash(kind: &str, document: &impl Meaning) -> [u8; 32] {
    let mut ink = Ink(Sha256::new());
    ink.text(kind);
    document.write(&mut ink);
    ink.0.finalize().into()
}

/// Takes values in, each with its length or a mark, so that no two different documents write the
/// same bytes.
struct Ink(Sha256);

impl Ink {
    fn count(&mut self, count: usize) {
        self.0.update(u64::try_from(count).unwrap_or(u64::MAX).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn list<T: Meaning>(&mut self, items: &[T]) {
        self.count(items.len());
        for item in items {
            item.write(self);
        }
    }

    /// Texts whose order means nothing.
    fn set<'a>(&mut self, items: impl Iterator<Item = &'a str>) {
        let mut items: Vec<_> = items.collect();
        items.sort_unstable();
        self.count(items.len());
        for item in items {
            self.text(item);
        }
    }
}

/// Something that means something.
trait Meaning {
    fn write(&self, ink: &mut Ink);
}

impl<T: Meaning> Meaning for Option<T> {
    fn write(&self, ink: &mut Ink) {
        match self {
            None => ink.0.update([0]),
            Some(value) => {
                ink.0.update([1]);
                value.write(ink);
            }
        }
    }
}

impl<T: Meaning> Meaning for At<T> {
    fn write(&self, ink: &mut Ink) {
        let Self { value, span: _ } = self;
        value.write(ink);
    }
}

impl Meaning for String {
    fn write(&self, ink: &mut Ink) {
        ink.text(self);
    }
}

impl Meaning for u64 {
    fn write(&self, ink: &mut Ink) {
        ink.number(*self);
    }
}

impl Meaning for f64 {
    fn write(&self, ink: &mut Ink) {
        ink.number(self.to_bits());
    }
}

impl Meaning for Duration {
    fn write(&self, ink: &mut Ink) {
        ink.number(self.as_secs());
        ink.number(u64::from(self.subsec_nanos()));
    }
}

impl Meaning for std::collections::BTreeMap<String, String> {
    fn write(&self, ink: &mut Ink) {
        ink.count(self.len());
        for (key, value) in self {
            ink.text(key);
            ink.text(value);
        }
    }
}

impl Meaning for Location {
    fn write(&self, ink: &mut Ink) {
        let Self {
            name,
            uid,
            token,
            owner,
            licenses,
            mdm,
            mdm_token,
            reclaim,
            when_gone,
            install,
            endpoint,
            notifications,
            retire_users,
            description,
            labels,
        } = self;
        name.write(ink);
        uid.write(ink);
        token.write(ink);
        owner.write(ink);
        ink.text(&format!("{licenses:?}"));
        mdm.write(ink);
        if let Some(token) = mdm_token {
            ink.text("mdmToken");
            token.write(ink);
        }
        ink.text(&format!("{:?}", reclaim.as_ref().map(|reclaim| reclaim.value)));
        // Not where there is none: digests from before a key was known stay what they were.
        if *when_gone != WhenGone::default() {
            ink.text(&format!("whenGone {when_gone:?}"));
        }
        if let Some(install) = install {
            ink.text(&format!("install {}", install.value));
        }
        endpoint.write(ink);
        if let Some(notifications) = notifications {
            ink.text("notifications");
            notifications.write(ink);
        }
        ink.text(&format!("{retire_users:?}"));
        description.write(ink);
        labels.write(ink);
    }
}

impl Meaning for NotificationDoor {
    fn write(&self, ink: &mut Ink) {
        let Self { url, token } = self;
        ink.text(url);
        token.write(ink);
    }
}

impl Meaning for TokenSource {
    fn write(&self, ink: &mut Ink) {
        match self {
            Self::Env(variable) => {
                ink.text("env");
                ink.text(variable);
            }
            Self::File(path) => {
                ink.text("file");
                ink.text(path.as_str());
            }
            Self::Command(command) => {
                ink.text("command");
                ink.list(command);
            }
        }
    }
}

impl Meaning for Owner {
    fn write(&self, ink: &mut Ink) {
        let Self { id, name, metadata } = self;
        ink.text(id);
        ink.text(name);
        metadata.write(ink);
    }
}

impl Meaning for Group {
    fn write(&self, ink: &mut Ink) {
        let Self { name, devices, users, from, filter, include, entra_group, minimum, description } =
            self;
        name.write(ink);
        ink.set(devices.iter().map(|device| device.value.as_str()));
        ink.set(users.iter().map(|user| user.value.as_str()));
        from.write(ink);
        filter.write(ink);
        ink.set(include.iter().map(|group| group.value.as_str()));
        if let Some(group) = entra_group {
            ink.text(&format!("entraGroup {:?}", group.value));
        }
        minimum.write(ink);
        description.write(ink);
    }
}

impl Meaning for AssetManifest {
    fn write(&self, ink: &mut Ink) {
        let Self {
            kind,
            name,
            asset,
            bundle_id,
            locations,
            assign_span: _,
            assign,
            except,
            reclaim,
            when_short,
            irrevocable,
            description,
            labels,
        } = self;
        ink.text(&format!("{kind:?}"));
        name.write(ink);
        ink.number(asset.value.adam_id.get());
        ink.text(asset.value.pricing_param.as_str());
        bundle_id.write(ink);
        ink.list(locations);
        ink.list(assign);
        ink.set(except.iter().map(|group| group.value.as_str()));
        ink.text(&format!("{:?}", reclaim.as_ref().map(|reclaim| reclaim.value)));
        ink.text(&format!("{when_short:?} {irrevocable}"));
        description.write(ink);
        labels.write(ink);
    }
}

impl Meaning for EntrySpec {
    fn write(&self, ink: &mut Ink) {
        let Self { span: _, to, intent, license } = self;
        to.write(ink);
        ink.text(&format!("{intent:?}"));
        ink.text(&format!("{:?}", license.as_ref().map(|license| license.value)));
    }
}

impl Meaning for SubscriptionManifest {
    fn write(&self, ink: &mut Ink) {
        let Self {
            name,
            adam_id,
            location,
            assign_span: _,
            assign,
            except,
            renewing,
            reclaim,
            deferred,
            when_short,
            administrators,
            description,
            labels,
        } = self;
        name.write(ink);
        ink.number(adam_id.value.get());
        location.write(ink);
        ink.list(assign);
        ink.set(except.iter().map(|group| group.value.as_str()));
        ink.text(&format!("{:?}", reclaim.as_ref().map(|reclaim| reclaim.value)));
        ink.text(&format!("{renewing} {deferred} {when_short:?}"));
        ink.text(if administrators.is_some() { "administrators" } else { "" });
        ink.set(administrators.iter().flatten().map(|group| group.value.as_str()));
        description.write(ink);
        labels.write(ink);
    }
}

impl Meaning for SeatEntrySpec {
    fn write(&self, ink: &mut Ink) {
        let Self { span: _, to, renewing } = self;
        to.write(ink);
        ink.text(&format!("{renewing:?}"));
    }
}

impl Meaning for Policy {
    fn write(&self, ink: &mut Ink) {
        let Self {
            name,
            limits,
            protect,
            freeze,
            stock,
            token_expiry,
            max_plan_age,
            allow,
            breaker,
        } = self;
        name.write(ink);
        let Limits { location, app, group } = limits;
        location.write(ink);
        app.write(ink);
        group.write(ink);
        ink.list(protect);
        ink.list(freeze);
        stock.write(ink);
        token_expiry.write(ink);
        ink.text(&format!("{:?}", max_plan_age.as_ref().map(|age| age.value.as_nanos())));
        ink.list(allow);
        let Breaker { error_percent, errors_in_a_row, canary } = breaker;
        error_percent.write(ink);
        ink.number(u64::from(*errors_in_a_row));
        ink.number(u64::from(*canary));
    }
}

impl Meaning for Limit {
    fn write(&self, ink: &mut Ink) {
        let Self { reclaim, assign } = self;
        reclaim.write(ink);
        assign.write(ink);
    }
}

impl Meaning for Share {
    fn write(&self, ink: &mut Ink) {
        let Self { percent, count } = self;
        percent.write(ink);
        count.write(ink);
    }
}

impl Meaning for Protection {
    fn write(&self, ink: &mut Ink) {
        let Self { span: _, app, group, reason } = self;
        app.write(ink);
        group.write(ink);
        reason.write(ink);
    }
}

impl Meaning for Freeze {
    fn write(&self, ink: &mut Ink) {
        let Self { span: _, from, until, reason } = self;
        ink.text(&from.to_string());
        ink.text(&until.to_string());
        reason.write(ink);
    }
}

impl Meaning for StockGuard {
    fn write(&self, ink: &mut Ink) {
        let Self { warn_below } = self;
        warn_below.write(ink);
    }
}

impl Meaning for TokenExpiry {
    fn write(&self, ink: &mut Ink) {
        let Self { warn_days, block_days } = self;
        ink.number(u64::from(*warn_days));
        ink.number(u64::from(*block_days));
    }
}

impl Meaning for Allowance {
    fn write(&self, ink: &mut Ink) {
        let Self { span: _, guard, app, reclaim_up_to, assign_up_to, until, reason } = self;
        guard.write(ink);
        app.write(ink);
        reclaim_up_to.write(ink);
        assign_up_to.write(ink);
        ink.text(&until.value.to_string());
        reason.write(ink);
    }
}

impl Meaning for Mdm {
    fn write(&self, ink: &mut Ink) {
        let Self { name, driver } = self;
        name.write(ink);
        driver.value.write(ink);
    }
}

impl Meaning for MdmDriver {
    fn write(&self, ink: &mut Ink) {
        ink.text(self.key());
        match self {
            Self::Fleet(server) => server.write(ink),
            Self::Nanomdm(mdm) | Self::Nanohub(mdm) | Self::Micromdm(mdm) => {
                let PushingMdm { server, webhook, devices } = mdm;
                server.write(ink);
                webhook.write(ink);
                devices.write(ink);
            }
            Self::Exec(program) => {
                let MdmProgram { command, env, timeout, webhook } = program;
                ink.list(command);
                ink.list(env);
                ink.text(&format!("{timeout:?}"));
                webhook.write(ink);
            }
            Self::Sandbox => {}
            Self::Intune(settings) => settings.write(ink),
        }
    }
}

impl Meaning for MdmServer {
    fn write(&self, ink: &mut Ink) {
        let Self { url, secret, timeout } = self;
        url.write(ink);
        secret.write(ink);
        ink.text(&format!("{timeout:?}"));
    }
}

impl Meaning for DeviceColumn {
    fn write(&self, ink: &mut Ink) {
        let Self { inventory, reference } = self;
        inventory.write(ink);
        reference.write(ink);
    }
}

impl Meaning for Intune {
    fn write(&self, ink: &mut Ink) {
        let Self { tenant, client_id, proof, endpoint, sync_devices, revoke_after } = self;
        tenant.write(ink);
        client_id.write(ink);
        match proof {
            IntuneProof::Secret(source) => {
                ink.text("secret");
                source.write(ink);
            }
            IntuneProof::Assertion(source) => {
                ink.text("assertion");
                source.write(ink);
            }
            IntuneProof::GithubActions => ink.text("github"),
        }
        ink.text(endpoint.as_deref().unwrap_or_default());
        ink.text(&format!("{sync_devices} {:?}", revoke_after.as_ref().map(|after| after.value)));
    }
}
