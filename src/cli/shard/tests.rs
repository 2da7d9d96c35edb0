use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use camino::Utf8Path;
use proptest::prelude::*;

use super::Shard;
use crate::manifest::{self, Manifests};

/// Locations by their numbers, and apps by the locations they list.
#[derive(Debug, Clone)]
struct Organization {
    locations: BTreeSet<u16>,
    apps: Vec<Vec<u16>>,
}

impl Organization {
    fn yaml(&self, backwards: bool) -> String {
        let mut text =
            String::from("apiVersion: vpp/v1\nkind: Group\nname: all\ndevices: [DMPX]\n");
        let mut locations: Vec<_> = self.locations.iter().collect();
        if backwards {
            locations.reverse();
        }
        for number in locations {
            let _ = write!(
                text,
                "---\napiVersion: vpp/v1\nkind: Location\nname: school-{number}\nuid: \
                 \"{number:010}\"\ntoken: {{ env: VPP_TOKEN_{number} }}\nreclaim: keep\n"
            );
        }
        for (index, listed) in self.apps.iter().enumerate() {
            let listed: Vec<_> = listed.iter().map(|number| format!("school-{number}")).collect();
            let _ = write!(
                text,
                "---\napiVersion: vpp/v1\nkind: App\nname: app-{index}\nadamId: \"{}\"\nlocation: \
                 [{}]\nassign: [{{ to: all }}]\n",
                1000 + index,
                listed.join(", ")
            );
        }
        text
    }

    fn load(&self) -> Manifests {
        load(&self.yaml(false))
    }
}

fn load(yaml: &str) -> Manifests {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    fs_err::write(folder.join("all.yaml"), yaml).unwrap();
    let loaded = manifest::load(folder);
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    loaded.manifests
}

/// Every location's shards.
fn shards(manifests: &Manifests, of: u32) -> BTreeMap<String, Vec<u32>> {
    let mut found: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for index in 0..of {
        let shard: Shard = format!("{index}/{of}").parse().unwrap();
        for name in shard.locations(manifests).unwrap() {
            found.entry(name).or_default().push(index);
        }
    }
    found
}

fn organizations() -> impl Strategy<Value = Organization> {
    prop::collection::btree_set(0_u16..500, 1..25).prop_flat_map(|locations| {
        let all: Vec<u16> = locations.iter().copied().collect();
        let most = all.len().min(4);
        let listed = prop::sample::subsequence(all, 1..=most).prop_shuffle();
        prop::collection::vec(listed, 0..8)
            .prop_map(move |apps| Organization { locations: locations.clone(), apps })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_location_is_in_exactly_one_shard_together_with_its_tie(
        organization in organizations(), of in 1_u32..12
    ) {
        let found = shards(&organization.load(), of);
        prop_assert_eq!(found.len(), organization.locations.len());
        prop_assert!(found.values().all(|shards| shards.len() == 1), "{:?}", found);
        for listed in &organization.apps {
            let together: BTreeSet<_> =
                listed.iter().map(|number| &found[&format!("school-{number}")]).collect();
            prop_assert_eq!(together.len(), 1, "{:?} in {:?}", listed, &found);
        }
    }

    #[test]
    fn another_location_elsewhere_and_another_order_move_nothing(
        organization in organizations(), of in 1_u32..12, new in 500_u16..600
    ) {
        let before = shards(&organization.load(), of);
        prop_assert_eq!(&shards(&load(&organization.yaml(true)), of), &before);
        let mut more = organization;
        more.locations.insert(new);
        more.apps.push(vec![new]);
        let mut after = shards(&more.load(), of);
        let name = format!("school-{new}");
        prop_assert!(after.remove(&name).is_some());
        prop_assert_eq!(after, before);
    }

    #[test]
    fn one_more_shard_takes_from_the_others_and_moves_nothing_between_them(
        organization in organizations(), of in 1_u32..12
    ) {
        let manifests = organization.load();
        let (before, after) = (shards(&manifests, of), shards(&manifests, of + 1));
        for (name, shard) in before {
            prop_assert!(after[&name] == shard || after[&name] == [of], "{}", name);
        }
    }
}

#[test]
fn shards_are_about_alike_in_size() {
    let organization = Organization { locations: (0..800).collect(), apps: vec![] };
    let mut sizes = BTreeMap::<u32, u32>::new();
    for shards in shards(&organization.load(), 8).into_values() {
        *sizes.entry(shards[0]).or_default() += 1;
    }
    assert!(sizes.len() == 8 && sizes.values().all(|size| (60..140).contains(size)), "{sizes:?}");
}

#[test]
fn where_a_location_is_does_not_change_between_releases() {
    let organization = Organization { locations: (1..=6).collect(), apps: vec![vec![2, 5]] };
    let found = shards(&organization.load(), 4);
    let line: Vec<_> = found.iter().map(|(name, shards)| format!("{name} {}", shards[0])).collect();
    insta::assert_snapshot!(line.join(", "));
}

const UNPINNED: &str = "apiVersion: vpp/v1\nkind: Location\nname: north\ntoken: { env: T }\n";

#[test]
fn an_unpinned_location_is_refused_but_not_where_there_is_one_shard() {
    let manifests = load(UNPINNED);
    let whole: Shard = "0/1".parse().unwrap();
    assert_eq!(whole.locations(&manifests).unwrap(), ["north"]);
    let half: Shard = "0/2".parse().unwrap();
    let refused = half.locations(&manifests).unwrap_err().message.unwrap();
    assert!(refused.starts_with("all.yaml:3: location `north` has no `uid`"), "{refused}");
}

#[test]
fn a_limit_of_groups_is_not_judged_by_halves() {
    let policy = "---\napiVersion: vpp/v1\nkind: Policy\nname: p\nlimits:\n  group:\n    reclaim: \
                  { share: 10% }\n";
    let manifests = load(&(UNPINNED.to_owned() + policy));
    let judged = |shard: &str| shard.parse::<Shard>().unwrap().judges(&manifests);
    assert!(judged("0/1").is_ok());
    let refused = judged("1/2").unwrap_err().message.unwrap();
    assert!(refused.starts_with("all.yaml:11: how much one group may move"), "{refused}");
}

#[test]
fn shards_count_from_zero_and_the_last_is_one_less() {
    assert_eq!("7/8".parse::<Shard>().unwrap().to_string(), "7/8");
    let error = |text: &str| text.parse::<Shard>().unwrap_err();
    assert_eq!(error("8/8"), "shards count from 0: the last of 8 is 7/8");
    assert!(error("0/0").starts_with("there are 1 to 100000 shards"));
    assert!(error("0/100001").starts_with("there are 1 to 100000 shards"));
    for wrong in ["", "1", "/", "1/", "/2", "-1/2", "+1/2", "1/2/3", " 1/2", "a/b", "99999999999/3"]
    {
        assert!(error(wrong).starts_with("expected I/N"), "{wrong}");
    }
}
