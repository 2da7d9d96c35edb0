//! What inventories keep between runs: a second plan asks only whether anything changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::apple::Apple;
use super::shell::Shell;
use crate::inventory::fake::House;
use crate::inventory::fake::graph::{Graph, SECRET};

/// The quickstart with a group of Entra beside its own, and a memory that an apply made.
struct Kept {
    shell: Shell,
    _apple: Apple,
    version: Arc<AtomicUsize>,
    pages: Arc<AtomicUsize>,
}

impl Kept {
    fn new() -> Self {
        let mut shell = Shell::with_example("quickstart");
        let apple = Apple::of(&mut shell);
        let graph = Graph::of(House::new(4, None), 40);
        let (version, pages) = (Arc::clone(&graph.version), Arc::clone(&graph.member_pages));
        let endpoint = graph.start();
        shell.write(
            "entra.yaml",
            &format!(
                "apiVersion: vpp/v1\nkind: Inventory\nname: entra\nentra: {{ tenant: n.example, \
                 clientId: the-app, secret: {{ env: ENTRA_SECRET }}, endpoint: \"{endpoint}\", \
                 groups: {{ year: G1 }} }}\n---\napiVersion: vpp/v1\nkind: Group\nname: year\n\
                 from: entra\nwhere: 'row.year == \"true\"'\n"
            ),
        );
        shell.set("ENTRA_SECRET", SECRET);
        Self { shell, _apple: apple, version, pages }
    }

    /// Pages of members a plan asks for.
    #[track_caller]
    fn plan(&self) -> usize {
        let before = self.pages.load(Ordering::SeqCst);
        self.shell.ok("plan");
        self.pages.load(Ordering::SeqCst) - before
    }
}

#[test]
fn a_second_plan_reads_a_group_only_where_it_changed() {
    let kept = Kept::new();
    let bare = kept.plan();
    assert!(bare > 1, "members come on several pages");
    assert_eq!(kept.plan(), bare, "where nothing is kept, everything is read again");
    assert!(!kept.shell.path().join(".vpp").exists(), "and a plan makes no memory");
    kept.shell.ok("apply --auto-approve");
    let whole = kept.plan();
    assert!(whole >= bare, "the apply found no memory to keep it in");
    assert_eq!(kept.plan(), 0, "now the plan before has kept it");
    kept.version.fetch_add(1, Ordering::SeqCst);
    assert_eq!(kept.plan(), whole, "a change is read whole");
    assert_eq!(kept.plan(), 0);
    // Apply, status and `--base-plan` read the same way.
    let before = kept.pages.load(Ordering::SeqCst);
    kept.shell.ok("status");
    kept.shell.ok("apply --auto-approve");
    assert_eq!(kept.pages.load(Ordering::SeqCst), before);
}

#[test]
fn a_memory_that_is_gone_or_older_is_never_believed_over_the_server() {
    let kept = Kept::new();
    kept.shell.ok("apply --auto-approve");
    let whole = kept.plan();
    assert_eq!(kept.plan(), 0);
    let state = kept.shell.path().join(".vpp/state.db");
    let copy = |from: &camino::Utf8Path, to: &camino::Utf8Path| fs_err::copy(from, to).unwrap();
    let backup = kept.shell.path().join("backup.db");
    copy(&state, &backup);
    // The group changes, a plan reads it, and somebody restores the memory of before.
    kept.version.fetch_add(1, Ordering::SeqCst);
    assert_eq!(kept.plan(), whole);
    assert_eq!(kept.plan(), 0);
    for ending in ["-wal", "-shm"] {
        let _ = fs_err::remove_file(kept.shell.path().join(format!(".vpp/state.db{ending}")));
    }
    copy(&backup, &state);
    assert_eq!(kept.plan(), whole, "a restored memory knows less than the server");
    // A delta link that is gone.
    let database = rusqlite::Connection::open(&state).unwrap();
    let gone = database.execute("DELETE FROM vpp_blobs WHERE name LIKE 'inventory/%'", []).unwrap();
    drop(database);
    assert_eq!(gone, 1);
    assert_eq!(kept.plan(), whole);
}
