use std::fmt;

use futures_util::future::BoxFuture;
use reqwest::{Method, Url};
use secrecy::SecretString;

/// Carries one request to the server and one answer back, without judging either.
pub trait Wire: Send + Sync + fmt::Debug {
    /// Sends the request, once.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// A request as it goes out.
#[derive(Debug)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// What stands behind `Authorization: Bearer`.
    pub bearer: Option<SecretString>,
    /// What is sent.
    pub body: Body,
    /// Whether answers may lag behind (`ConsistencyLevel: eventual`), which counting and casting
    /// members want.
    pub eventual: bool,
}

/// What is sent.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Vec<u8>),
    /// A form, as sign-in wants it.
    Form(Vec<(&'static str, SecretString)>),
}

/// An answer, whatever it says.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// How long to wait: seconds or a date.
    pub retry_after: Option<String>,
    /// The server's clock.
    pub date: Option<String>,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// What it says.
    pub body: Vec<u8>,
}

/// No answer.
#[derive(Debug, Clone)]
pub enum Failure {
    /// No connection came about: the server has seen nothing of the request.
    NotSent(String),
    /// It may have reached the server.
    Lost(String),
}
