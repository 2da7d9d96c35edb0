//! PostgreSQL: for runs on more than one machine.
//!
//! One connection, made again where it was lost. What a server presents as its certificate is
//! always verified, by the machine's own trust store or the roots of `sslrootcert`; libpq does so
//! only when told. Every call goes on to its end even where nobody waits for it any more, so that
//! no transaction stays open.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::Mutex;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};
use tokio_postgres::{Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::StoreError;
use super::sql::{Database, Row, Step, VERSION, Value};

/// The table definitions, oldest first.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/postgres-1.sql")];

/// Our number among PostgreSQL's advisory locks: `vpp1` in ASCII.
const LOCK: i64 = 0x7670_7031;

/// How long a server may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many statements of one call are on their way at the same time.
const AT_ONCE: usize = 500;

/// A PostgreSQL database.
#[derive(Clone)]
pub(super) struct Postgres(Arc<Inner>);

struct Inner {
    place: String,
    config: Config,
    tls: MakeRustlsConnect,
    session: Mutex<Option<Session>>,
}

/// A connection and the statements it knows already.
struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("place", &self.0.place).finish_non_exhaustive()
    }
}

/// A machine that vanishes without hanging up must not keep others waiting: the server ends what it
/// left open, and nobody waits long for a lock. Only of this transaction, as a pooler between may
/// hand the connection on.
const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '10s'; \
                     SET LOCAL idle_in_transaction_session_timeout = '30s'";

impl Postgres {
    /// Whether a place is an address of a PostgreSQL server.
    pub(super) fn is_address(place: &str) -> bool {
        place.starts_with("postgres://") || place.starts_with("postgresql://")
    }

    /// Connects, and brings the tables up to date.
    pub(super) async fn open(address: &str, password: Option<&str>) -> Result<Self, StoreError> {
        let (config, roots) = parse(address, password)?;
        let place = place(&config);
        let tls = tls(roots.as_deref()).map_err(|why| StoreError::Unreachable {
            place: place.clone(),
            why,
            hint: "sslrootcert names a file with certificates in PEM".to_owned(),
        })?;
        let this = Self(Arc::new(Inner { place, config, tls, session: Mutex::new(None) }));
        let session = this.0.connect().await?;
        this.0.migrate(&session.client).await?;
        *this.0.session.lock().await = Some(session);
        Ok(this)
    }

    async fn run(&self, doing: &'static str, steps: Vec<Step>) -> Result<Vec<Row>, StoreError> {
        let this = Self(Arc::clone(&self.0));
        let done = tokio::spawn(async move { this.0.run(doing, &steps).await }).await;
        done.unwrap_or_else(|error| Err(self.0.failed("used", error.to_string())))
    }
}

#[async_trait]
impl Database for Postgres {
    fn place(&self) -> String {
        self.0.place.clone()
    }

    async fn write(&self, steps: Vec<Step>) -> Result<Vec<Row>, StoreError> {
        self.run("written", steps).await
    }

    async fn read(&self, step: Step) -> Result<Vec<Row>, StoreError> {
        self.run("read", vec![step]).await
    }
}

impl Inner {
    /// Carries steps out in one transaction. Where the connection turns out to be lost, or another
    /// process was in the way, it is done once more: every change of the store may be made twice.
    async fn run(&self, doing: &'static str, steps: &[Step]) -> Result<Vec<Row>, StoreError> {
        let mut held = self.session.lock().await;
        for again in [true, false] {
            let mut session = match held.take() {
                Some(session) if !session.client.is_closed() => session,
                Some(_) | None => self.connect().await?,
            };
            match session.transaction(steps).await {
                Ok(rows) => {
                    *held = Some(session);
                    return Ok(rows);
                }
                Err(error) => {
                    // Where even that fails the connection is not used again.
                    if session.client.batch_execute("ROLLBACK").await.is_ok() {
                        *held = Some(session);
                    }
                    if !(again && passes(&error)) {
                        return Err(self.failed(doing, told(&error)));
                    }
                }
            }
        }
        Err(self.failed(doing, "the connection was lost twice".to_owned()))
    }

