//! From a URL to a store.

use std::sync::Arc;

use crate::content::StoreContent;
use crate::generations::{Generations, Home, ProjectionGenerations, follow};
use crate::mssql::MssqlHome;
use crate::mysql::MysqlHome;
use crate::postgres::PostgresHome;
use crate::sqlite::SqliteHome;
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
    /// For who compares stores.
    pub content: Arc<dyn StoreContent>,
}

impl OrderStore {
    pub(crate) fn of(
        store: Arc<impl ProjectionStore + OrderQueries + TradingQueries + StoreContent>,
    ) -> Self {
        Self {
            projections: store.clone(),
            queries: store.clone(),
            trading: store.clone(),
            content: store,
        }
    }
}

/// Opens the store that `url` names: `sqlite:<path>`, `postgres://user:password@host/database` or
/// `mysql://user:password@host/database`, which may be a MariaDB, too; or
/// `mssql://user:password@host/database`, with options that [`mssql`](crate::mssql) tells. It follows
/// the [generation](crate::generations) of the projection that is live.
///
/// It connects when it is first used, so that a program starts while its database is away.
pub async fn open(url: &str) -> Result<OrderStore, StoreError> {
    if url.starts_with(SQLITE) {
        return Ok(follow(Arc::new(SqliteHome::open(url).await?)));
    }
    Ok(follow(home(url)?))
}

/// The generations of the projection in the store that `url` names, for who rebuilds it. Nothing is made: a
/// store that is not there has none.
pub fn open_generations(url: &str) -> Result<Arc<dyn ProjectionGenerations>, StoreError> {
    Ok(Arc::new(Generations(home(url)?)))
}

const SQLITE: &str = "sqlite:";

fn home(url: &str) -> Result<Arc<dyn Home>, StoreError> {
    if url.starts_with(SQLITE) {
        return Ok(Arc::new(SqliteHome::at(url)?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresHome::open(url)?));
    }
    if url.starts_with("mysql://") || url.starts_with("mariadb://") {
        return Ok(Arc::new(MysqlHome::open(url)?));
    }
    if url.starts_with("mssql://") {
        return Ok(Arc::new(MssqlHome::open(url)?));
    }
    Err(StoreError::Configuration(
        "the store's URL is none of sqlite:<path>, postgres://..., mysql://... and mssql://..."
            .to_owned(),
    ))
}
