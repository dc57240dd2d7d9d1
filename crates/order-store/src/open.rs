//! From a URL to a store.

use std::sync::Arc;

use crate::postgres::PostgresStore;
use crate::sqlite::SqliteStore;
use crate::{OrderQueries, ProjectionStore, StoreError};

/// Both ports of one store.
#[derive(Clone)]
pub struct OrderStore {
    /// For the projector.
    pub projections: Arc<dyn ProjectionStore>,
    /// For readers.
    pub queries: Arc<dyn OrderQueries>,
}

/// Opens the store that `url` names: `sqlite:<path>` or `postgres://user:password@host/database`.
///
/// It connects when it is first used, so that a program starts while its database is away.
pub async fn open(url: &str) -> Result<OrderStore, StoreError> {
    if url.starts_with("sqlite:") {
        let store = Arc::new(SqliteStore::open(url).await?);
        return Ok(OrderStore { projections: store.clone(), queries: store });
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let store = Arc::new(PostgresStore::open(url)?);
        return Ok(OrderStore { projections: store.clone(), queries: store });
    }
    Err(StoreError::Configuration(
        "the store's URL is neither sqlite:<path> nor postgres://...".to_owned(),
    ))
}
