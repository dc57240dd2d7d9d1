//! The store in a SQL Server database, 2016 or later, or in Azure SQL.
//!
//! `mssql://user:password@host:port/database`, and behind that, like `?encrypt=strict&search=full-text`:
//!
//! | option | values |
//! |---|---|
//! | `encrypt` | `required` (TLS, the default), `strict` (TDS 8.0: TLS before anything else), `login` (only the login), `off` |
//! | `trust` | `system` (the default), `anything` (for tests: no certificate is checked) |
//! | `ca-file` | a PEM or DER file with a further authority |
//! | `token-file` | a file with an access token of Microsoft Entra ID, instead of user and password |
//! | `token-variable` | an environment variable with one |
//! | `search` | `words` (the default: the table of words), `full-text` (SQL Server's index, which follows a little later) |
//!
//! A token is read for every new connection, so that whoever renews it only replaces the file.
//!
//! Readers read in `SNAPSHOT` isolation, and all else in `READ COMMITTED` over row versions: nobody waits
//! for the writer, and an answer of several statements is of one moment.

mod connection;
mod connections;
mod content;
mod errors;
mod home;
mod load;
mod migrate;
mod options;
mod pages;
mod read;
pub(crate) mod rows_as_json;
mod trading;
mod write;

use std::time::Duration;

use order_domain::{OrderId, Partition};
use tokio::time::{Instant, timeout, timeout_at};

use crate::on_server::ports_on_server;
use crate::{
    Checkpoint, OrderFilter, OrderRow, Page, ParkedSubject, ProjectionBatch, StoreError, StreamId,
};
use connection::Isolation;
use connections::{Connections, settle};
use options::Options;

pub use connection::LOCK_TIMEOUT;
pub(crate) use home::MssqlHome;

/// How many connections write at once: batches of different partitions.
pub const WRITE_CONNECTIONS_MAX: u32 = 4;

/// How many connections read at once.
pub const READ_CONNECTIONS_MAX: u32 = 8;

/// How long a call waits for a connection, connecting and logging in included.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a readiness check takes, connecting included.
pub const CHECK_TIMEOUT: Duration = Duration::from_millis(900);

/// How long a batch may take, all in all, before its connection is given up.
pub const APPLY_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a query may take, all in all, before its connection is given up.
pub const READ_TIMEOUT: Duration = Duration::from_secs(8);

/// A store in a SQL Server database.
pub struct MssqlStore {
    writers: Connections,
    readers: Connections,
    options: Options,
}

impl MssqlStore {
    /// The store in the database that `url` (see the [module](self)) names. Nothing is connected before it
    /// is needed.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Self::over(Options::parse(url)?)
    }

    fn over(options: Options) -> Result<Self, StoreError> {
        let pool = |isolation, most| Connections::new(options.clone(), isolation, most);
        Ok(Self {
            writers: pool(Isolation::ReadCommitted, WRITE_CONNECTIONS_MAX)?,
            readers: pool(Isolation::Snapshot, READ_CONNECTIONS_MAX)?,
            options,
        })
    }

    async fn bring_up_to_date(&self) -> Result<(), StoreError> {
        migrate::run(&self.options).await
    }
}

ports_on_server!(MssqlStore);
