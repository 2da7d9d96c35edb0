//! Manifests made by hand and files in a folder of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use vpp::desired::{Resolved, resolve};
use vpp::diagnostic::{At, Diagnostic, Span};
use vpp::inventory::{Environment, LoadedInventories, load_all};
use vpp::license::{Asset, AssetKind, ClientUserId, HolderSet, PricingParam, Roster};
use vpp::manifest::Manifests;
use vpp::manifest::kind::{
    AssetManifest, Columns, EntrySpec, Group, Intent, Inventory, InventorySource, LicenseKind,
    WhenShort,
};

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) manifests: Manifests,
    pub(crate) environment: Environment,
    line: u32,
}

pub(crate) struct Outcome {
    pub(crate) resolved: Resolved,
    pub(crate) roster: Roster,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            manifests: Manifests::default(),
            environment: Environment::default(),
            line: 0,
        }
    }

    pub(crate) fn folder(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    pub(crate) fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> Utf8PathBuf {
        use std::io::Write;
        let path = self.folder().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::File::create(&path).unwrap().write_all(bytes.as_ref()).unwrap();
        path
    }

    /// A place in the manifests, each on a line of its own.
    pub(crate) fn span(&mut self) -> Span {
        let file = self.manifests.sources.add("vpp.yaml".into(), "");
        self.line += 1;
        Span { file, start: 0, end: 0, line: self.line, column: 1 }
    }

    pub(crate) fn at<T>(&mut self, value: T) -> At<T> {
        At::new(value, self.span())
    }

    /// Columns written as `serial=s user=u email=e account=a`.
    fn columns(&mut self, text: &str) -> Columns {
        let mut columns = Columns::default();
        for (meaning, column) in text.split_whitespace().map(|pair| pair.split_once('=').unwrap()) {
            let column = Some(self.at(column.to_owned()));
            match meaning {
                "serial" => columns.serial = column,
                "user" => columns.user = column,
                "email" => columns.email = column,
                "account" => columns.managed_apple_id = column,
                other => panic!("{other}"),
            }
        }
        columns
    }

    fn inventory(&mut self, name: &str, columns: &str, source: InventorySource) {
        let inventory = Inventory {
            name: self.at(name.to_owned()),
            source: self.at(source),
            columns: self.columns(columns),
        };
        self.manifests.inventories.push(inventory);
    }

    pub(crate) fn csv_at(&mut self, name: &str, columns: &str, path: &str) {
        self.inventory(name, columns, InventorySource::Csv { path: path.into() });
    }

    pub(crate) fn csv(&mut self, name: &str, columns: &str, text: impl AsRef<[u8]>) {
        let path = format!("data/{name}.csv");
        self.file(&path, text);
        self.csv_at(name, columns, &path);
    }

    pub(crate) fn exec(
        &mut self,
        columns: &str,
        command: &[&str],
        env: &[&str],
        timeout: Duration,
    ) {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let source = InventorySource::Exec { command: owned(command), env: owned(env), timeout };
        self.inventory("program", columns, source);
    }

    pub(crate) fn group(&mut self, name: &str, change: impl FnOnce(&mut Self, &mut Group)) {
        let mut group = Group {
            name: self.at(name.to_owned()),
            devices: vec![],
            users: vec![],
            from: None,
            filter: None,
            include: vec![],
            entra_group: None,
            minimum: None,
            description: None,
        };
        change(self, &mut group);
        self.manifests.groups.push(group);
    }

    pub(crate) fn filtered(&mut self, name: &str, from: &str, filter: &str) {
        self.group(name, |world, group| {
            group.from = Some(world.at(from.to_owned()));
            group.filter = (!filter.is_empty()).then(|| world.at(filter.to_owned()));
        });
    }

    pub(crate) fn devices(&mut self, name: &str, serials: &[&str]) {
        self.group(name, |world, group| {
            group.devices =
                serials.iter().map(|serial| world.at(serial.parse().unwrap())).collect();
        });
    }

    pub(crate) fn users(&mut self, name: &str, ids: &[&str]) {
        self.group(name, |world, group| {
            group.users = ids.iter().map(|id| world.at(ClientUserId::new(id).unwrap())).collect();
        });
    }

    pub(crate) fn including(&mut self, name: &str, groups: &[&str]) {
        self.group(name, |world, group| {
            group.include = groups.iter().map(|&name| world.at(name.to_owned())).collect();
        });
    }

    /// An app named after its number. Entries are `group`, `group:available`,
    /// `group:uninstall:user` and the like.
    pub(crate) fn app(&mut self, adam_id: &str, assign: &[&str], except: &[&str]) {
        self.asset(AssetKind::App, adam_id, assign, except);
    }

    pub(crate) fn asset(
        &mut self,
        kind: AssetKind,
        adam_id: &str,
        assign: &[&str],
        except: &[&str],
    ) {
        let asset =
            Asset { adam_id: adam_id.parse().unwrap(), pricing_param: PricingParam::Standard };
        let assign = assign.iter().map(|text| self.entry(text)).collect();
        let manifest = AssetManifest {
            kind,
            name: self.at(format!("app-{adam_id}")),
            asset: self.at(asset),
            bundle_id: None,
            locations: vec![self.at("here".to_owned())],
            assign_span: self.span(),
            assign,
            except: except.iter().map(|&name| self.at(name.to_owned())).collect(),
            reclaim: None,
            when_short: WhenShort::Block,
            irrevocable: false,
            description: None,
            labels: BTreeMap::new(),
        };
        self.manifests.assets.push(manifest);
    }

    fn entry(&mut self, text: &str) -> EntrySpec {
        let mut words = text.split(':');
        let to = self.at(words.next().unwrap().to_owned());
        let (mut intent, mut license) = (Intent::Required, None);
        for word in words {
            match word {
                "available" => intent = Intent::Available,
                "uninstall" => intent = Intent::Uninstall,
                "user" => license = Some(self.at(LicenseKind::User)),
                "device" => license = Some(self.at(LicenseKind::Device)),
                other => panic!("{other}"),
            }
        }
        EntrySpec { span: to.span, to, intent, license }
    }

    pub(crate) fn load(&self) -> LoadedInventories {
        load_all(&self.manifests, self.folder(), &self.environment)
    }

    /// Loads without complaint from the inventories and resolves.
    pub(crate) fn resolve(&self) -> Outcome {
        let loaded = self.load();
        assert!(!loaded.diagnostics.iter().any(Diagnostic::is_error), "{:#?}", loaded.diagnostics);
        let mut roster = Roster::new();
        let resolved = resolve(&self.manifests, &loaded.tables, &mut roster);
        Outcome { resolved, roster }
    }
}

