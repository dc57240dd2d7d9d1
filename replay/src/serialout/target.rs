//! Where requests go.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hyper::Uri;
use hyper::header::HeaderValue;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, crypto};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;

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
            return Err(wrong("credentials belong into a rewrite file"));
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
        let scheme = if self.tls { "https" } else { "http" };
        let authority = self.authority.to_str().unwrap_or_default();
        write!(f, "{scheme}://{authority}{}", self.prefix)
    }
}

impl TargetUrl {
    /// What `Host` says.
    pub(super) fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// What stands before every path; does not end with a slash.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// What makes connections to it secure; `None` for `http`. Certificates are judged as the
    /// system does, `SSL_CERT_FILE` included.
    pub(super) fn tls(&self) -> Result<Option<Tls>, TargetError> {
        if !self.tls {
            return Ok(None);
        }
        let wrong = |reason: String| TargetError { text: self.to_string(), reason };
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifier::with_platform_verifier)
            .map_err(|error| wrong(error.to_string()))?;
        let name = ServerName::try_from(self.host.clone());
        Ok(Some(Tls {
            connector: TlsConnector::from(Arc::new(config.with_no_client_auth())),
            name: name.map_err(|error| wrong(error.to_string()))?,
        }))
    }
}

type BuilderVerifier = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

/// How to speak TLS to a target.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) connector: TlsConnector,
    pub(super) name: ServerName<'static>,
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
        assert!(target.tls().unwrap().is_some());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "127.0.0.1:8000", "ftp://x", "http://", "http://x/?a=1", "http://u:p@x/"] {
            assert!(text.parse::<TargetUrl>().is_err(), "{text}");
        }
    }
}
