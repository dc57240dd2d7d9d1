//! What an order was executed at, and the tag of the state that says so.

use serde_json::json;

use super::history::{History, order_path};

#[tokio::test]
async fn the_average_price_is_what_was_paid_over_what_was_executed() {
    let mut history = History::usual().await;
    history.sell("bob", "1", "100");
    history.sell("bob", "2", "100.5");
    let bought = history.buy("ada", "3", "101");
    let open = history.buy("ada", "1", "90");
    history.project().await;
    let order = history.client().get(&order_path(bought)).await.json();
    assert_eq!((&order["executedValue"], &order["executed"]), (&json!("301"), &json!("3")));
    assert_eq!(order["averagePrice"], "100.333333333333");
    let order = history.client().get(&order_path(open)).await.json();
    assert!(order.get("averagePrice").is_none(), "{order}");
}

#[tokio::test]
async fn a_state_that_the_client_has_is_not_sent_again() {
    let mut history = History::usual().await;
    let order = history.buy("ada", "1", "100");
    history.project().await;
    let first = history.client().get(&order_path(order)).await;
    let (tag, price) = (first.header("etag").to_owned(), first.json()["price"].clone());
    assert_eq!((tag.as_str(), price), ("\"1\"", json!("100")));
    let headers = [("If-None-Match", tag.as_str())];
    let again = history.client().send("GET", &order_path(order), &headers).await;
    assert_eq!((again.status.as_u16(), again.header("etag")), (304, "\"1\""));

    history
        .ask("AmendOrder", &json!({"orderId": super::history::order_id(order), "price": "99.5"}));
    history.project().await;
    let amended = history.client().send("GET", &order_path(order), &headers).await;
    assert_eq!((amended.status.as_u16(), amended.header("etag")), (200, "\"2\""));
    assert_eq!(amended.json()["price"], "99.5");
    assert_eq!(amended.json()["placedPrice"], "100");
}
