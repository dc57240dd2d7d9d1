//! The HTTP client of everything that is not load.

use std::time::Duration;

use reqwest::Client;

/// A client whose requests take no longer than `timeout`.
pub fn client(timeout: Duration) -> reqwest::Result<Client> {
    // Cargo gives this client TLS where it builds the whole workspace at once, and TLS wants its
    // cryptography named. It may have been before: that is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(timeout).build()
}
