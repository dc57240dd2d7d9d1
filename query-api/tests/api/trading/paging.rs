//! Walking all pages of orders and trades of a market while further ones arrive.

use serde_json::{Value, json};

use super::history::History;

const LIMIT: usize = 7;
const PAIRS: u32 = 20;

/// Bob's sell meets ada's buy. Every fourth time it is ada who was there first.
fn trade(history: &mut History, number: u32) {
    let names = [("bob", "sell", "ada", "buy"), ("ada", "buy", "bob", "sell")];
    let (first, does, second, meets) = names[usize::from(number.is_multiple_of(4))];
    history.limit(first, does, "0.02", "100", json!({}));
    history.limit(second, meets, "0.02", "100", json!({}));
}

async fn market() -> History {
    let mut history = History::usual().await;
    history.list("ETH-EUR", json!({}));
    history.ask("Deposit", &json!({"account": "ada", "asset": "BTC", "amount": "1"}));
    for number in 0..PAIRS {
        trade(&mut history, number);
    }
    history.project().await;
    history
}

/// Follows every page's link, and lets a trade happen between pages.
async fn walk(history: &mut History, first: &str, rows: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut next = Some(format!("{first}?limit={LIMIT}"));
    while let Some(uri) = next {
        let answer = history.client().get(&uri).await;
        let page = answer.json();
        let found = page[rows].as_array().unwrap();
        next = answer.next();
        assert!(found.len() == LIMIT || next.is_none(), "only the last page is short");
        assert_eq!(next.is_none(), page["next"].is_null());
        seen.extend(found.iter().cloned());
        trade(history, 1);
        history.project().await;
    }
    seen
}

fn numbers(trades: &[Value]) -> Vec<u64> {
    trades.iter().map(|trade| trade["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn each_order_is_seen_once_and_in_order() {
    let mut history = market().await;
    let orders = walk(&mut history, "/api/v3/orders", "orders").await;
    let ids: Vec<_> = orders.iter().map(|order| order["orderId"].as_str().unwrap()).collect();
    // Commands 9 to 48 placed orders.
    let expected: Vec<_> =
        (9..49).rev().map(|number| super::history::order_id(number).to_string()).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn each_trade_is_seen_once_and_in_order() {
    let mut history = market().await;
    let trades = walk(&mut history, "/api/v3/trades/BTC-EUR", "trades").await;
    assert_eq!(numbers(&trades), (1..=u64::from(PAIRS)).rev().collect::<Vec<_>>());
    assert!(trades.iter().all(|trade| trade.get("account").is_none()), "who traded is not told");
}

#[tokio::test]
async fn an_account_sees_its_own_side_of_each_trade() {
    let mut history = market().await;
    let trades = walk(&mut history, "/api/v3/accounts/ada/trades", "trades").await;
    assert_eq!(numbers(&trades), (1..=u64::from(PAIRS)).rev().collect::<Vec<_>>());
    for trade in &trades {
        let was_first = (trade["number"].as_u64().unwrap() - 1).is_multiple_of(4);
        let role = if was_first { "maker" } else { "taker" };
        assert_eq!((&trade["role"], &trade["side"]), (&json!(role), &json!("buy")));
        assert_eq!(trade["symbol"], "BTC-EUR");
    }
}

#[tokio::test]
async fn who_trades_with_itself_sees_both_sides() {
    let mut history = market().await;
    let allow = json!({"selfTrade": "allow"});
    history.limit("ada", "sell", "0.02", "101", allow.clone());
    history.limit("ada", "buy", "0.02", "101", allow);
    history.project().await;
    let client = history.client();
    let first = client.get("/api/v3/accounts/ada/trades?limit=1").await;
    let second = client.get(&first.next().unwrap()).await;
    let sides = [first.json(), second.json()].map(|page| {
        let trade = &page["trades"][0];
        (trade["number"].clone(), trade["role"].clone(), trade["side"].clone())
    });
    assert_eq!(sides[0], (json!(PAIRS + 1), json!("taker"), json!("buy")));
    assert_eq!(sides[1], (json!(PAIRS + 1), json!("maker"), json!("sell")));
}

#[tokio::test]
async fn an_account_s_figures_add_up_over_its_pages() {
    let mut history = market().await;
    history.project().await;
    let account = history.client().get("/api/v3/accounts/ada").await.json();
    let trades = walk(&mut history, "/api/v3/accounts/ada/trades", "trades").await;
    let as_maker = trades.iter().filter(|trade| trade["role"] == "maker").count();
    let statistics = &account["statistics"][0];
    assert_eq!(statistics["tradesAsMaker"], as_maker);
    assert_eq!(statistics["tradesAsTaker"], trades.len() - as_maker);
    assert_eq!((&statistics["bought"], &statistics["sold"]), (&json!("0.4"), &json!("0")));
    assert_eq!(statistics["turnover"], "40");
}
