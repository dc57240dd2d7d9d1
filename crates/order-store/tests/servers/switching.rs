//! What readers of a server meet when another generation becomes the live one.

use futures_util::future::join_all;

use super::ServerDatabase;
use crate::contract::generations::{Rebuildable, begun, shows, stretch, switch};
use crate::contract::rows::{batch, order_id, rejected};

/// As many as read at once, of every server.
const READERS: usize = 8;

/// Nobody waits for a connection then, however long the server takes to let one in.
pub async fn readers_find_their_connections_made<D: ServerDatabase + Rebuildable>(database: &D) {
    database.migrated().await.projections.apply(&stretch(0, 3)).await.unwrap();
    let (proxy, store) = database.proxied().await;
    shows(&store, 2, true).await;
    let generations = database.generations();
    let (second, new) = begun(&generations).await;
    new.store.projections.apply(&stretch(0, 3)).await.unwrap();
    new.store.projections.apply(&batch(vec![rejected(100)])).await.unwrap();
    switch(&generations, second).await;
    shows(&store, 100, true).await;
    proxy.let_nobody_in();
    let reading = (0..READERS).map(|_| store.queries.order(order_id(100)));
    for found in join_all(reading).await {
        assert_eq!(found.unwrap(), Some(rejected(100)));
    }
}
