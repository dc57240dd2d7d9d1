//! TLS as a client: with ring, and certificates are judged as the system does, `SSL_CERT_FILE`
//! included.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;

use crate::{TargetError, TargetUrl};

/// How to speak TLS to a target.
#[derive(Clone)]
pub struct Tls {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

impl Tls {
    /// `None` for a target without TLS.
    pub fn to(target: &TargetUrl) -> Result<Option<Self>, TargetError> {
        if !target.is_secure() {
            return Ok(None);
        }
        let config = tls_config().map_err(|error| target.wrong(&error))?;
        let name = ServerName::try_from(target.host().to_owned());
        Ok(Some(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: name.map_err(|error| target.wrong(&error))?,
        }))
    }
}

/// Trusts whom the system trusts.
pub fn tls_config() -> Result<ClientConfig, rustls::Error> {
    Ok(with_ring()?.with_platform_verifier()?.with_no_client_auth())
}

/// Trusts nobody: for a client that could speak TLS, and will not.
pub fn tls_trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    Ok(with_ring()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn with_ring() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}
