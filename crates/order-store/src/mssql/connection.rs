//! One connection to SQL Server.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use tiberius::error::Error;
use tiberius::{Client, Query, Row};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};
use tracing::instrument::{WithDispatch, WithSubscriber as _};
use tracing::subscriber::NoSubscriber;

use super::errors::{classify, is_no_such_database};
use super::options::{Options, Search};
use crate::StoreError;
use crate::content::TakeRow;
use crate::trading::session::Value;

/// How long a statement waits for a lock. The server ends it then with error 1222.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a server may send a connection on to another address: Azure's gateway does so once.
const REDIRECTS_MAX: usize = 2;

/// What of other transactions a connection sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// What is committed, statement by statement.
    ReadCommitted,
    /// What was committed when its transaction began.
    Snapshot,
}

impl Isolation {
    const fn name(self) -> &'static str {
        match self {
            Self::ReadCommitted => "read committed",
            Self::Snapshot => "snapshot",
        }
    }
}

/// A connection, and whether work on it has begun and not ended.
pub struct Connection {
    client: Client<Compat<TcpStream>>,
    /// By what customers are searched for on it.
    pub search: Search,
    working: bool,
}

impl Connection {
    /// Connects, logs in, and makes the session one that our SQL can rely on.
    pub async fn open(options: &Options, isolation: Isolation) -> Result<Self, StoreError> {
        let opening = async {
            let client = connect(options).await?;
            let mut connection = Self { client, search: options.search, working: false };
            connection.batch(&session_settings(isolation)).await?;
            Ok(connection)
        };
        opening.await.map_err(|error| options.at_server(error))
    }

    /// As [`open`](Self::open), within `limit`.
    pub async fn open_within(
        limit: Duration,
        options: &Options,
        isolation: Isolation,
    ) -> Result<Self, StoreError> {
        let opening = timeout(limit, Self::open(options, isolation)).await;
        opening.unwrap_or_else(|_| {
            let silent = StoreError::Unavailable("no answer in time".to_owned());
            Err(options.at_server(silent))
        })
    }

    pub const fn begin_work(&mut self) {
        self.working = true;
    }

    pub const fn end_work(&mut self) {
        self.working = false;
    }

    /// Whether all work on it was ended.
    pub const fn is_at_rest(&self) -> bool {
        !self.working
    }

    /// Sends a batch without parameters; tells the rows of its last answer.
    pub async fn batch(&mut self, sql: &str) -> Result<Vec<Row>, StoreError> {
        self.try_batch(sql).await.map_err(classify)
    }

    /// As [`batch`](Self::batch), with the driver's error.
    pub async fn try_batch(&mut self, sql: &str) -> Result<Vec<Row>, Error> {
        let asking = async { self.client.simple_query(sql).await?.into_results().await };
        let answers = unlogged(asking).await?;
        Ok(answers.into_iter().next_back().unwrap_or_default())
    }

    /// Gives every row that a batch answers with to `take`, one by one, until that breaks.
    pub async fn each_row(&mut self, sql: &str, take: &mut TakeRow<'_>) -> Result<(), StoreError> {
        let reading = async {
            let answer = self.client.simple_query(sql).await.map_err(classify)?;
            let mut rows = answer.into_row_stream();
            while let Some(row) = rows.try_next().await.map_err(classify)? {
                if take(&row)?.is_break() {
                    break;
                }
            }
            Ok(())
        };
        unlogged(reading).await
    }

    /// Sends a statement whose placeholders `@P1` and so on `values` stand in for; tells the rows of
    /// its last answer.
    pub async fn query(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut query = Query::new(sql);
        for value in values {
            match value {
                Value::Number(number) => query.bind(*number),
                Value::NumberOrNull(number) => query.bind(*number),
                Value::Text(text) => query.bind(&**text),
                Value::TextOrNull(text) => query.bind(*text),
                Value::Id(id) => query.bind(*id),
            }
        }
        let asking = async { query.query(&mut self.client).await?.into_results().await };
        let answers = unlogged(asking).await.map_err(classify)?;
        Ok(answers.into_iter().next_back().unwrap_or_default())
    }
}

async fn connect(options: &Options) -> Result<Client<Compat<TcpStream>>, StoreError> {
    // The driver takes the process's TLS, or else one of its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = options.driver_config().await?;
    let mut address = (options.host.clone(), options.port);
    for _ in 0..=REDIRECTS_MAX {
        let stream = TcpStream::connect(address).await.map_err(|error| classify(error.into()))?;
        stream.set_nodelay(true).map_err(|error| classify(error.into()))?;
        // A login takes 18 KB, which no other future should carry.
        let login = Box::pin(Client::connect(config.clone(), stream.compat_write()));
        match unlogged(login).await {
            Err(Error::Routing { host, port }) => {
                config.host(&host);
                config.port(port);
                address = (host, port);
            }
            // Else it may be away for a while. This one was rather dropped, and another is live.
            Err(error) if options.may_be_dropped && is_no_such_database(&error) => {
                return Err(StoreError::Configuration(error.to_string()));
            }
            other => return other.map_err(classify),
        }
    }
    Err(StoreError::Unavailable("the server sends the connection from address to address".into()))
}

/// The driver logs every error of the server; whoever calls logs the failure, once.
fn unlogged<F: Future>(asking: F) -> WithDispatch<F> {
    asking.with_subscriber(NoSubscriber::new())
}

/// `XACT_ABORT`: whatever fails rolls the transaction back, whole. The first seven are what indexes over
/// computed columns and filtered indexes ask of whoever writes.
fn session_settings(isolation: Isolation) -> String {
    let (name, lock_ms) = (isolation.name(), LOCK_TIMEOUT.as_millis());
    format!(
        "set ansi_nulls on; set ansi_padding on; set ansi_warnings on; set arithabort on;
set concat_null_yields_null on; set quoted_identifier on; set numeric_roundabort off;
set implicit_transactions off; set xact_abort on; set nocount on;
set lock_timeout {lock_ms}; set transaction isolation level {name};"
    )
}
