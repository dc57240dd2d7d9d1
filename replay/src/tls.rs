//! TLS as a client: with ring, and certificates are judged as the system does, `SSL_CERT_FILE`
//! included.

use std::time::Duration;

use http1_client::{TargetError, TargetUrl, tls_config, tls_trusting_nobody};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;

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
    let tls = if target.is_secure() { tls_config() } else { tls_trusting_nobody() };
    let tls = tls.map_err(|error| target.wrong(&error))?;
    let secure = HttpsConnectorBuilder::new().with_tls_config(tls);
    Ok(secure.https_or_http().enable_http1().wrap_connector(plain))
}
