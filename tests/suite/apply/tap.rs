//! A wire tap: passes bytes between a client and an Apple and keeps what the client sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Everything clients sent, a connection each.
type Heard = Arc<Mutex<Vec<Arc<Mutex<Vec<u8>>>>>>;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

/// Says of every portion of bytes whether it is passed on; else the line is dead from there on.
type Gate = Arc<Mutex<Option<Box<dyn Fn(Way, &[u8]) -> bool + Send>>>>;

/// A request with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) body: serde_json::Value,
}

/// A tapped line. It ends with the runtime it was opened on.
pub(crate) struct Tap {
    address: SocketAddr,
    heard: Heard,
    gate: Gate,
}

impl Tap {
    pub(crate) async fn on(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Heard::default();
        let lines = Arc::clone(&heard);
        let gate = Gate::default();
        let of_lines = Arc::clone(&gate);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let line = Arc::new(Mutex::new(Vec::new()));
                lines.lock().unwrap().push(Arc::clone(&line));
                tokio::spawn(pass_on(client, server, line, Arc::clone(&of_lines)));
            }
        });
        Self { address, heard, gate }
    }

    /// Sets who decides what is passed on.
    pub(crate) fn guard(&self, gate: impl Fn(Way, &[u8]) -> bool + Send + 'static) {
        *self.gate.lock().unwrap() = Some(Box::new(gate));
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mdm/v2/", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every POST to Apple so far, by connection.
    pub(crate) fn posts(&self) -> Vec<Post> {
        let lines = self.heard.lock().unwrap();
        lines.iter().flat_map(|line| posts(&line.lock().unwrap())).collect()
    }
}

async fn pass_on(client: TcpStream, server: SocketAddr, line: Arc<Mutex<Vec<u8>>>, gate: Gate) {
    let passes =
        |way, bytes: &[u8]| gate.lock().unwrap().as_ref().is_none_or(|gate| gate(way, bytes));
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(
        copy(from_client, to_server, |bytes| {
            let passes = passes(Way::In, bytes);
            if passes {
                line.lock().unwrap().extend_from_slice(bytes);
            }
            passes
        }),
        copy(from_server, to_client, |bytes| passes(Way::Out, bytes)),
    );
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, keep: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    let mut dead = false;
    // Also a dead line is listened to: its end is passed on when somebody hangs up.
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        dead = dead || !keep(&buffer[..length]);
        if !dead && to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// The requests of one connection (HTTP/1.1, bodies with a length) that have a body.
fn posts(mut bytes: &[u8]) -> Vec<Post> {
    let mut posts = vec![];
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let header = |name: &str| {
            head.lines().skip(1).find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let length = header("content-length").map_or(0, |text| text.parse::<usize>().unwrap());
        let body = &bytes[end + 4..(end + 4 + length).min(bytes.len())];
        let path = head.split(' ').nth(1).unwrap().split("/mdm/v2/").nth(1);
        if let Some(path) = path
            && length > 0
            && body.len() == length
        {
            let token = header("authorization").unwrap_or_default();
            posts.push(Post {
                path: path.to_owned(),
                token: token.trim_start_matches("Bearer ").to_owned(),
                body: serde_json::from_slice(body).unwrap(),
            });
        }
        bytes = &bytes[(end + 4 + length).min(bytes.len())..];
    }
    posts
}
