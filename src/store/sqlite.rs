//! SQLite: a file beside the manifests, or memory only.
//!
//! Every call runs on a thread for blocking work. A file is looked at with a connection that can
//! only read before anything may write to it.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};

use super::StoreError;
use super::sql::{Database, Row, Step, VERSION, Value};

/// `vpp1` in ASCII: what tells our files from other programs' (`PRAGMA application_id`).
const APPLICATION: i32 = 0x7670_7031;

/// The table definitions, oldest first.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/sqlite-1.sql")];

/// How long another process is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Up to this size a file is checked whole when it is opened.
const CHECKED: u64 = 64 << 20;

/// A SQLite database.
#[derive(Clone)]
pub(super) struct Sqlite {
    place: String,
    connection: Arc<Mutex<Connection>>,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens a file, and makes it where there is none.
    pub(super) async fn open(path: &Utf8Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        blocking(path.to_string(), move || open(&path)).await
    }

    /// A database that goes away with the process.
    pub(super) async fn in_memory() -> Result<Self, StoreError> {
        let place = "memory".to_owned();
        blocking(place.clone(), move || {
            let connection = Connection::open_in_memory();
            let connection = connection.map_err(|error| unreachable(&place, &error))?;
            ready(&place, connection)
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let this = self.clone();
        blocking(self.place.clone(), move || {
            let mut connection = this.connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection).map_err(|error| failed(&this.place, doing, &error))
        })
        .await
    }
}

#[async_trait]
impl Database for Sqlite {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn write(&self, steps: Vec<Step>) -> Result<Vec<Row>, StoreError> {
        self.with("written", move |connection| {
            // From the start as a writer: one that becomes a writer later may not wait its turn.
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut rows = vec![];
            for step in steps {
                rows.extend(carry_out(&transaction, step)?);
            }
            transaction.commit()?;
            Ok(rows)
        })
        .await
    }

    async fn read(&self, step: Step) -> Result<Vec<Row>, StoreError> {
        self.with("read", move |connection| carry_out(connection, step)).await
    }
}

fn carry_out(connection: &Connection, step: Step) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(step.sql)?;
    let columns = statement.column_count();
    let mut all = vec![];
    for values in step.each {
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            all.push((0..columns).map(|at| row.get(at)).collect::<rusqlite::Result<Row>>()?);
        }
    }
    Ok(all)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl rusqlite::types::FromSql for Value {
    fn column_result(value: ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        match value {
            ValueRef::Null => Ok(Self::Null),
            ValueRef::Integer(number) => Ok(Self::Int(number)),
            ValueRef::Text(_) => value.as_str().map(|text| Self::Text(text.to_owned())),
            ValueRef::Blob(bytes) => Ok(Self::Bytes(bytes.to_vec())),
            ValueRef::Real(_) => Err(rusqlite::types::FromSqlError::InvalidType),
        }
    }
}

/// Runs off the threads that must not block.
async fn blocking<T: Send + 'static>(
    place: String,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(StoreError::Failed { place, doing: "used", why: error.to_string() })
    })
}

fn open(path: &Utf8PathBuf) -> Result<Sqlite, StoreError> {
    let place = path.to_string();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_str().is_empty()) {
        fs_err::create_dir_all(folder).map_err(|error| StoreError::Unreachable {
            place: place.clone(),
            why: error.to_string(),
            hint: WRITABLE.to_owned(),
        })?;
    }
    look_before(path, &place)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| unreachable(&place, &error))?;
    ready(&place, connection)
}

