use std::net::IpAddr;

use reqwest::Url;

use super::Trouble;

/// Where a server is: a base address that paths are appended to. `https`, or `http` on this
/// machine: a secret never travels in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::inventory) struct Address {
    base: Url,
}

impl Address {
    /// Reads an address. The text is not repeated where it is none: it may hold a password.
    pub(in crate::inventory) fn parse(text: &str) -> Result<Self, Trouble> {
        let setup = |why: &str| Trouble::Setup(format!("the server's address {why}"));
        let mut base =
            Url::parse(text.trim()).map_err(|_| setup("is not one: write it like https://…"))?;
        let plain = base.username().is_empty() && base.password().is_none();
        if !plain || base.query().is_some() || base.fragment().is_some() {
            return Err(setup("has more than scheme, host, port and path"));
        }
        match base.scheme() {
            "https" if base.has_host() => {}
            "http" if is_loopback(&base) => {}
            _ => return Err(setup("is not https (http only to this machine)")),
        }
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Ok(Self { base })
    }

    /// Whether it is this machine.
    pub(in crate::inventory) fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// Whether it is this machine without TLS.
    pub(super) fn is_plain(&self) -> bool {
        self.base.scheme() == "http"
    }

    /// The address of a path below the base with a query.
    pub(in crate::inventory) fn at(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// The link to a next page, if it leads to this server: same scheme, host, port and base path.
    pub(in crate::inventory) fn link(&self, link: &str) -> Option<Url> {
        let url = self.base.join(link).ok()?;
        let serves = url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path().starts_with(self.base.path());
        serves.then_some(url)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(url::Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(url::Host::Domain(domain)) => domain == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_travels_in_the_clear() {
        for good in ["https://a.example", "http://127.0.0.1:8080/x", "http://[::1]:1/"] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example/",
            "http://127.0.0.1.example/",
            "ftp://127.0.0.1/",
            "https://u:hunter2@a.example/",
            "https://a.example/?x=1",
            "a.example",
        ] {
            let said = Address::parse(bad).unwrap_err().to_string();
            assert!(
                said.starts_with("the server's address") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_path_and_a_link_stay_on_the_server() {
        let at = Address::parse("https://a.example/base").unwrap();
        assert_eq!(
            at.at(&["x y", "../z"], &[("q", "a&b")]).as_str(),
            "https://a.example/base/x%20y/..%2Fz?q=a%26b"
        );
        assert!(at.link("https://a.example/base/next?c=1").is_some());
        for elsewhere in [
            "https://b.example/base/next",
            "http://a.example/base/next",
            "https://x@a.example/base/next",
            "//b.example/base",
            "https://a.example/other",
        ] {
            assert_eq!(at.link(elsewhere), None, "{elsewhere}");
        }
    }
}
