//! A server that was made read-only: a replica, or one in maintenance.

use order_store::OrderStore;

use crate::contract::TestDatabase;
use crate::contract::rows::{batch, order, order_id};

/// A database whose server can be made read-only.
pub trait ReadOnly: TestDatabase {
    /// Makes it read-only from now on; gives a store that is opened then.
    async fn make_read_only(&self) -> OrderStore;
}

pub async fn a_read_only_server_is_read_and_not_ready_for_writes(database: &impl ReadOnly) {
    database.migrated().await.projections.apply(&batch(vec![order(1)])).await.unwrap();
    let store = database.make_read_only().await;
    for error in [
        store.projections.check().await.unwrap_err(),
        store.projections.apply(&batch(vec![order(2)])).await.unwrap_err(),
    ] {
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("read-only"), "{error}");
    }
    store.queries.check_readable().await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}
