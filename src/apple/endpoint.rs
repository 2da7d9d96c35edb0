use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// Where the API is served: a base address that paths are appended to.
///
/// Only `https`, or `http` on this machine's own loopback: a token is never sent in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
    loopback: bool,
}

/// A text that cannot be an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an address.
    #[error("`{0}` is not a web address: {1}; write it like https://vpp.itunes.apple.com/mdm/v2/")]
    NotAUrl(String, String),
    /// A token would travel in the clear.
    #[error(
        "`{0}` is not https: a token is never sent unencrypted; plain http is taken on the \
         loopback address only (127.0.0.1)"
    )]
    Insecure(String),
    /// User name, password, query or fragment.
    #[error(
        "the endpoint on `{0}` carries {1}: give only scheme, host, port and path, like \
         https://vpp.itunes.apple.com/mdm/v2/"
    )]
    Extra(String, &'static str),
}

/// Apple's own address.
const APPLE: &str = "https://vpp.itunes.apple.com/mdm/v2/";

impl Endpoint {
    /// Apple's own.
    ///
    /// # Errors
    /// None in practice: the address is a constant.
    pub fn apple() -> Result<Self, EndpointError> {
        Self::parse(APPLE)
    }

    /// Reads an address; without a path it gets Apple's (`/mdm/v2/`).
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        let mut base = Url::parse(text)
            .map_err(|error| EndpointError::NotAUrl(text.to_owned(), error.to_string()))?;
        let host = base.host_str().unwrap_or_default().to_owned();
        if !base.username().is_empty() || base.password().is_some() {
            return Err(EndpointError::Extra(host, "a user name or password"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(EndpointError::Extra(host, "a query or fragment"));
        }
        let loopback = is_loopback(&host);
        match base.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(EndpointError::Insecure(text.to_owned())),
        }
        let path = match base.path() {
            "" | "/" => "/mdm/v2/".to_owned(),
            path if path.ends_with('/') => path.to_owned(),
            path => format!("{path}/"),
        };
        base.set_path(&path);
        Ok(Self { base, loopback })
    }

    /// Whether it is this machine itself.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The base address, with a slash at its end.
    pub fn as_str(&self) -> &str {
        self.base.as_str()
    }

    /// The address of a path below the base, such as `assets/associate`.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }

    /// Whether a token for this endpoint may go to `url`: same scheme, host and port.
    pub(super) fn serves(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_travels_in_the_clear() {
        for good in [
            "https://vpp.itunes.apple.com/mdm/v2/",
            "https://proxy.example/mdm/v2",
            "http://127.0.0.1:8080",
            "http://127.8.9.1/mdm/v2/",
            "http://[::1]:8080/mdm/v2/",
            "http://localhost:1",
        ] {
            assert!(Endpoint::parse(good).unwrap().as_str().ends_with("/mdm/v2/"), "{good}");
        }
        for insecure in
            ["http://vpp.itunes.apple.com/", "http://127.0.0.1.example/", "ftp://127.0.0.1/"]
        {
            assert!(
                matches!(Endpoint::parse(insecure), Err(EndpointError::Insecure(_))),
                "{insecure}"
            );
        }
        for extra in ["https://u:p@a.example/", "https://a.example/?x=1", "https://a.example/#a"] {
            let error = Endpoint::parse(extra).unwrap_err();
            assert!(matches!(error, EndpointError::Extra(..)), "{extra}");
            assert!(!error.to_string().contains("u:p"));
        }
        assert!(matches!(Endpoint::parse("northfield"), Err(EndpointError::NotAUrl(..))));
    }

    #[test]
    fn a_token_is_for_one_origin() {
        let endpoint = Endpoint::apple().unwrap();
        let serves = |url: &str| endpoint.serves(&Url::parse(url).unwrap());
        assert!(serves("https://vpp.itunes.apple.com/other/assets"));
        assert!(serves("https://vpp.itunes.apple.com:443/mdm/v2/assets"));
        assert!(!serves("http://vpp.itunes.apple.com/mdm/v2/assets"));
        assert!(!serves("https://vpp.itunes.apple.com.example/mdm/v2/assets"));
        assert!(!serves("https://x@vpp.itunes.apple.com/mdm/v2/assets"));
        assert_eq!(endpoint.at("assets/associate").path(), "/mdm/v2/assets/associate");
        assert!(!endpoint.is_loopback());
    }
}
