use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// Where a service is: a base address that paths are appended to. `https`, or `http` on this
/// machine: a secret never travels in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    base: Url,
}

/// A text that cannot be an address. The text is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address.
    #[error("it is not a web address")]
    NotAUrl,
    /// A secret would travel in the clear.
    #[error("it is not https; plain http is taken on the loopback address only (127.0.0.1)")]
    Insecure,
    /// User name, password, query or fragment.
    #[error("it has more than scheme, host, port and path")]
    Extra,
}

impl Address {
    /// Microsoft Graph's own.
    ///
    /// # Errors
    /// None in practice: the address is a constant.
    pub fn graph() -> Result<Self, AddressError> {
        Self::parse("https://graph.microsoft.com/")
    }

    /// Where Microsoft's sign-in is.
    ///
    /// # Errors
    /// None in practice: the address is a constant.
    pub fn login() -> Result<Self, AddressError> {
        Self::parse("https://login.microsoftonline.com/")
    }

    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let mut base = Url::parse(text.trim()).map_err(|_| AddressError::NotAUrl)?;
        let plain = base.username().is_empty() && base.password().is_none();
        if !plain || base.query().is_some() || base.fragment().is_some() {
            return Err(AddressError::Extra);
        }
        match base.scheme() {
            "https" if base.has_host() => {}
            "http" if is_loopback(&base) => {}
            _ => return Err(AddressError::Insecure),
        }
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Ok(Self { base })
    }

    /// Whether it is this machine without TLS.
    pub(super) fn is_plain_loopback(&self) -> bool {
        self.base.scheme() == "http"
    }

    /// Whether it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// The address of a path below the base, its query included.
    pub(super) fn at(&self, path: &str) -> Option<Url> {
        let url = self.base.join(path.trim_start_matches('/')).ok()?;
        self.serves(&url).then_some(url)
    }

    /// Whether what is for this address may go to `url`: same scheme, host, port and base path.
    pub(super) fn serves(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path().starts_with(self.base.path())
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_travels_in_the_clear() {
        for good in ["https://graph.microsoft.com", "http://127.0.0.1:8080/x", "http://[::1]:1/"] {
            assert!(Address::parse(good).unwrap().to_string().ends_with('/'), "{good}");
        }
        for bad in ["http://graph.microsoft.com/", "http://127.0.0.1.example/", "ftp://127.0.0.1/"]
        {
            assert_eq!(Address::parse(bad), Err(AddressError::Insecure), "{bad}");
        }
        for extra in ["https://u:p@a.example/", "https://a.example/?x=1", "https://a.example/#a"] {
            assert_eq!(Address::parse(extra), Err(AddressError::Extra), "{extra}");
        }
        assert_eq!(Address::parse("graph"), Err(AddressError::NotAUrl));
    }

    #[test]
    fn a_path_or_link_leads_nowhere_else() {
        let graph = Address::parse("https://graph.microsoft.com").unwrap();
        assert!(graph.at("v1.0/groups?$top=5").is_some());
        assert!(graph.at("https://graph.microsoft.com.example/v1.0/groups").is_none());
        assert!(graph.at("//other.example/v1.0").is_some_and(|url| graph.serves(&url)));
        let serves = |url: &str| graph.serves(&Url::parse(url).unwrap());
        assert!(!serves("http://graph.microsoft.com/v1.0/groups"));
        assert!(!serves("https://x@graph.microsoft.com/v1.0/groups"));
    }
}
