//! Connections to a real server, beside any store.

use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};
use url::Url;

/// What the schema's indexes ask of whoever makes them or changes a row.
const SETTINGS: &str =
    "set ansi_nulls on; set ansi_padding on; set ansi_warnings on; set arithabort on;
    set concat_null_yields_null on; set quoted_identifier on; set numeric_roundabort off;";

/// A connection to a database of a server, whoever that is.
pub async fn connect(server: &Url, database: &str) -> Client<Compat<TcpStream>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let decoded =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut config = Config::new();
    config.host(server.host_str().unwrap());
    config.port(server.port().unwrap_or(1433));
    config.database(database);
    config.authentication(AuthMethod::sql_server(
        decoded(server.username()),
        decoded(server.password().unwrap_or_default()),
    ));
    config.trust_cert();
    let asked = server.query_pairs().find(|(name, _)| name == "encrypt");
    config.encryption(match asked.as_ref().map(|(_, value)| &**value) {
        Some("strict") => EncryptionLevel::Strict,
        Some("login") => EncryptionLevel::Off,
        Some("off") => EncryptionLevel::NotSupported,
        _ => EncryptionLevel::Required,
    });
    let stream = TcpStream::connect(config.get_addr()).await.unwrap();
    // A login takes 18 KB, which no other future should carry.
    let mut client = Box::pin(Client::connect(config, stream.compat_write())).await.unwrap();
    rows(&mut client, SETTINGS).await;
    client
}

/// What a batch answers last.
pub async fn rows(client: &mut Client<Compat<TcpStream>>, sql: &str) -> Vec<Row> {
    let answers = client.simple_query(sql).await.unwrap().into_results().await.unwrap();
    answers.into_iter().next_back().unwrap_or_default()
}
