//! A pool that says why it has no connection.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::{ConnectOptions, Connection, Error};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::errors::classify;
use crate::StoreError;

/// How long the cause of a failed connect is looked for.
const PROBE_TIMEOUT: Duration = Duration::from_millis(300);

/// How long the pool itself would wait; our own, shorter waits come first.
const POOL_TIMEOUT: Duration = Duration::from_secs(30);

pub struct Connections {
    pool: PgPool,
    options: PgConnectOptions,
}

impl Connections {
    /// At most `connections_max` connections, made when they are needed.
    pub fn new(options: PgConnectOptions, connections_max: u32) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(POOL_TIMEOUT)
            .connect_lazy_with(options.clone());
        Self { pool, options }
    }

    /// A connection, within `limit`; a little later, the reason why there is none.
    pub async fn acquire(&self, limit: Duration) -> Result<PoolConnection<Postgres>, StoreError> {
        match timeout(limit, self.pool.acquire()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(Error::PoolTimedOut)) | Err(_) => Err(self.cause().await),
            Ok(Err(error)) => Err(self.at_server(classify(error))),
        }
    }

    /// The pool hides the cause of a failed connect behind its time-out, so one more is tried.
    async fn cause(&self) -> StoreError {
        let error = match timeout(PROBE_TIMEOUT, self.options.connect()).await {
            Err(_) => StoreError::Unavailable("no answer in time".to_owned()),
            Ok(Err(error)) => classify(error),
            Ok(Ok(connection)) => {
                // Only a probe: how it ends does not matter.
                drop(timeout(PROBE_TIMEOUT, connection.close()).await);
                let busy = self.pool.size();
                StoreError::Unavailable(format!("all connections are busy ({busy})"))
            }
        };
        self.at_server(error)
    }

    fn at_server(&self, error: StoreError) -> StoreError {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        let named = |text| format!("{text} (Postgres at {host}:{port})");
        match error {
            StoreError::Unavailable(text) => StoreError::Unavailable(named(text)),
            StoreError::Configuration(text) => StoreError::Configuration(named(text)),
            other => other,
        }
    }
}

/// What came of the work on `connection`. One that did not answer in time is closed, because nobody
/// knows what state it is in; so is one that answered that it can't now, because its session may keep
/// what the server has mended since, such as `default_transaction_read_only`.
pub fn settle<T>(
    mut connection: PoolConnection<Postgres>,
    outcome: Result<Result<T, StoreError>, Elapsed>,
) -> Result<T, StoreError> {
    let outcome = outcome.unwrap_or_else(|_| {
        Err(StoreError::Unavailable("Postgres did not answer in time".to_owned()))
    });
    if let Err(StoreError::Unavailable(_) | StoreError::Configuration(_)) = outcome {
        connection.close_on_drop();
    }
    outcome
}
