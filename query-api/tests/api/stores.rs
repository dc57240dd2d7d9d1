//! A SQLite store with orders and markets in it.

use order_domain::Decision;
use order_store::projection::market_change;
use order_store::{OrderRow, OrderStore, ProjectionBatch};
use tempfile::TempDir;

use crate::client::Client;

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

    /// Writes what `decisions` change, as the projector does.
    pub(crate) async fn project(&self, decisions: &[Decision]) {
        let markets = decisions.iter().filter_map(|decision| market_change(decision).unwrap());
        let trading = markets.collect();
        let batch = ProjectionBatch { trading, ..ProjectionBatch::default() };
        self.store.projections.apply(&batch).await.unwrap();
    }

    pub(crate) fn client(&self) -> Client {
        Client::over(self.store.queries.clone(), self.store.trading.clone())
    }
}
