//! Runs one batch on a SQL Server: with it, end-to-end tests make, damage and remove their databases.
//!
//! ```sh
//! cargo run -p order-store --example transact_sql -- mssql://user:password@host/database 'select 1'
//! ```

#[path = "../../tests/mssql/connecting.rs"]
mod connecting;

use url::Url;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, sql] = &arguments[..] else { panic!("transact_sql <url> <batch>") };
    let url: Url = url.parse().expect("a URL");
    let mut client = connecting::connect(&url, url.path().trim_matches('/')).await;
    connecting::rows(&mut client, sql).await;
}