    async fn connect(&self) -> Result<Session, StoreError> {
        let (client, connection) = self
            .config
            .connect(self.tls.clone())
            .await
            .map_err(|error| self.unreachable(&error))?;
        let place = self.place.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(place, error = told(&error), "the connection to the state was lost");
            }
        });
        Ok(Session { client, prepared: HashMap::new() })
    }

    async fn migrate(&self, client: &Client) -> Result<(), StoreError> {
        let failed = |error: tokio_postgres::Error| self.failed("written", told(&error));
        // Of several that begin at the same time one does it and the others wait.
        client
            .batch_execute(&format!("{BEGIN}; SELECT pg_advisory_xact_lock({LOCK})"))
            .await
            .map_err(failed)?;
        let tables = "SELECT to_regclass('vpp_meta') IS NOT NULL AS ours, \
             to_regclass('vpp_runs') IS NOT NULL AS others";
        let row = client.query_one(tables, &[]).await.map_err(failed)?;
        let found = match (row.get::<_, bool>("ours"), row.get::<_, bool>("others")) {
            (true, _) => {
                let row = client.query_opt("SELECT version::bigint FROM vpp_meta", &[]).await;
                let version: Option<i64> = row.map_err(failed)?.and_then(|row| row.try_get(0).ok());
                version.and_then(|version| u32::try_from(version).ok()).ok_or_else(|| {
                    self.damaged("its table vpp_meta does not say which version it has")
                })?
            }
            (false, false) => 0,
            (false, true) => {
                return Err(self.damaged("it has tables of this name and no version"));
            }
        };
        if found > VERSION {
            return Err(StoreError::Newer { place: self.place.clone(), found, known: VERSION });
        }
        let missing = MIGRATIONS.iter().zip(1_u32..).filter(|(_, number)| *number > found);
        let missing: Vec<&str> = missing.map(|(sql, _)| *sql).collect();
        if !missing.is_empty() {
            client.batch_execute(&missing.join(";\n")).await.map_err(failed)?;
            let meta = format!(
                "CREATE TABLE IF NOT EXISTS vpp_meta (version BIGINT NOT NULL); \
                 DELETE FROM vpp_meta; INSERT INTO vpp_meta (version) VALUES ({VERSION})"
            );
            client.batch_execute(&meta).await.map_err(failed)?;
        }
        client.batch_execute("COMMIT").await.map_err(failed)
    }

    fn failed(&self, doing: &'static str, why: String) -> StoreError {
        StoreError::Failed { place: self.place.clone(), doing, why }
    }

    fn damaged(&self, why: &str) -> StoreError {
        StoreError::Damaged { place: self.place.clone(), why: why.to_owned() }
    }

    fn unreachable(&self, error: &tokio_postgres::Error) -> StoreError {
        let why = told(error);
        let hint = if why.contains("certificate") {
            "the server's certificate is always verified: name its root with \
             sslrootcert=FILE in the address, or say sslmode=disable on a network you trust"
        } else {
            "look at the address and at the server; the password may also be in PGPASSWORD"
        };
        StoreError::Unreachable { place: self.place.clone(), why, hint: hint.to_owned() }
    }
}

impl Session {
    async fn transaction(&mut self, steps: &[Step]) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.client.batch_execute(BEGIN).await?;
        // Preparing waits for locks, too.
        for step in steps {
            if !self.prepared.contains_key(step.sql) {
                let statement = self.client.prepare(step.sql).await?;
                self.prepared.insert(step.sql, statement);
            }
        }
        let client = &self.client;
        let mut all = vec![];
        for step in steps {
            let Some(statement) = self.prepared.get(step.sql) else { continue };
            for several in step.each.chunks(AT_ONCE) {
                let asked = several.iter().map(|values| async move {
                    let values: Vec<&(dyn ToSql + Sync)> =
                        values.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect();
                    client.query(statement, &values).await
                });
                for row in try_join_all(asked).await?.into_iter().flatten() {
                    let columns = 0..row.len();
                    all.push(columns.map(|at| row.try_get(at)).collect::<Result<Row, _>>()?);
                }
            }
        }
        client.batch_execute("COMMIT").await?;
        Ok(all)
    }
}

type Wrong = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Wrong> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(kind)
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Wrong> {
        let fits = match self {
            Self::Null => true,
            Self::Int(_) => *kind == Type::INT8,
            Self::Text(_) => *kind == Type::TEXT,
            Self::Bytes(_) => *kind == Type::BYTEA,
        };
        if fits { self.to_sql(kind, out) } else { Err(format!("{kind} was expected").into()) }
    }
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Wrong> {
        if *kind == Type::INT8 {
            return Ok(Self::Int(i64::from_sql(kind, raw)?));
        }
        if *kind == Type::BYTEA {
            return Ok(Self::Bytes(Vec::from_sql(kind, raw)?));
        }
        Ok(Self::Text(String::from_sql(kind, raw)?))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Wrong> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(kind)
    }
}

/// Whether the same may work at once: the connection was lost, or the server ended it, or two
/// transactions waited for each other.
fn passes(error: &tokio_postgres::Error) -> bool {
    let ended = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::IDLE_SESSION_TIMEOUT,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
    ];
    error.is_closed() || error.code().is_some_and(|code| ended.contains(code))
}

