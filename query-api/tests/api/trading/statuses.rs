//! Each status that an order can have, from what happened to where it can be seen.

use std::collections::BTreeMap;

use order_domain::trading::OrderStatus;
use serde_json::json;

use super::history::{History, order_id, order_path};

/// Orders by where they stand: two of ada, and what bob did to them, and so on.
async fn one_of_each() -> (History, BTreeMap<&'static str, u32>) {
    let mut history = History::usual().await;
    let mut orders = BTreeMap::new();
    orders.insert("executed", history.buy("ada", "1", "100"));
    orders.insert("closed", history.buy("ada", "1", "99"));
    history.sell("bob", "1.4", "99");
    history.cancel(orders["closed"]);
    orders.insert("cancelled", history.buy("ada", "1", "98"));
    history.cancel(orders["cancelled"]);
    orders.insert("partially-filled", history.buy("ada", "1", "97"));
    history.sell("bob", "0.3", "97");
    orders.insert("new", history.buy("ada", "1", "96"));
    orders.insert("rejected", history.buy("carol", "1", "96"));
    history.project().await;
    (history, orders)
}

#[tokio::test]
async fn every_status_can_be_read_and_asked_for() {
    let (history, orders) = one_of_each().await;
    let client = history.client();
    let names: Vec<_> = OrderStatus::ALL.iter().map(|status| status.name()).collect();
    assert_eq!(orders.len(), names.len());
    for name in names {
        let id = order_id(orders[name]).to_string();
        let order = client.get(&order_path(orders[name])).await.json();
        assert_eq!(order["status"], name);
        let listed = client.get(&format!("/api/v3/orders?status={name}&limit=500")).await;
        assert!(listed.ids().contains(&id), "{name}");
        for listed in listed.json()["orders"].as_array().unwrap() {
            assert_eq!(listed["status"], name);
        }
    }
}

#[tokio::test]
async fn what_was_cancelled_or_rejected_says_so() {
    let (history, orders) = one_of_each().await;
    let client = history.client();
    let order = async |status: &str| client.get(&order_path(orders[status])).await.json();
    let closed = order("closed").await;
    assert_eq!(closed["cancelledBy"], "member");
    assert_eq!((&closed["executed"], &closed["remaining"]), (&json!("0.4"), &json!("0")));
    let rejected = order("rejected").await;
    assert_eq!(rejected["reason"], "insufficient-funds");
    assert!(!rejected["detail"].as_str().unwrap().is_empty());
    assert_eq!(rejected["executed"], "0");
    assert_eq!(rejected["price"], "96");
    let new = order("new").await;
    assert!(new.get("reason").is_none() && new.get("cancelledBy").is_none(), "{new}");
}

#[tokio::test]
async fn filters_hold_together() {
    let (history, orders) = one_of_each().await;
    let client = history.client();
    let listed = async |query: &str| client.get(&format!("/api/v3/orders?{query}")).await.ids();
    let of = |status: &str| vec![order_id(orders[status]).to_string()];
    assert_eq!(listed("account=ada&status=new&symbol=BTC-EUR").await, of("new"));
    assert_eq!(listed("account=carol").await, of("rejected"));
    assert_eq!(listed("account=ada").await.len(), 5);
    for nobodys in ["account=carol&status=new", "symbol=ETH-EUR", "account=dora"] {
        assert_eq!(listed(nobodys).await, Vec::<String>::new(), "{nobodys}");
    }
}
