//! Whatever changes while a location is read, each set is one that was true at some moment of the
//! read, or the read fails.

use proptest::prelude::*;
use vpp::actual::{ReadError, ReadScope};

use super::fake::{Op, Pair, World};
use super::reading::{managed, read_world};

const APPS: [u64; 3] = [10, 20, 30];

fn pair() -> impl Strategy<Value = Pair> {
    (prop::sample::select(APPS.to_vec()), 0..12_u32).prop_map(|(app, n)| (app, format!("S{n}")))
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![pair().prop_map(Op::Add), pair().prop_map(Op::Remove)]
}

#[derive(Debug, Clone)]
struct Story {
    page_size: usize,
    overlap: usize,
    rows: Vec<Pair>,
    cues: Vec<(usize, Op)>,
    managed: Vec<u64>,
    full: bool,
    strict_pages: bool,
}

fn story(most_cues: usize) -> impl Strategy<Value = Story> {
    (
        1..6_usize,
        0..2_usize,
        prop::collection::vec(pair(), 0..40),
        prop::collection::vec((1..60_usize, op()), 0..=most_cues),
        prop::sample::subsequence(APPS.to_vec(), 1..=3),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(page_size, overlap, rows, cues, managed, full, strict_pages)| Story {
            page_size,
            overlap,
            rows,
            cues,
            managed,
            full,
            strict_pages,
        })
}

fn world(story: &Story) -> World {
    let mut world = World::new(story.page_size);
    world.overlap = story.overlap.min(story.page_size - 1);
    world.strict_pages = story.strict_pages;
    for app in APPS {
        world.app(app);
    }
    for (app, holder) in &story.rows {
        if !world.rows.iter().any(|((a, h), _)| a == app && h == holder) {
            world.give(*app, holder);
        }
    }
    world.cues.clone_from(&story.cues);
    world
}

/// Reads the story's world; true where the read succeeded.
fn check(story: &Story) -> Result<bool, TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scope = ReadScope { full: story.full, ..managed(&story.managed) };
    let (result, shared) = runtime.block_on(read_world(world(story), &scope));
    let world = shared.lock().unwrap();
    let (actual, held) = match result {
        Ok(read) => read,
        Err(ReadError::Unsettled { .. } | ReadError::Inconsistent { .. }) => return Ok(false),
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    };
    for app in if story.full { APPS.to_vec() } else { story.managed.clone() } {
        let found = held.get(&app).cloned().unwrap_or_default();
        let history = &world.history[&app];
        prop_assert!(history.contains(&found), "{app}: {found:?} was never true: {history:?}");
        let assigned = actual.assets[&super::reading::asset(app)].assigned;
        prop_assert_eq!(assigned, u64::try_from(found.len()).unwrap());
    }
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_few_changes_are_always_settled(story in story(3)) {
        prop_assert!(check(&story)?, "gave up");
    }

    #[test]
    fn many_changes_never_make_a_false_set(story in story(25)) {
        check(&story)?;
    }

}

proptest! {
    // A hundred requests each.
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn long_lists_are_mended_without_walking_them_again(
        mut changes in prop::collection::btree_map((prop::sample::select(APPS.to_vec()), 0..40_u32),
            (5..120_usize, any::<bool>()), 0..6),
    ) {
        // Each pair changes once: an addition that is taken back meanwhile leaves no trace.
        let rows: Vec<Pair> = APPS.into_iter()
            .flat_map(|app| (0..30).map(move |n| (app, format!("S{n}"))))
            .collect();
        let cues = std::mem::take(&mut changes).into_iter().map(|((app, n), (at, _))| {
            let pair = (app, format!("S{n}"));
            (at, if n < 30 { Op::Remove(pair) } else { Op::Add(pair) })
        });
        let story = Story {
            page_size: 1, overlap: 0, rows, cues: cues.collect(), managed: APPS.to_vec(),
            full: false, strict_pages: true,
        };
        check(&story)?;
    }
}
