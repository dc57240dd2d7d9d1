//! Where requests go: the base URL of an HTTP server.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Scheme;

/// The base URL of a target: `http://host[:port][/prefix]`, or `https://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetUrl {
    tls: bool,
    host: String,
    port: u16,
    authority: HeaderValue,
    prefix: String,
}

/// Text that is no base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no target: {reason}")]
pub struct TargetError {
    text: String,
    reason: String,
}

impl FromStr for TargetUrl {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = |reason: &str| TargetError { text: text.to_owned(), reason: reason.to_owned() };
        let uri: Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong("it begins with neither http:// nor https://")),
        };
        if uri.query().is_some() {
            return Err(wrong("a base URL has no query"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("credentials do not belong into it"));
        }
        let value = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong("no host"))?;
        Ok(Self {
            tls,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: value,
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.authority.to_str().unwrap_or_default();
        write!(f, "{}://{authority}{}", self.scheme(), self.prefix)
    }
}

impl TargetUrl {
    /// What `Host` says.
    pub fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// What stands before every path; does not end with a slash.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A name or an address, without the brackets of IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that was named, or the scheme's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// It can't be used, for this reason.
    pub fn wrong(&self, reason: &impl fmt::Display) -> TargetError {
        TargetError { text: self.to_string(), reason: reason.to_string() }
    }

    /// Whether it is spoken to over TLS.
    pub fn is_secure(&self) -> bool {
        self.tls
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> Scheme {
        if self.tls { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// The whole URL of a path, with its query, below the prefix.
    pub fn uri(&self, path: &str) -> Result<Uri, hyper::http::Error> {
        Uri::builder()
            .scheme(self.scheme())
            .authority(self.authority.as_bytes())
            .path_and_query(format!("{}{path}", self.prefix))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_has_a_host_and_perhaps_a_port_and_a_prefix() {
        let target: TargetUrl = "http://127.0.0.1:8000/staging/".parse().unwrap();
        assert_eq!((target.host(), target.port()), ("127.0.0.1", 8000));
        assert_eq!(target.prefix(), "/staging");
        assert_eq!(target.authority(), "127.0.0.1:8000");
        let target: TargetUrl = "https://[::1]".parse().unwrap();
        assert_eq!((target.host(), target.port(), target.prefix()), ("::1", 443, ""));
        assert!(target.is_secure());
        assert_eq!(target.uri("/a?b").unwrap(), "https://[::1]/a?b");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "127.0.0.1:8000", "ftp://x", "http://", "http://x/?a=1", "http://u:p@x/"] {
            assert!(text.parse::<TargetUrl>().is_err(), "{text}");
        }
    }
}
