//! The store in a database of MySQL, version 8 or later, or MariaDB, version 10.11 or later.
//!
//! What batches write is on the disk when they are committed, unless the server says otherwise
//! (`innodb_flush_log_at_trx_commit`).

mod content;
mod errors;
mod home;
mod load;
mod migrate;
mod pages;
#[cfg(test)]
mod plans;
mod read;
mod search;
mod session;
mod trading;
mod write;

use std::str::FromStr;
use std::time::Duration;

use order_domain::{OrderId, Partition};
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlPoolOptions};
use sqlx::{ConnectOptions, Error};
use tokio::time::{Instant, timeout, timeout_at};

use crate::connections::{Connections, Server, settle};
use crate::on_server::ports_on_server;
use crate::{
    Checkpoint, OrderFilter, OrderRow, Page, ParkedSubject, ProjectionBatch, StoreError, StreamId,
};
use errors::classify;
pub(crate) use home::MysqlHome;
use session::Role;

/// How many connections write at once: batches of different partitions.
pub const WRITE_CONNECTIONS_MAX: u32 = 4;

/// How many connections read at once.
pub const READ_CONNECTIONS_MAX: u32 = 8;

/// How long a call waits for a connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a readiness check takes, connecting included; the probe for the cause of a failure still fits into
/// the second.
pub const CHECK_TIMEOUT: Duration = Duration::from_millis(600);

/// How long one statement of a batch may wait for locks; on MariaDB, how long it may take.
pub const WRITE_STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long one statement of a query may take before the server ends it.
pub const READ_STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a batch may take, all in all, before its connection is given up; and how long the server
/// waits for one that has fallen silent.
pub const APPLY_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a query may take, all in all, before its connection is given up.
pub const READ_TIMEOUT: Duration = Duration::from_secs(8);

/// A store in a database of MySQL or MariaDB.
pub struct MysqlStore {
    writers: Connections<MySql>,
    readers: Connections<MySql>,
    /// For what may take long and has a connection of its own: migrations and views.
    unhurried: MySqlConnectOptions,
}

impl Server for MySql {
    fn classify(error: Error) -> StoreError {
        classify(error)
    }

    fn address(options: &MySqlConnectOptions) -> String {
        format!("{}:{}", options.get_host(), options.get_port())
    }
}

impl MysqlStore {
    /// The store in the database that `url` (`mysql://user:password@host:port/database`) names.
    /// Nothing is connected before it is needed.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        options_of(url).map(|(options, _)| Self::over(options))
    }

    fn over(options: MySqlConnectOptions) -> Self {
        Self {
            writers: Connections::new(pool(Role::Writer, WRITE_CONNECTIONS_MAX), options.clone()),
            readers: Connections::new(pool(Role::Reader, READ_CONNECTIONS_MAX), options.clone()),
            unhurried: options,
        }
    }

    async fn bring_up_to_date(&self) -> Result<(), StoreError> {
        migrate::run(&self.unhurried).await
    }
}

ports_on_server!(MysqlStore);

/// How to connect, and to which database.
fn options_of(url: &str) -> Result<(MySqlConnectOptions, String), StoreError> {
    let options = MySqlConnectOptions::from_str(url).map_err(classify)?;
    let Some(database) = options.get_database().map(str::to_owned) else {
        let cause = "the store's URL names no database: mysql://user:password@host/database";
        return Err(StoreError::Configuration(cause.to_owned()));
    };
    // Texts are compared byte by byte, and whoever calls logs the failure, once.
    let options = options
        .charset("utf8mb4")
        .collation("utf8mb4_bin")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .disable_statement_logging();
    Ok((options, database))
}

fn pool(role: Role, connections_max: u32) -> MySqlPoolOptions {
    let statement_timeout = match role {
        Role::Reader => READ_STATEMENT_TIMEOUT,
        Role::Writer => WRITE_STATEMENT_TIMEOUT,
    };
    session::pool(role, connections_max, statement_timeout, APPLY_TIMEOUT)
}
