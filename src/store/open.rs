//! From the name of a place to a store.

use std::sync::Arc;

use camino::Utf8Path;

use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::tables::Tables;
use super::{Store, StoreError};

/// Opens the store at a place: a `postgres://` address, else the path of a SQLite file, which is
/// made where there is none. `password` is for an address that has none in it.
///
/// # Errors
/// [`StoreError`] where it cannot be reached, is damaged, or is of a newer version.
pub async fn open(place: &str, password: Option<&str>) -> Result<Arc<dyn Store>, StoreError> {
    if Postgres::is_address(place) {
        Ok(Arc::new(Tables::new(Postgres::open(place, password).await?)))
    } else {
        Ok(Arc::new(Tables::new(Sqlite::open(Utf8Path::new(place)).await?)))
    }
}

/// A store that goes away with the process, for rehearsals.
///
/// # Errors
/// [`StoreError`] where there is no memory for it.
pub async fn in_memory() -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(Tables::new(Sqlite::in_memory().await?)))
}
