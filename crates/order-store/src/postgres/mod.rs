//! The store in a Postgres database, version 13 or later.
//!
//! Batches commit with `synchronous_commit=off`, which does not wait for the disk: a crash of the
//! server may lose the newest transactions, whole. The log fills them again.

mod content;
mod copy;
mod errors;
mod home;
mod load;
mod migrate;
mod pages;
#[cfg(test)]
mod plans;
mod read;
mod trading;
mod write;

use std::str::FromStr;
use std::time::Duration;

use order_domain::{OrderId, Partition};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, Postgres};
use sqlx::{ConnectOptions, Error};
use tokio::time::{Instant, timeout, timeout_at};

use crate::connections::{self, Connections, Server, settle};
use crate::on_server::ports_on_server;
use crate::{
    Checkpoint, OrderFilter, OrderRow, Page, ParkedSubject, ProjectionBatch, StoreError, StreamId,
};
use errors::classify;
pub(crate) use home::PostgresHome;

/// How many connections write at once: batches of different partitions.
pub const WRITE_CONNECTIONS_MAX: u32 = 4;

/// How many connections read at once.
pub const READ_CONNECTIONS_MAX: u32 = 8;

/// How long a call waits for a connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a readiness check takes, connecting included; the probe for the cause of a failure still fits into
/// the second.
pub const CHECK_TIMEOUT: Duration = Duration::from_millis(600);

/// How long one statement of a batch may take before the server ends it.
pub const WRITE_STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long one statement of a query may take before the server ends it.
pub const READ_STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a batch may take, all in all, before its connection is given up.
pub const APPLY_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a query may take, all in all, before its connection is given up.
pub const READ_TIMEOUT: Duration = Duration::from_secs(8);

/// A store in a Postgres database.
pub struct PostgresStore {
    writers: Connections<Postgres>,
    readers: Connections<Postgres>,
    /// For what may take long and has a connection of its own: migrations and views.
    unhurried: PgConnectOptions,
}

impl PostgresStore {
    /// The store in the database that `url` (`postgres://user:password@host:port/database`) names.
    /// Nothing is connected before it is needed.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self::over(options_of(url)?))
    }

    fn over(options: PgConnectOptions) -> Self {
        let writing = options
            .clone()
            .options([("synchronous_commit", "off")])
            // The writer only looks up keys. A plan that was made while a table was empty would read
            // all of it until the table is analysed: markets took five times as long to write.
            .options([("enable_seqscan", "off")])
            .options([limit("statement_timeout", WRITE_STATEMENT_TIMEOUT)])
            .options([limit("idle_in_transaction_session_timeout", APPLY_TIMEOUT)]);
        Self {
            writers: Connections::new(at_most(WRITE_CONNECTIONS_MAX), writing),
            readers: Connections::new(at_most(READ_CONNECTIONS_MAX), reading(options.clone())),
            unhurried: unhurried(options),
        }
    }

    async fn bring_up_to_date(&self) -> Result<(), StoreError> {
        migrate::run(&self.unhurried).await
    }
}

ports_on_server!(PostgresStore);

fn options_of(url: &str) -> Result<PgConnectOptions, StoreError> {
    // Whoever calls logs the failure, once.
    Ok(PgConnectOptions::from_str(url)
        .map_err(classify)?
        .application_name("seriatim")
        .disable_statement_logging())
}

fn reading(options: PgConnectOptions) -> PgConnectOptions {
    options
        .options([limit("statement_timeout", READ_STATEMENT_TIMEOUT)])
        .options([limit("idle_in_transaction_session_timeout", READ_TIMEOUT)])
}

/// "Already exists, skipping" is what every start but the first comes to.
fn unhurried(options: PgConnectOptions) -> PgConnectOptions {
    options.options([("client_min_messages", "warning")])
}

/// A connection of its own for what may take long.
async fn connect_alone(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    connections::connect_alone::<Postgres>(options, ACQUIRE_TIMEOUT).await
}

impl Server for Postgres {
    fn classify(error: Error) -> StoreError {
        classify(error)
    }

    fn address(options: &PgConnectOptions) -> String {
        format!("{}:{}", options.get_host(), options.get_port())
    }
}

fn at_most(connections_max: u32) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(connections_max)
}

fn limit(setting: &'static str, limit: Duration) -> (&'static str, u128) {
    (setting, limit.as_millis())
}
