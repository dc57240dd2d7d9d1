//! What every adapter of a server must do when the server or the way to it fails, written once.
//!
//! `server_contract!(Adapter)` makes a test of every case. Each test has a database of its own.

pub mod faults;
mod proxy;
pub mod read_only;
pub mod switching;

use std::time::Duration;

use order_store::OrderStore;

use crate::contract::TestDatabase;
use proxy::Proxy;

/// A database on a server.
pub trait ServerDatabase: TestDatabase {
    /// How many batches the store writes at once.
    const WRITE_CONNECTIONS_MAX: u32;

    /// How long the store waits for the answer to a question.
    const READ_TIMEOUT: Duration;

    /// Where the server listens.
    fn address(&self) -> (String, u16);

    /// The store's URL, had the server listened there.
    fn url_at(&self, host: &str, port: u16) -> String;

    /// The store's URL with another password.
    fn url_with_password(&self, password: &str) -> String;

    /// Holds a lock that every batch has to wait for, until it is dropped.
    async fn block_batches(&self) -> Box<dyn Send>;

    /// A store that reaches the server through a proxy.
    async fn proxied(&self) -> (Proxy, OrderStore) {
        let (host, port) = self.address();
        let proxy = Proxy::start(&host, port).await;
        let url = self.url_at("127.0.0.1", proxy.port());
        (proxy, order_store::open(&url).await.unwrap())
    }
}

/// A test of every case, over this kind of database.
#[macro_export]
macro_rules! server_contract {
    ($database:ty) => {
        $crate::server_contract!(@cases $database, faults:
            a_connection_cut_in_the_middle_of_a_batch_leaves_nothing,
            a_connection_cut_before_the_commit_is_answered_leaves_all_or_nothing,
            idle_connections_that_were_cut_are_replaced,
            a_database_that_is_away_at_the_start_is_there_later,
            a_check_gives_up_long_before_a_read_though_the_server_is_silent,
            calls_that_find_every_connection_busy_give_up_in_time,
            a_wrong_password_is_a_matter_of_configuration_and_stays_secret);
        $crate::server_contract!(@cases $database, switching:
            readers_find_their_connections_made);
    };
    (@cases $database:ty, $module:ident: $($case:ident),+ $(,)?) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let created = <$database as $crate::contract::TestDatabase>::create().await;
                    let Some(database) = created else { return };
                    $crate::servers::$module::$case(&database).await;
                }
            )+
        }
    };
}
