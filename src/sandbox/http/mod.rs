//! The wire: connections, and the way of a request through the house.

mod apple;
mod config;
mod credential;
mod endpoint;
mod hands;
mod lookup;
mod mdm;
mod query;
mod raw;
mod read;
mod seats;
mod write;

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use super::Sandbox;

/// Marks an answer that must never reach the caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoReply;

/// Closes a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the reply is lost")]
struct Lost;

/// How long requests under way may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// Answers until `shutdown`.
pub(crate) async fn serve(
    sandbox: &Sandbox,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) {
    let gzip = CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest);
    let router = Router::new().fallback(answer).layer(gzip).with_state(sandbox.clone());
    let stop = CancellationToken::new();
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone(), stop.clone()));
                }
                Err(error) => {
                    // Out of descriptors, or a caller that left early: neither ends the sandbox.
                    tracing::debug!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    stop.cancel();
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        connections.shutdown().await;
    }
}

async fn connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small answers may be slow");
    }
    let service = TowerToHyperService::new(router);
    let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let answer = service.call(request);
        async move {
            let answered: Result<Response<Body>, Infallible> = answer.await;
            match answered {
                Ok(answer) if answer.extensions().get::<NoReply>().is_some() => Err(Lost),
                Ok(answer) => Ok(answer),
                Err(never) => match never {},
            }
        }
    });
    let mut connection =
        std::pin::pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if let Some(path) = path.strip_prefix("/mdm/v2/") {
        return apple::answer(&sandbox, path, request).await;
    }
    if let Some(path) = path.strip_prefix("/_sandbox/") {
        return hands::answer(&sandbox, path, request).await;
    }
    if let Some(path) = path.strip_prefix("/_mdm/") {
        return mdm::answer(&sandbox, path, request).await;
    }
    if path == lookup::PATH {
        return lookup::answer(&sandbox, &request);
    }
    let there = "Apple's API is below /mdm/v2/, the sandbox's device-management server below /_mdm/, \
                 its hands below /_sandbox/\n";
    (axum::http::StatusCode::NOT_FOUND, there).into_response()
}
