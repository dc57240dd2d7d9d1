//! A SQLite store with orders in it.

use std::sync::Arc;

use order_store::{OrderQueries, OrderRow, OrderStore, ProjectionBatch};
use tempfile::TempDir;

/// SQLite in a folder of its own, which goes when the value does.
pub(crate) struct Sqlite {
    store: OrderStore,
    _folder: TempDir,
}

impl Sqlite {
    pub(crate) async fn new(rows: Vec<OrderRow>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.sqlite").display());
        let store = order_store::open(&url).await.unwrap();
        store.projections.migrate().await.unwrap();
        let sqlite = Self { store, _folder: folder };
        sqlite.insert(rows).await;
        sqlite
    }

    pub(crate) async fn insert(&self, rows: Vec<OrderRow>) {
        let batch = ProjectionBatch { orders: rows, ..ProjectionBatch::default() };
        self.store.projections.apply(&batch).await.unwrap();
    }

    pub(crate) fn queries(&self) -> Arc<dyn OrderQueries> {
        self.store.queries.clone()
    }
}