impl Outcome {
    pub(crate) fn names(&self, set: &HolderSet) -> Vec<String> {
        self.roster.sorted(set).into_iter().map(|holder| holder.text().to_owned()).collect()
    }

    /// Members of a group, separated by spaces.
    pub(crate) fn group(&self, name: &str) -> String {
        self.names(&self.resolved.desired.groups[name].members).join(" ")
    }

    /// Holders of each entry of the app of this place, separated by spaces.
    pub(crate) fn entries(&self, asset: usize) -> Vec<String> {
        let entries = &self.resolved.desired.assets[asset].entries;
        entries.iter().map(|entry| self.names(&entry.holders).join(" ")).collect()
    }

    pub(crate) fn codes(&self) -> Vec<&'static str> {
        codes(&self.resolved.diagnostics)
    }

    pub(crate) fn digest(&self) -> String {
        vpp::desired::digest(&self.resolved.desired, &self.roster)
    }
}

pub(crate) fn codes(diagnostics: &[Diagnostic]) -> Vec<&'static str> {
    diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect()
}

/// The one diagnostic there is, as text: message, then help.
pub(crate) fn only(diagnostics: &[Diagnostic]) -> String {
    assert_eq!(diagnostics.len(), 1, "{diagnostics:#?}");
    let Diagnostic { code, message, help, labels, .. } = &diagnostics[0];
    assert!(!labels.is_empty(), "{message}");
    [format!("{code}: {message}")].into_iter().chain(help.clone()).collect::<Vec<_>>().join("\n")
}
