//! A PostgreSQL server of our own, from the binaries on this machine: one for the whole test
//! binary, a database for each test. It ends when the tests' process does, however that ends.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// Password of the server's only user: the tests look for it where it must not be.
pub(crate) const PASSWORD: &str = "s3cret-of-postgres";

struct Server {
    port: u16,
    /// The server ends when the other end of this child's standard input is closed.
    _keeper: Child,
}

/// A new database; `None`, said aloud, where the machine has no PostgreSQL. With
/// `VPP_TEST_POSTGRES` set that is a failure.
pub(crate) async fn database() -> Option<String> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();

    let Some(server) = SERVER.get_or_init(start) else {
        assert!(
            std::env::var_os("VPP_TEST_POSTGRES").is_none(),
            "VPP_TEST_POSTGRES is set, and there is no PostgreSQL (Debian's package: postgresql)"
        );
        eprintln!("SKIPPED: no PostgreSQL on this machine (Debian's package: postgresql)");
        return None;
    };
    let name = format!("t{}", uuid::Uuid::new_v4().simple());
    let admin = connect(&address(server.port, "postgres")).await;
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    Some(address(server.port, &name))
}

fn address(port: u16, database: &str) -> String {
    format!("postgres://vpp:{PASSWORD}@127.0.0.1:{port}/{database}?sslmode=disable")
}

/// A connection past the store.
pub(crate) async fn connect(address: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(async move {
        connection.await.ok();
    });
    client
}

fn start() -> Option<Server> {
    let binaries = binaries()?;
    let home = tempfile::tempdir().unwrap().keep();
    let mut password = std::fs::File::create(home.join("password")).unwrap();
    writeln!(password, "{PASSWORD}").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let user = unprivileged(&home);
    let made = as_user(Command::new(binaries.join("initdb")), user)
        .args(["--no-sync", "--username=vpp", "--auth=scram-sha-256", "--encoding=UTF8"])
        .args(["--locale=C", "--pwfile"])
        .arg(home.join("password"))
        .arg("--pgdata")
        .arg(home.join("data"))
        .current_dir(&home)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let script = "\"$1\" -D data -k . -h 127.0.0.1 -p \"$2\" -c fsync=off \
                  -c max_connections=200 > log 2>&1 & server=$!; \
                  cat > /dev/null; kill -INT $server; wait $server; rm -rf \"$PWD\"";
    let keeper = as_user(Command::new("sh"), user)
        .args(["-c", script, "sh"])
        .arg(binaries.join("postgres"))
        .arg(port.to_string())
        .current_dir(&home)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let server = Server { port, _keeper: keeper };
    for _ in 0..600 {
        // Ready when its first line of the pid file says so, which pg_ctl looks at too.
        let pid = std::fs::read_to_string(home.join("data/postmaster.pid")).unwrap_or_default();
        if pid.lines().nth(7).is_some_and(|state| state.trim() == "ready") {
            return Some(server);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = std::fs::read_to_string(home.join("log")).unwrap_or_default();
    panic!("PostgreSQL does not start:\n{log}");
}

/// The folder of `initdb` and `postgres`: on the path, else where Debian has them.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// PostgreSQL refuses to run as root: then it runs as nobody.
#[cfg(unix)]
fn unprivileged(home: &Path) -> Option<u32> {
    use std::os::unix::fs::{MetadataExt, chown};

    const NOBODY: u32 = 65534;
    if std::fs::metadata(home).unwrap().uid() != 0 {
        return None;
    }
    for path in [home.to_owned(), home.join("password")] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    Some(NOBODY)
}

#[cfg(not(unix))]
fn unprivileged(_: &Path) -> Option<u32> {
    None
}

#[cfg(unix)]
fn as_user(mut command: Command, user: Option<u32>) -> Command {
    use std::os::unix::process::CommandExt;

    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    command
}

#[cfg(not(unix))]
fn as_user(command: Command, _: Option<u32>) -> Command {
    command
}
