//! A pool of connections to a server, which says why it has none.

use std::time::Duration;

use sqlx::pool::{Pool, PoolConnection, PoolOptions};
use sqlx::{ConnectOptions, Connection, Database, Error};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::StoreError;

/// How long the cause of a failed connect is looked for.
const PROBE_TIMEOUT: Duration = Duration::from_millis(300);

/// How long the pool itself would wait; our own, shorter waits come first.
const POOL_TIMEOUT: Duration = Duration::from_secs(30);

/// How to connect to a database of this kind.
type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

/// A kind of database that runs on a server.
pub trait Server: Database {
    /// What its error means.
    fn classify(error: Error) -> StoreError;

    /// Host and port, without any secret.
    fn address(options: &Options<Self>) -> String;
}

pub struct Connections<DB: Server> {
    pool: Pool<DB>,
    options: Options<DB>,
}

impl<DB: Server> Connections<DB> {
    /// Connections as `pool` says, made when they are needed.
    pub fn new(pool: PoolOptions<DB>, options: Options<DB>) -> Self {
        let pool = pool.acquire_timeout(POOL_TIMEOUT).connect_lazy_with(options.clone());
        Self { pool, options }
    }

    /// A connection, within `limit`; a little later, the reason why there is none.
    pub async fn acquire(&self, limit: Duration) -> Result<PoolConnection<DB>, StoreError> {
        match timeout(limit, self.pool.acquire()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(Error::PoolTimedOut)) | Err(_) => Err(self.cause().await),
            Ok(Err(error)) => Err(at_server::<DB>(&self.options, DB::classify(error))),
        }
    }

    /// The pool hides the cause of a failed connect behind its time-out, so one more is tried.
    async fn cause(&self) -> StoreError {
        match connect_alone::<DB>(&self.options, PROBE_TIMEOUT).await {
            Err(error) => error,
            Ok(connection) => {
                // Only a probe: how it ends does not matter.
                drop(timeout(PROBE_TIMEOUT, connection.close()).await);
                let busy = self.pool.size();
                let text = format!("all connections are busy ({busy})");
                at_server::<DB>(&self.options, StoreError::Unavailable(text))
            }
        }
    }
}

/// A connection that is in no pool, within `limit`.
pub async fn connect_alone<DB: Server>(
    options: &Options<DB>,
    limit: Duration,
) -> Result<DB::Connection, StoreError> {
    let error = match timeout(limit, options.connect()).await {
        Ok(Ok(connection)) => return Ok(connection),
        Ok(Err(error)) => DB::classify(error),
        Err(_) => StoreError::Unavailable("no answer in time".to_owned()),
    };
    Err(at_server::<DB>(options, error))
}

fn at_server<DB: Server>(options: &Options<DB>, error: StoreError) -> StoreError {
    error.at_server(DB::NAME, &DB::address(options))
}

/// What came of the work on `connection`. One that did not answer in time is closed, because nobody
/// knows what state it is in; so is one that answered that it can't now, because its session may keep
/// what the server has mended since, such as `default_transaction_read_only`.
pub fn settle<DB: Server, T>(
    mut connection: PoolConnection<DB>,
    outcome: Result<Result<T, StoreError>, Elapsed>,
) -> Result<T, StoreError> {
    let outcome = outcome.unwrap_or_else(|_| {
        Err(StoreError::Unavailable(format!("{} did not answer in time", DB::NAME)))
    });
    if let Err(StoreError::Unavailable(_) | StoreError::Configuration(_)) = outcome {
        connection.close_on_drop();
    }
    outcome
}
