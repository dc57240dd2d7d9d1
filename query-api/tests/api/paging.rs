//! Walking all pages while further orders arrive.

use order_domain::Timestamp;
use order_store::OrderRow;

use crate::client::Client;
use crate::double::Double;
use crate::rows::{MORNING, id, order};
use crate::stores::Sqlite;

const ORDERS: u32 = 1_000;
const LIMIT: usize = 37;

/// Many orders share a time, so that pages end between them.
fn row(number: u32) -> OrderRow {
    OrderRow { placed_at: Timestamp(MORNING + i64::from(number / 50)), ..order(number) }
}

fn stored() -> Vec<OrderRow> {
    (0..ORDERS).map(row).collect()
}

/// Those that arrive while page number `page` is read.
fn arriving(page: u32) -> Vec<OrderRow> {
    (0..3).map(|n| row(ORDERS + 50 + 3 * page + n)).collect()
}

/// Follows every page's link, and lets orders arrive between pages.
async fn walk(client: &Client, mut arrive: impl AsyncFnMut(Vec<OrderRow>)) -> Vec<String> {
    let mut seen = Vec::new();
    let mut next = Some(format!("/api/Orders?limit={LIMIT}"));
    let mut page = 0;
    while let Some(uri) = next {
        let answer = client.get(&uri).await;
        let ids = answer.ids();
        next = answer.next();
        assert!(ids.len() == LIMIT || next.is_none(), "only the last page is short");
        assert_eq!(next.is_none(), answer.json()["next"].is_null());
        seen.extend(ids);
        arrive(arriving(page)).await;
        page += 1;
    }
    seen
}

fn expected() -> Vec<String> {
    (0..ORDERS).rev().map(|number| id(number.into()).to_string()).collect()
}

#[tokio::test]
async fn each_order_is_seen_once_and_in_order_over_the_double() {
    let store = Double::new(stored());
    let seen = walk(&Client::new(store.clone()), async |rows| store.insert(rows)).await;
    assert_eq!(seen, expected());
}

#[tokio::test]
async fn each_order_is_seen_once_and_in_order_over_sqlite() {
    let store = Sqlite::new(stored()).await;
    let seen = walk(&store.client(), async |rows| store.insert(rows).await).await;
    assert_eq!(seen, expected());
}
