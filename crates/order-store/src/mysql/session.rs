//! How a session with the server is set.
//!
//! What MySQL and MariaDB call by different names stands in comments that only one of them reads:
//! `/*!80000 ... */` is for MySQL, for MariaDB passes over the versions of MySQL from 5.7 on, and
//! `/*M! ... */` is for MariaDB. Source: the manuals of both, "Comments" and "Comment Syntax".

use std::time::Duration;

use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlConnection, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::time::timeout;

use super::ACQUIRE_TIMEOUT;
use super::errors::classify;
use crate::{StoreError, connections};

/// What holds for every session, whatever the server was told: a text that is too long is refused, not
/// cut off; and a writer sees what others have committed meanwhile.
const SESSION: &str = "set session autocommit = 1, \
     sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'; \
     set session transaction isolation level read committed";

/// What holds for a session that reads, beside that: all of a transaction is of one moment. The answer to
/// one question about candles takes as many steps as there may be candles.
const READING: &str = "; set session transaction isolation level repeatable read; \
     set session /*!80000 cte_max_recursion_depth = 100000 */ \
     /*M! max_recursive_iterations = 100000 */";

/// How long a connection lies unused before the pool ends it: before the server does.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Who reads, and who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads in snapshots.
    Reader,
    /// Writes batches.
    Writer,
}

/// At most so many connections. The server ends a statement that takes longer than `statement`, and a
/// connection of which it has heard nothing for `silence`: else the locks of a client that fell silent in
/// the middle of a batch would stand for hours.
pub fn pool(
    role: Role,
    connections_max: u32,
    statement: Duration,
    silence: Duration,
) -> MySqlPoolOptions {
    let sql = settings(role, statement, silence);
    MySqlPoolOptions::new()
        .max_connections(connections_max)
        .idle_timeout(IDLE_TIMEOUT)
        .after_connect(move |connection, _| {
            let sql = sql.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(sql)).await.map(drop) })
        })
}

fn settings(role: Role, statement: Duration, silence: Duration) -> String {
    let reading = match role {
        Role::Reader => READING,
        Role::Writer => "",
    };
    let (seconds, milliseconds) = (statement.as_secs(), statement.as_millis());
    let silence = silence.as_secs();
    // MySQL only limits what reads; what writes waits for locks, if it waits.
    format!(
        "{SESSION}{reading}; set session wait_timeout = {silence}, \
         lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds} \
         /*!80000 , max_execution_time = {milliseconds} */ \
         /*M! , max_statement_time = {seconds} */"
    )
}

/// A connection of its own for what may take long.
pub async fn connect_alone(options: &MySqlConnectOptions) -> Result<MySqlConnection, StoreError> {
    let mut connection = connections::connect_alone::<MySql>(options, ACQUIRE_TIMEOUT).await?;
    timeout(ACQUIRE_TIMEOUT, connection.execute(SESSION))
        .await
        .map_err(|_| StoreError::Unavailable("MySQL did not answer in time".to_owned()))?
        .map_err(classify)?;
    Ok(connection)
}
