use std::collections::BTreeMap;

use super::super::house::actual::MdmInfo;
use super::super::house::desired::{ResolvedGroup, WantedAsset, WantedEntry};
use super::super::house::diagnostic::{At, Sources, Span};
use super::super::house::license::{HolderSet, Roster};
use super::super::house::manifest::kind::{
    Allowance, AssetManifest, Breaker, EntrySpec, Freeze, Intent, LicenseOwner, Limit, Limits,
    Location, Owner, Policy, Protection, Share, StockGuard, TokenSource, WhenGone,
};
use super::{App, Members, Rules, Site};

/// The manifests, written down line by line.
pub(super) struct Written {
    pub(super) sources: Sources,
}

/// A file being written.
struct Lines(Vec<String>);

impl Lines {
    /// Adds a line and returns its number.
    fn line(&mut self, text: String) -> u32 {
        self.0.push(text);
        self.0.len().try_into().unwrap()
    }
}

impl Written {
    /// Takes a file in and returns what makes spans of its lines.
    fn file(&mut self, path: String, lines: &Lines) -> impl Fn(u32) -> Span + use<> {
        let starts: Vec<(usize, usize)> = lines
            .0
            .iter()
            .scan(0, |start, line| {
                let here = (*start, *start + line.len());
                *start = here.1 + 1;
                Some(here)
            })
            .collect();
        let file = self.sources.add(path.into(), lines.0.join("\n"));
        move |line| {
            let (start, end) = starts[usize::try_from(line).unwrap() - 1];
            Span { file, start, end, line, column: 1 }
        }
    }

    pub(super) fn location(&mut self, site: &Site) -> Location {
        let mut lines = Lines(vec![]);
        let name = lines.line(format!("name: {}", site.name));
        let token = lines.line("token: { env: VPP_TOKEN }".to_owned());
        let uid = lines.line(format!("uid: {:?}", site.pinned));
        let ours = lines.line(format!("owner: {:?}", site.ours));
        let reclaim = lines.line(format!("reclaim: {:?}", site.reclaim));
        let span = self.file(format!("locations/{}.yaml", site.name), &lines);
        Location {
            name: At::new(site.name.clone(), span(name)),
            uid: site.pinned.clone().map(|value| At::new(value, span(uid))),
            token: Some(At::new(TokenSource::Env("VPP_TOKEN".to_owned()), span(token))),
            owner: site.ours.clone().map(|MdmInfo { id, name, metadata: _ }| {
                At::new(Owner { id, name, metadata: None }, span(ours))
            }),
            licenses: LicenseOwner::Apple,
            mdm: None,
            mdm_token: None,
            reclaim: site.reclaim.map(|mode| At::new(mode, span(reclaim))),
            when_gone: WhenGone::Keep,
            install: site.install.then(|| At::new(true, span(name))),
            endpoint: None,
            notifications: None,
            retire_users: site.retire,
            description: None,
            labels: BTreeMap::new(),
        }
    }

    pub(super) fn groups(
        &mut self,
        groups: &[Members],
        roster: &mut Roster,
    ) -> BTreeMap<String, ResolvedGroup> {
        let mut lines = Lines(vec![]);
        let places: Vec<(u32, u32)> = groups
            .iter()
            .map(|group| {
                let name = lines.line(format!("name: {}", group.name));
                (name, lines.line(format!("minimum: {:?}", group.minimum)))
            })
            .collect();
        let span = self.file("groups.yaml".to_owned(), &lines);
        let resolved = groups.iter().zip(places).map(|(group, (name, minimum))| {
            let ids = group.holders.iter().map(|holder| roster.number(holder.as_ref()).unwrap());
            let resolved = ResolvedGroup {
                span: span(name),
                members: ids.collect(),
                users_of_devices: HolderSet::new(),
                devices_of_users: HolderSet::new(),
                minimum: group.minimum.map(|members| (members, span(minimum))),
            };
            (group.name.clone(), resolved)
        });
        resolved.collect()
    }

