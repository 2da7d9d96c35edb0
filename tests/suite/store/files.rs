//! Files that are damaged, somebody else's, newer or out of reach: a clear error, and nothing is
//! overwritten.

use std::path::{Path, PathBuf};

use vpp::store::{self, StoreError};

use super::contract::at;

fn state(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("state.db")
}

async fn open(path: &Path) -> Result<(), StoreError> {
    store::open(path.to_str().unwrap(), None).await.map(drop)
}

/// Opens a file that must not be opened, and checks that it stays as it was.
async fn refused(path: &Path) -> StoreError {
    let before = fs_err::read(path).unwrap();
    let error = open(path).await.unwrap_err();
    assert_eq!(fs_err::read(path).unwrap(), before);
    assert!(error.to_string().contains("nothing was overwritten"), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

/// A store with something in it, whole in one file.
async fn filled(path: &Path) {
    let store = store::open(path.to_str().unwrap(), None).await.unwrap();
    for n in 0..200 {
        store.remember(&format!("key/{n}"), &[7; 500], at(n)).await.unwrap();
    }
    drop(store);
    let file = rusqlite::Connection::open(path).unwrap();
    file.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).unwrap();
}

#[tokio::test]
async fn a_text_file_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(state(&folder), "kind: App\n").unwrap();
    let error = refused(&state(&folder)).await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = state(&folder);
    filled(&path).await;
    let mut bytes = fs_err::read(&path).unwrap();
    assert!(bytes.len() > 40_000);
    for byte in &mut bytes[4096..30_000] {
        *byte = 0xa5;
    }
    fs_err::write(&path, bytes).unwrap();
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_file_cut_short_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = state(&folder);
    filled(&path).await;
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn the_file_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(state(&folder)).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(other);
    let error = refused(&state(&folder)).await;
    assert!(error.to_string().contains("another program"), "{error}");
}

#[tokio::test]
async fn a_newer_store_is_left_alone_and_the_message_names_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = state(&folder);
    filled(&path).await;
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 7).unwrap();
    drop(newer);
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Newer { found: 7, known: 1, .. }), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    // Nobody can make a file there, not even root, for whom permissions mean nothing.
    let nowhere = Path::new("/proc/self/state/state.db");
    let error = open(nowhere).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("/proc/self/state"), "{error}");
    assert!(error.to_string().contains("the folder must be writable"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("it is no file"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_that_make_the_same_file_at_once_all_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = state(&folder);
    let open = |path: PathBuf| async move { open(&path).await };
    let all: Vec<_> = (0..8).map(|_| tokio::spawn(open(path.clone()))).collect();
    for one in all {
        one.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_store_in_memory_is_nobody_elses() {
    let (one, two) = (store::in_memory().await.unwrap(), store::in_memory().await.unwrap());
    one.remember("key", b"value", at(0)).await.unwrap();
    assert_eq!(two.recall("key").await.unwrap(), None);
}