/// What an error says, with its causes.
fn told(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// An address and the roots its server's certificate is verified with, if it names some. Nothing
/// of an address that cannot be read is repeated: any part of it may be the password.
fn parse(address: &str, password: Option<&str>) -> Result<(Config, Option<String>), StoreError> {
    let (before, query) = address.split_once('?').unwrap_or((address, ""));
    let mut roots = None;
    let mut rest = vec![];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslrootcert", file)) => {
                let file = percent_encoding::percent_decode_str(file).decode_utf8_lossy();
                roots = (file != "system").then(|| file.into_owned());
            }
            // Verified it is in any case.
            Some(("sslmode", "verify-ca" | "verify-full")) => rest.push("sslmode=require"),
            Some(("sslmode", "allow")) => rest.push("sslmode=prefer"),
            Some(_) | None => rest.push(pair),
        }
    }
    let mut address = before.to_owned();
    if !rest.is_empty() {
        address = format!("{address}?{}", rest.join("&"));
    }
    let parsed: Result<Config, _> = address.parse();
    let Ok(mut config) = parsed else { return Err(no_address()) };
    if config.get_hosts().is_empty() {
        return Err(no_address());
    }
    if let (None, Some(password)) = (config.get_password(), password) {
        config.password(password);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("vpp");
    }
    Ok((config, roots))
}

fn no_address() -> StoreError {
    StoreError::Unreachable {
        place: "postgres://…".to_owned(),
        why: "it is no address of a PostgreSQL database".to_owned(),
        hint: "for example postgres://vpp@db.example.org/vpp?sslmode=require; signs such as @ / ? \
               # in a password are written as %40 %2F %3F %23"
            .to_owned(),
    }
}

/// An address for messages: no password, no options.
fn place(config: &Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let host = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        };
        match ports.get(at).or(ports.first()) {
            Some(5432) | None => host,
            Some(port) => format!("{host}:{port}"),
        }
    });
    let hosts: Vec<String> = hosts.collect();
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres://{user}{}/{database}", hosts.join(","))
}

fn tls(roots: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match roots {
        None => builder.with_platform_verifier().map_err(|error| error.to_string())?,
        Some(file) => {
            let bytes = fs_err::read(file).map_err(|error| error.to_string())?;
            let mut store = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&bytes) {
                let certificate = certificate.map_err(|error| format!("{file}: {error}"))?;
                store.add(certificate).map_err(|error| format!("{file}: {error}"))?;
            }
            if store.is_empty() {
                return Err(format!("{file} has no certificate in it"));
            }
            builder.with_root_certificates(store)
        }
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(address: &str) -> String {
        place(&parse(address, None).unwrap().0)
    }

    #[test]
    fn a_place_has_no_password_in_it() {
        for (address, shown) in [
            ("postgres://vpp:s3cret@db.example.org/state", "postgres://vpp@db.example.org/state"),
            ("postgresql://vpp:s3cret@[::1]:6432/state", "postgres://vpp@::1:6432/state"),
            (
                "postgres://vpp:s3cret@a,b/state?sslmode=verify-full&password=s3cret",
                "postgres://vpp@a,b/state",
            ),
        ] {
            assert_eq!(place_of(address), shown);
        }
    }

    #[test]
    fn nothing_of_an_address_that_cannot_be_read_is_repeated() {
        for address in [
            "postgres://vpp:s3cret@db:port/state",
            "postgres://vpp:s3cret@db/state?sslmode=s3cret",
            "postgres://",
        ] {
            let error = parse(address, None).unwrap_err().to_string();
            assert!(!error.contains("cret"), "{error}");
            assert!(error.contains("for example postgres://"), "{error}");
        }
    }

    #[test]
    fn the_address_says_whether_the_connection_is_encrypted_and_verified_it_is_always() {
        use tokio_postgres::config::SslMode;

        for (mode, expected) in [
            ("disable", SslMode::Disable),
            ("prefer", SslMode::Prefer),
            ("require", SslMode::Require),
            ("verify-ca", SslMode::Require),
            ("verify-full", SslMode::Require),
        ] {
            let (config, _) = parse(&format!("postgres://db/state?sslmode={mode}"), None).unwrap();
            assert_eq!(config.get_ssl_mode(), expected, "{mode}");
        }
    }

    #[test]
    fn a_password_of_the_environment_serves_only_an_address_without_one() {
        let of = |address: &str| {
            let (config, _) = parse(address, Some("from-outside")).unwrap();
            String::from_utf8(config.get_password().unwrap().to_vec()).unwrap()
        };
        assert_eq!(of("postgres://vpp@db/state"), "from-outside");
        assert_eq!(of("postgres://vpp:own@db/state"), "own");
    }
}
