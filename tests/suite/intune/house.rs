//! Manifests in a folder, a fake tenant, and a memory: what a command does, without the command.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use camino::Utf8Path;
use jiff::Timestamp;
use uuid::Uuid;
use vpp::apply::outcome::Event;
use vpp::apply::served::{Keeper, MdmLocationReport, MdmOptions, Run, apply};
use vpp::apply::{Observer, Stop};
use vpp::intune::{Memory, Patience, Scope, Wanted, Writer, read};
use vpp::license::Roster;
use vpp::manifest::kind::EntraGroup;
use vpp::plan::served::Served;
use vpp::plan::{Input, Plan, lint, make_with};
use vpp::store::Outcome;

use super::fake::{Fake, Tenant};

pub(crate) const YEAR_7: &str = "00000000-0000-0000-0000-000000000007";
pub(crate) const YEAR_8: &str = "00000000-0000-0000-0000-000000000008";
pub(crate) const APP: &str = "app-1";

const FRAME: &str = r"apiVersion: vpp/v1
kind: Mdm
name: campus
intune: { tenant: northfield.example, clientId: c0ffee, secret: { env: S } }
---
apiVersion: vpp/v1
kind: Location
name: northfield
licenses: mdm
mdm: campus
reclaim: uninstall
---
apiVersion: vpp/v1
kind: Group
name: year-7
entraGroup: 00000000-0000-0000-0000-000000000007
---
apiVersion: vpp/v1
kind: Group
name: year-8
entraGroup: 00000000-0000-0000-0000-000000000008
minimum: 2
";

/// Year 7 has the app, year 8 does not.
pub(crate) fn tenant() -> Tenant {
    Tenant::at("2026-11-02T06:00:00Z")
        .app(APP, "Notability", 360_593_530, 600)
        .group(YEAR_7, "Year 7", 1..=20)
        .group(YEAR_8, "Year 8", 21..=30)
        .assigned(APP, YEAR_7, "required")
}

/// The app's document with these lines behind its location.
pub(crate) fn app(lines: &str) -> String {
    format!(
        "apiVersion: vpp/v1\nkind: App\nname: Notability\nadamId: \"360593530\"\nlocation: northfield\n{lines}\n"
    )
}

/// What is remembered, and every intent with its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<(Option<Vec<u8>>, Journal)>>);

type Journal = BTreeMap<Uuid, (serde_json::Value, Option<Outcome>)>;

impl Kept {
    pub(crate) fn memory(&self) -> Memory {
        let kept = self.0.lock().unwrap();
        kept.0.as_deref().and_then(Memory::read).unwrap_or_default()
    }

    pub(crate) fn put(&self, memory: &Memory) {
        self.0.lock().unwrap().0 = Some(memory.write());
    }

    /// How many intents have no end.
    pub(crate) fn open(&self) -> usize {
        self.0.lock().unwrap().1.values().filter(|(_, end)| end.is_none()).count()
    }

    /// As if the run had been killed before it heard of anything it sent.
    pub(crate) fn forget_ends(&self) {
        self.0.lock().unwrap().1.values_mut().for_each(|(_, end)| *end = None);
    }

    /// How everything that was sent ended.
    pub(crate) fn ends(&self) -> Vec<Option<Outcome>> {
        self.0.lock().unwrap().1.values().map(|(_, end)| end.clone()).collect()
    }
}

#[async_trait]
impl Keeper for Kept {
    async fn load(&self) -> Result<Memory, String> {
        Ok(self.memory())
    }

    async fn save(&self, memory: &Memory, _: Timestamp) -> Result<(), String> {
        self.put(memory);
        Ok(())
    }

    async fn intend(
        &self,
        id: Uuid,
        _: u64,
        body: serde_json::Value,
        _: Timestamp,
    ) -> Result<(), String> {
        self.0.lock().unwrap().1.insert(id, (body, None));
        Ok(())
    }

    async fn settle(&self, id: Uuid, outcome: Outcome, _: Timestamp) -> Result<(), String> {
        if let Some((_, end)) = self.0.lock().unwrap().1.get_mut(&id) {
            *end = Some(outcome);
        }
        Ok(())
    }

    async fn open(&self) -> Result<Vec<(Uuid, serde_json::Value)>, String> {
        let kept = self.0.lock().unwrap();
        let open = kept.1.iter().filter(|(_, (_, end))| end.is_none());
        Ok(open.map(|(id, (body, _))| (*id, body.clone())).collect())
    }
}

/// Everything that was told, as its lines would be.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Vec<serde_json::Value>>);

