//! TLS as a client: with ring, and certificates are judged as the system does, `SSL_CERT_FILE`
//! included.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;

use crate::target::{TargetError, TargetUrl};

/// How to speak TLS to a target.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

impl Tls {
    /// `None` for a target without TLS.
    pub(crate) fn to(target: &TargetUrl) -> Result<Option<Self>, TargetError> {
        if !target.is_secure() {
            return Ok(None);
        }
        let config = config().map_err(|error| target.wrong(&error))?;
        let name = ServerName::try_from(target.host().to_owned());
        Ok(Some(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: name.map_err(|error| target.wrong(&error))?,
        }))
    }
}

/// What makes the connections of a client that speaks HTTP/1.1 to this target.
pub(crate) fn connector(
    target: &TargetUrl,
    timeout: Duration,
) -> Result<HttpsConnector<HttpConnector>, TargetError> {
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    plain.set_nodelay(true);
    plain.set_connect_timeout(Some(timeout));
    // A system without certificates can reach a target without TLS all the same.
    let tls = if target.is_secure() { config() } else { trusting_nobody() };
    let tls = tls.map_err(|error| target.wrong(&error))?;
    let secure = HttpsConnectorBuilder::new().with_tls_config(tls);
    Ok(secure.https_or_http().enable_http1().wrap_connector(plain))
}

fn config() -> Result<ClientConfig, rustls::Error> {
    Ok(with_ring()?.with_platform_verifier()?.with_no_client_auth())
}

fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    Ok(with_ring()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn with_ring() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}
