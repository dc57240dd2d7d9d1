//! How the store gets into a server: logins, tokens, TLS.

use std::sync::Arc;

use order_store::StoreError;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::contract::rows::order_id;
use crate::double::{Answer, Double, Encryption, Login};
use crate::protocol::{fine, store_at};
use crate::server::open_first;

#[tokio::test]
async fn a_login_says_who_and_for_what() {
    let double = Double::start(fine).await;
    store_at(&double).await.queries.order(order_id(1)).await.unwrap();
    let [login] = &double.logins()[..] else { panic!("one login") };
    assert_eq!((login.user.as_str(), login.password.as_str()), ("sa", "secret"));
    assert_eq!((login.database.as_str(), login.program.as_str()), ("shop", "seriatim"));
}

#[tokio::test]
async fn a_token_goes_instead_of_a_password_and_is_read_for_every_connection() {
    let double = Double::start(fine).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let (path, port) = (file.path().display(), double.port);
    let url = format!("mssql://127.0.0.1:{port}/shop?encrypt=off&token-file={path}");
    let store = open_first(&url).await;
    std::fs::write(file.path(), "first.token\n").unwrap();
    store.queries.order(order_id(1)).await.unwrap();
    std::fs::write(file.path(), "second.token\n").unwrap();
    store.projections.set_partitions("orders", 4).await.unwrap();
    let logins = double.logins();
    assert!(logins[0].user.is_empty() && logins[0].password.is_empty());
    assert!(logins[0].text.contains("first.token") && !logins[0].text.contains("second"));
    assert!(logins[1].text.contains("second.token"));
}

#[tokio::test]
async fn a_refused_login_is_a_matter_of_configuration() {
    let refuse = |_: &Login| Answer::Error(18_456, 14, "Login failed for user 'sa'.");
    let double = Double::start_with(Encryption::Nothing, refuse, fine).await;
    let store = store_at(&double).await;
    for error in [
        store.projections.migrate().await.unwrap_err(),
        store.queries.order(order_id(1)).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Configuration(_)), "{error}");
        assert!(error.to_string().contains("Login failed"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_starting_is_tried_again() {
    let refuse = |_: &Login| Answer::Error(18_401, 14, "Server is in script upgrade mode.");
    let double = Double::start_with(Encryption::Nothing, refuse, fine).await;
    let error = store_at(&double).await.queries.order(order_id(1)).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

type Encrypting = fn(TlsAcceptor) -> Encryption;

/// A server that speaks TLS as `encryption` says, and its certificate.
async fn secure_double(encryption: Encrypting) -> (Double, String) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        // As SQL Server before TDS 8.0.
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"tds/8.0".to_vec()];
    let tls = TlsAcceptor::from(Arc::new(config));
    let double = Double::start_with(encryption(tls), |_| Answer::rows([]), fine).await;
    (double, cert.pem())
}

#[tokio::test]
async fn encryption_asks_for_a_certificate_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    let usual: Encrypting = Encryption::Usual;
    for (encryption, asked) in [(usual, ""), (Encryption::Strict, "encrypt=strict&")] {
        let (double, certificate) = secure_double(encryption).await;
        std::fs::write(&authority, certificate).unwrap();
        let url = format!("mssql://sa:secret@localhost:{}/shop?{asked}", double.port);

        let store = open_first(&url).await;
        let error = store.queries.order(order_id(1)).await.unwrap_err();
        assert!(!matches!(error, StoreError::Refused(_)), "{error}");
        assert!(double.logins().is_empty(), "nobody was told the password");

        for trust in [format!("ca-file={}", authority.display()), "trust=anything".to_owned()] {
            let store = open_first(&(url.clone() + &trust)).await;
            store.queries.order(order_id(1)).await.unwrap();
        }
        assert_eq!(double.logins().len(), 2);
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_told_nothing() {
    let double = Double::start(fine).await;
    let url = double.url().replace("encrypt=off", "encrypt=required");
    let store = open_first(&url).await;
    store.queries.order(order_id(1)).await.unwrap_err();
    assert!(double.logins().is_empty(), "nobody was told the password");
}
