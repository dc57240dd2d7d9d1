//! A pool of connections that says why it has none.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::connection::{Connection, Isolation};
use super::options::Options;
use crate::StoreError;

/// A connection that goes back to its pool when it is dropped, if the work on it was ended. Any other is
/// closed at once, also where whoever asked has gone away: its locks would stand as long as it does.
pub struct Pooled(Option<Object<Connector>>);

impl Deref for Pooled {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0.as_ref().expect(ONLY_DROP_TAKES_IT)
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Connection {
        self.0.as_mut().expect(ONLY_DROP_TAKES_IT)
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take().filter(|connection| !connection.is_at_rest()) {
            drop(Object::take(connection));
        }
    }
}

const ONLY_DROP_TAKES_IT: &str = "a connection is only taken out when it is dropped";

pub struct Connections {
    pool: Pool<Connector>,
}

/// Makes connections.
pub struct Connector {
    options: Options,
    isolation: Isolation,
}

impl Manager for Connector {
    type Type = Connection;
    type Error = StoreError;

    async fn create(&self) -> Result<Connection, StoreError> {
        Connection::open(&self.options, self.isolation).await
    }

    /// It is tried out, because the server or the network may have ended it.
    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<StoreError> {
        connection.batch("select 1").await.map(drop).map_err(RecycleError::Backend)
    }
}

impl Connections {
    /// At most `connections_max` connections, made when they are needed.
    pub fn new(
        options: Options,
        isolation: Isolation,
        connections_max: u32,
    ) -> Result<Self, StoreError> {
        let most = usize::try_from(connections_max).unwrap_or(usize::MAX);
        let pool = Pool::builder(Connector { options, isolation }).max_size(most).build();
        let pool = pool.map_err(|error| StoreError::Configuration(error.to_string()))?;
        Ok(Self { pool })
    }

    /// A connection, within `limit`, or the reason why there is none.
    pub async fn acquire(&self, limit: Duration) -> Result<Pooled, StoreError> {
        let mut connection = match timeout(limit, self.pool.get()).await {
            Ok(Ok(connection)) => Pooled(Some(connection)),
            Ok(Err(PoolError::Backend(error))) => return Err(error),
            Ok(Err(error)) => return Err(self.none(error.to_string())),
            Err(Elapsed { .. }) => return Err(self.none(self.why_none())),
        };
        connection.begin_work();
        Ok(connection)
    }

    fn why_none(&self) -> String {
        let status = self.pool.status();
        if status.size == status.max_size && status.available == 0 {
            return format!("all connections are busy ({})", status.size);
        }
        "no answer in time".to_owned()
    }

    fn none(&self, why: String) -> StoreError {
        self.pool.manager().options.at_server(unavailable(why))
    }
}

fn unavailable(text: String) -> StoreError {
    StoreError::Unavailable(text)
}

/// What came of the work on `connection`. Only one whose work succeeded is used again: of any other nobody
/// knows what state it is in. The server rolls back what a closed connection leaves behind.
pub fn settle<T>(
    mut connection: Pooled,
    outcome: Result<Result<T, StoreError>, Elapsed>,
) -> Result<T, StoreError> {
    let outcome = outcome
        .unwrap_or_else(|_| Err(unavailable("SQL Server did not answer in time".to_owned())));
    if outcome.is_ok() {
        connection.end_work();
    }
    outcome
}