impl Observer for Heard {
    fn note(&self, event: Event) {
        self.0.lock().unwrap().push(serde_json::to_value(event).unwrap());
    }
}

impl Heard {
    /// What was told since this was asked last.
    pub(crate) fn take(&self) -> Vec<serde_json::Value> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(crate) struct House {
    pub(crate) fake: Fake,
    pub(crate) kept: Kept,
    pub(crate) heard: Heard,
    pub(crate) stop: Stop,
    folder: tempfile::TempDir,
}

impl House {
    /// The frame and this app.
    pub(crate) fn new(tenant: Tenant, app: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (kept, heard, stop) = (Kept::default(), Heard::default(), Stop::new());
        let house = Self { fake: Fake::new(tenant), kept, heard, stop, folder };
        house.write("frame.yaml", FRAME);
        house.write("app.yaml", app);
        house
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs_err::write(self.folder.path().join(name), text).unwrap();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.fake.state().tenant.now
    }

    pub(crate) async fn plan(&self) -> Plan {
        self.look().await.0
    }

    async fn look(&self) -> (Plan, Served) {
        let path = Utf8Path::from_path(self.folder.path()).unwrap();
        let loaded = vpp::manifest::load(path);
        assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
        let manifests = loaded.manifests;
        let mut roster = Roster::new();
        let desired = vpp::desired::resolve(&manifests, &BTreeMap::new(), &mut roster);
        assert!(desired.diagnostics.is_empty(), "{:#?}", desired.diagnostics);
        let apps = manifests.assets.iter().map(|asset| Wanted {
            asset: asset.asset.value,
            bundle_id: asset.bundle_id.as_ref().map(|id| id.value.clone()),
        });
        let groups =
            manifests.groups.iter().filter_map(|group| match &group.entra_group.as_ref()?.value {
                EntraGroup::Id(id) => Some(id.clone()),
                EntraGroup::AllDevices | EntraGroup::AllUsers => None,
            });
        let scope = Scope { token: None, apps: apps.collect(), groups: groups.collect() };
        let memory = self.kept.memory();
        let seen = read(&self.fake.reader(), &scope, &memory, self.now()).await;
        let served = Served { location: "northfield".to_owned(), seen, memory, apple: None };
        let desired = vpp::desired::Desired::default();
        let input = Input {
            manifests: &manifests,
            desired: &desired,
            roster: &roster,
            locations: &[],
            last: &BTreeMap::new(),
            reclaims: &BTreeMap::new(),
            diagnostics: &[],
            manifest_digest: "0".repeat(64),
            folder: "licenses".to_owned(),
            now: self.now(),
        };
        let servers = [served];
        let plan = make_with(input, &servers);
        assert_eq!(lint(&plan), []);
        let [served] = servers;
        (plan, served)
    }

    /// Plans, and carries the plan out if it may be.
    pub(crate) async fn apply(&self) -> Option<MdmLocationReport> {
        let (plan, served) = self.look().await;
        if !plan.applyable {
            return None;
        }
        Some(self.carry_out(&plan, &served).await)
    }

    /// Plans, lets something happen, and carries out what was planned.
    pub(crate) async fn apply_after(&self, happens: impl FnOnce(&mut Tenant)) -> MdmLocationReport {
        let (plan, served) = self.look().await;
        happens(&mut self.fake.state().tenant);
        self.carry_out(&plan, &served).await
    }

    async fn carry_out(&self, plan: &Plan, served: &Served) -> MdmLocationReport {
        let writer = Writer::new(self.fake.reader());
        let patience = Patience { whole: Duration::from_mins(5), pause: Duration::from_secs(5) };
        let options = MdmOptions { patience, ..MdmOptions::default() };
        let clock = || self.now();
        let seen = served.seen.as_ref().unwrap();
        let run = Run {
            writer: &writer,
            keeper: &self.kept,
            options,
            clock: &clock,
            observer: &self.heard,
            stop: &self.stop,
        };
        apply(&plan.mdm_locations[0], seen, run).await
    }
}

/// Codes of the guards that block, and of those that warn.
pub(crate) fn guards(plan: &Plan) -> (Vec<&str>, Vec<&str>) {
    let (blocks, warns): (Vec<_>, Vec<_>) = plan.guards.iter().partition(|guard| guard.blocks());
    (
        blocks.into_iter().map(|guard| guard.code.trim_start_matches("VPP-")).collect(),
        warns.into_iter().map(|guard| guard.code.trim_start_matches("VPP-")).collect(),
    )
}
