//! PostgreSQL servers that are newer, out of reach, or go away for a moment.

use vpp::store::{self, StoreError};

use super::contract::at;
use super::postgres::{PASSWORD, connect, database};

#[tokio::test]
async fn a_newer_store_is_left_alone() {
    let Some(place) = database().await else { return };
    let store = store::open(&place, None).await.unwrap();
    store.remember("key", b"value", at(0)).await.unwrap();
    let past = connect(&place).await;
    past.batch_execute("UPDATE vpp_meta SET version = 7").await.unwrap();
    let error = store::open(&place, None).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 7, known: 1, .. }), "{error}");
    assert_eq!(past.query("SELECT 1 FROM vpp_blobs", &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn tables_of_somebody_else_are_left_alone() {
    let Some(place) = database().await else { return };
    let past = connect(&place).await;
    past.batch_execute("CREATE TABLE vpp_runs (name TEXT)").await.unwrap();
    let error = store::open(&place, None).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    past.batch_execute("CREATE TABLE vpp_meta (note TEXT)").await.unwrap();
    let error = store::open(&place, None).await.unwrap_err();
    assert!(!error.to_string().contains(PASSWORD), "{error}");
}

#[tokio::test]
async fn no_message_holds_the_password() {
    let Some(place) = database().await else { return };
    let wrong = place.replace(PASSWORD, "s3cret-and-wrong");
    let port = place.split("127.0.0.1:").nth(1).unwrap().split('/').next().unwrap();
    let gone = place.replace(&format!(":{port}/"), ":1/");
    let encrypted = place.replace("sslmode=disable", "sslmode=verify-full");
    for address in [&wrong, &gone, &encrypted] {
        let error = store::open(address, None).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("s3cret"), "{text}");
        assert!(text.contains("postgres://vpp@127.0.0.1:"), "{text}");
        assert!(matches!(error, StoreError::Unreachable { .. }), "{text}");
    }
    let store = store::open(&place, None).await.unwrap();
    assert!(!format!("{store:?} {}", store.place()).contains("s3cret"));
}

#[tokio::test]
async fn the_password_may_come_from_elsewhere() {
    let Some(place) = database().await else { return };
    let without = place.replace(&format!(":{PASSWORD}"), "");
    store::open(&without, Some(PASSWORD)).await.unwrap();
    store::open(&without, None).await.unwrap_err();
}

#[tokio::test]
async fn a_connection_that_was_cut_is_made_again() {
    let Some(place) = database().await else { return };
    let store = store::open(&place, None).await.unwrap();
    let past = connect(&place).await;
    for n in 0..3 {
        store.remember("key", b"value", at(n)).await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        past.query(cut, &[]).await.unwrap();
        assert_eq!(store.recall("key").await.unwrap(), Some((b"value".to_vec(), at(n))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_that_begin_at_once_all_get_it() {
    let Some(place) = database().await else { return };
    let open = |place: String| async move { store::open(&place, None).await.map(drop) };
    let all: Vec<_> = (0..8).map(|_| tokio::spawn(open(place.clone()))).collect();
    for one in all {
        one.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_machine_that_vanished() {
    let Some(place) = database().await else { return };
    let store = store::open(&place, None).await.unwrap();
    let past = connect(&place).await;
    past.batch_execute("BEGIN; LOCK TABLE vpp_blobs").await.unwrap();
    let wait = std::time::Duration::from_mins(1);
    let error = tokio::time::timeout(wait, store.remember("key", b"value", at(0))).await;
    let error = error.expect("it waits").unwrap_err();
    assert!(error.to_string().contains("lock timeout"), "{error}");
    past.batch_execute("ROLLBACK").await.unwrap();
    store.remember("key", b"value", at(0)).await.unwrap();
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_no_transaction_open() {
    let Some(place) = database().await else { return };
    let store = store::open(&place, None).await.unwrap();
    let large = vec![1; 100_000];
    for _ in 0..20 {
        let write = store.remember("key", &large, at(0));
        let now = std::future::ready(());
        tokio::select! { biased; _ = write => {}, () = now => {} }
    }
    store.remember("key", b"last", at(1)).await.unwrap();
    let past = connect(&place).await;
    let seen = past.query_one("SELECT value FROM vpp_blobs", &[]).await.unwrap();
    assert_eq!(seen.get::<_, Vec<u8>>(0), b"last");
}