    pub(super) fn asset(
        &mut self,
        app: &App,
        groups: &BTreeMap<String, ResolvedGroup>,
    ) -> (AssetManifest, WantedAsset) {
        let mut lines = Lines(vec![]);
        let name = lines.line(format!("name: {}", app.name));
        let adam_id = lines.line(format!("adamId: {}", app.asset));
        let location = lines.line(format!("location: {:?}", app.locations));
        let assign = lines.line("assign:".to_owned());
        let entries: Vec<u32> =
            app.entries.iter().map(|(_, group)| lines.line(format!("- to: {group}"))).collect();
        let except: Vec<u32> =
            app.except.iter().map(|group| lines.line(format!("except: {group}"))).collect();
        let reclaim = lines.line(format!("reclaim: {:?}", app.reclaim));
        let span = self.file(format!("apps/{}.yaml", app.name), &lines);

        let mut excepted = HolderSet::new();
        app.except.iter().for_each(|group| excepted |= &groups[group].members);
        let mut holders = vec![HolderSet::new(); app.entries.len()];
        let mut settled = excepted.clone();
        for intent in [Intent::Required, Intent::Available, Intent::Uninstall] {
            for (place, (_, group)) in
                app.entries.iter().enumerate().filter(|(_, (other, _))| *other == intent)
            {
                holders[place] = &groups[group].members - &settled;
                settled |= &groups[group].members;
            }
        }
        let wanted = WantedAsset {
            asset: app.asset,
            kind: app.kind,
            name: app.name.clone(),
            bundle_id: None,
            span: span(name),
            assign_span: span(assign),
            locations: app.locations.clone(),
            entries: app
                .entries
                .iter()
                .zip(&entries)
                .zip(holders)
                .map(|(((intent, group), line), holders)| WantedEntry {
                    group: group.clone(),
                    intent: *intent,
                    license: None,
                    span: span(*line),
                    holders,
                    named: groups[group].members.len(),
                })
                .collect(),
            except: excepted,
            except_lines: app
                .except
                .iter()
                .zip(&except)
                .map(|(group, line)| (group.clone(), span(*line), groups[group].members.clone()))
                .collect(),
            reclaim: app.reclaim,
            when_short: app.when_short,
            irrevocable: app.irrevocable,
        };
        let manifest = AssetManifest {
            kind: app.kind,
            name: At::new(app.name.clone(), span(name)),
            asset: At::new(app.asset, span(adam_id)),
            bundle_id: None,
            locations: app
                .locations
                .iter()
                .map(|name| At::new(name.clone(), span(location)))
                .collect(),
            assign_span: span(assign),
            assign: app
                .entries
                .iter()
                .zip(&entries)
                .map(|((intent, group), line)| EntrySpec {
                    span: span(*line),
                    to: At::new(group.clone(), span(*line)),
                    intent: *intent,
                    license: None,
                })
                .collect(),
            except: app
                .except
                .iter()
                .zip(&except)
                .map(|(group, line)| At::new(group.clone(), span(*line)))
                .collect(),
            reclaim: app.reclaim.map(|mode| At::new(mode, span(reclaim))),
            when_short: app.when_short,
            irrevocable: app.irrevocable,
            description: None,
            labels: BTreeMap::new(),
        };
        (manifest, wanted)
    }

    pub(super) fn policy(&mut self, rules: &Rules) -> Policy {
        let mut lines = Lines(vec![]);
        let name = lines.line("name: policy".to_owned());
        let items = rules.allow.iter().map(|_| lines.line("- allow".to_owned())).collect();
        let allow: Vec<u32> = items;
        let rest = lines.line("the rest".to_owned());
        let span = self.file("vpp.policy.yaml".to_owned(), &lines);
        let here = span(rest);
        let at = |text: &String| At::new(text.clone(), here);
        let limit = |share: Option<Share>| {
            share.map(|share| Limit { reclaim: Some(At::new(share, here)), assign: None })
        };
        Policy {
            name: At::new("policy".to_owned(), span(name)),
            limits: Limits {
                location: limit(rules.location),
                app: limit(rules.app),
                group: limit(rules.group),
            },
            protect: rules
                .protect
                .iter()
                .map(|(app, group)| Protection {
                    span: here,
                    app: app.as_ref().map(at),
                    group: group.as_ref().map(at),
                    reason: None,
                })
                .collect(),
            freeze: rules
                .freeze
                .iter()
                .map(|(from, until)| Freeze {
                    span: here,
                    from: from.parse().unwrap(),
                    until: until.parse().unwrap(),
                    reason: Some("exams".to_owned()),
                })
                .collect(),
            stock: rules.stock.map(|warn_below| At::new(StockGuard { warn_below }, here)),
            token_expiry: rules.token.map(|rule| At::new(rule, here)),
            max_plan_age: None,
            allow: rules
                .allow
                .iter()
                .zip(allow)
                .map(|(allow, line)| Allowance {
                    span: span(line),
                    guard: At::new(allow.guard.clone(), span(line)),
                    app: allow.app.clone().map(|app| At::new(app, span(line))),
                    reclaim_up_to: allow.reclaim_up_to.map(|number| At::new(number, span(line))),
                    assign_up_to: allow.assign_up_to.map(|number| At::new(number, span(line))),
                    until: At::new(allow.until.parse().unwrap(), span(line)),
                    reason: At::new("a reason".to_owned(), span(line)),
                })
                .collect(),
            breaker: Breaker::default(),
        }
    }
}
