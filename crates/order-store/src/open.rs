//! From a URL to a store.

use std::sync::Arc;

use crate::mssql::MssqlStore;
use crate::mysql::MysqlStore;
use crate::postgres::PostgresStore;
use crate::sqlite::SqliteStore;
use crate::trading::TradingQueries;
use crate::{OrderQueries, ProjectionStore, StoreError};

/// All ports of one store.
#[derive(Clone)]
pub struct OrderStore {
    /// For the projector.
    pub projections: Arc<dyn ProjectionStore>,
    /// For readers.
    pub queries: Arc<dyn OrderQueries>,
    /// For a market's readers.
    pub trading: Arc<dyn TradingQueries>,
}

impl OrderStore {
    fn of(store: Arc<impl ProjectionStore + OrderQueries + TradingQueries>) -> Self {
        Self { projections: store.clone(), queries: store.clone(), trading: store }
    }
}

/// Opens the store that `url` names: `sqlite:<path>`, `postgres://user:password@host/database` or
/// `mysql://user:password@host/database`, which may be a MariaDB, too; or
/// `mssql://user:password@host/database`, with options that [`mssql`](crate::mssql) tells.
///
/// It connects when it is first used, so that a program starts while its database is away.
pub async fn open(url: &str) -> Result<OrderStore, StoreError> {
    if url.starts_with("sqlite:") {
        return Ok(OrderStore::of(Arc::new(SqliteStore::open(url).await?)));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(OrderStore::of(Arc::new(PostgresStore::open(url)?)));
    }
    if url.starts_with("mysql://") || url.starts_with("mariadb://") {
        return Ok(OrderStore::of(Arc::new(MysqlStore::open(url)?)));
    }
    if url.starts_with("mssql://") {
        return Ok(OrderStore::of(Arc::new(MssqlStore::open(url)?)));
    }
    Err(StoreError::Configuration(
        "the store's URL is none of sqlite:<path>, postgres://..., mysql://... and mssql://..."
            .to_owned(),
    ))
}