/// Whether a file is ours, without a way to change it.
fn look_before(path: &Utf8Path, place: &str) -> Result<(), StoreError> {
    let size = match std::fs::metadata(path) {
        Ok(found) if found.is_file() => found.len(),
        Ok(_) => {
            return Err(StoreError::Unreachable {
                place: place.to_owned(),
                why: "it is no file".to_owned(),
                hint: "name a file with --state or VPP_STATE".to_owned(),
            });
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(StoreError::Unreachable {
                place: place.to_owned(),
                why: error.to_string(),
                hint: WRITABLE.to_owned(),
            });
        }
    };
    // One that another process has just begun is empty.
    if size == 0 {
        return Ok(());
    }
    let mut head = [0; 16];
    let begins = fs_err::File::open(path.as_std_path())
        .and_then(|mut file| file.read_exact(&mut head))
        .is_ok_and(|()| head == *b"SQLite format 3\0");
    if !begins {
        return Err(damaged(place, "it is no SQLite file"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| unreachable(place, &error))?;
    patient(place, || {
        connection.busy_timeout(PATIENCE)?;
        Ok(())
    })?;
    whose(place, &connection)?;
    if size <= CHECKED {
        let found: String =
            patient(place, || connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        if found != "ok" {
            return Err(damaged(place, &found));
        }
    }
    Ok(())
}

/// The version of our tables in it; 0 where it is empty.
fn whose(place: &str, connection: &Connection) -> Result<u32, StoreError> {
    let ask = |sql: &str| patient(place, || connection.query_row(sql, [], |row| row.get(0)));
    let application: i32 = ask("PRAGMA application_id")?;
    let version: i32 = ask("PRAGMA user_version")?;
    let tables: i32 = ask("SELECT count(*) FROM sqlite_schema")?;
    match (application, u32::try_from(version)) {
        (0, Ok(0)) if tables == 0 => Ok(0),
        (APPLICATION, Ok(found)) if found > VERSION => {
            Err(StoreError::Newer { place: place.to_owned(), found, known: VERSION })
        }
        (APPLICATION, Ok(found)) => Ok(found),
        (_, _) => Err(damaged(place, "it is a SQLite file of another program")),
    }
}

/// Sets a connection up and brings the tables up to date.
fn ready(place: &str, mut connection: Connection) -> Result<Sqlite, StoreError> {
    let set_up = || {
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")
    };
    patient(place, set_up)?;
    if whose(place, &connection)? < VERSION {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failed(place, "written", &error))?;
        // Another process may have done it while this one waited for its turn.
        let found = whose(place, &transaction)?;
        let missing = MIGRATIONS.iter().zip(1_u32..).filter(|(_, number)| *number > found);
        let migrate = || {
            for (sql, _) in missing {
                transaction.execute_batch(sql)?;
            }
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", VERSION)
        };
        migrate()
            .and_then(|()| transaction.commit())
            .map_err(|error| failed(place, "written", &error))?;
    }
    Ok(Sqlite { place: place.to_owned(), connection: Arc::new(Mutex::new(connection)) })
}

/// Tries until nobody is in the way. SQLite does not wait by itself while a file is being set up.
fn patient<T>(place: &str, work: impl Fn() -> rusqlite::Result<T>) -> Result<T, StoreError> {
    let begun = Instant::now();
    loop {
        match work() {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begun.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(unreachable(place, &error)),
            Ok(done) => return Ok(done),
        }
    }
}

const WRITABLE: &str = "the folder must be writable; name another place with --state or VPP_STATE";

fn damaged(place: &str, why: &str) -> StoreError {
    StoreError::Damaged { place: place.to_owned(), why: why.to_owned() }
}

fn unreachable(place: &str, error: &rusqlite::Error) -> StoreError {
    if is_damage(error) {
        return damaged(place, &error.to_string());
    }
    let hint = if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
        "another program holds it; end that program and run it again"
    } else {
        WRITABLE
    };
    StoreError::Unreachable {
        place: place.to_owned(),
        why: error.to_string(),
        hint: hint.to_owned(),
    }
}

fn failed(place: &str, doing: &'static str, error: &rusqlite::Error) -> StoreError {
    if is_damage(error) {
        return damaged(place, &error.to_string());
    }
    StoreError::Failed { place: place.to_owned(), doing, why: error.to_string() }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
