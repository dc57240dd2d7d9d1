//! Candles and tickers: what prices did, by the log's time.

use serde_json::{Value, json};

use super::history::History;

/// Bob sells to ada at these prices, one after the other, 0.1 BTC each.
fn trade_at(history: &mut History, prices: &[&str]) {
    for price in prices {
        history.sell("bob", "0.1", price);
        history.buy("ada", "0.1", price);
    }
}

/// Trades at 09:30, 10:30 and 34:30.
async fn two_days() -> History {
    let mut history = History::usual().await;
    trade_at(&mut history, &["100", "105", "99.5"]);
    history.wait_hours(1);
    trade_at(&mut history, &["101"]);
    history.wait_hours(24);
    trade_at(&mut history, &["98", "97"]);
    history.project().await;
    history
}

async fn candles(history: &History, query: &str) -> Value {
    history.client().get(&format!("/api/v3/candles/BTC-EUR?{query}")).await.json()
}

/// When the candles of a page begin.
fn starts(page: &Value) -> Vec<&str> {
    let candles = page["candles"].as_array().unwrap().iter();
    candles.map(|candle| candle["start"].as_str().unwrap()).collect()
}

const FIRST_HOURS: [&str; 3] =
    ["2026-11-02T09:00:00.000Z", "2026-11-02T10:00:00.000Z", "2026-11-03T10:00:00.000Z"];

#[tokio::test]
async fn a_candle_holds_the_trades_of_its_stretch() {
    let history = two_days().await;
    let page = candles(&history, "interval=1h&from=2026-11-02T09:59:59Z").await;
    assert_eq!((&page["symbol"], &page["interval"]), (&json!("BTC-EUR"), &json!("1h")));
    assert_eq!(starts(&page), FIRST_HOURS);
    assert_eq!(
        page["candles"][0],
        json!({"start": FIRST_HOURS[0], "open": "100", "high": "105", "low": "99.5",
            "close": "99.5", "volume": "0.3", "turnover": "30.45", "trades": 3})
    );
    assert_eq!(page["next"], Value::Null);
}

#[tokio::test]
async fn pages_of_candles_lead_to_one_another() {
    let history = two_days().await;
    let client = history.client();
    let mut seen = Vec::new();
    let mut next =
        Some("/api/v3/candles/BTC-EUR?limit=1&interval=1h&from=1970-01-01T00:00:00Z".to_owned());
    while let Some(uri) = next {
        let page = client.get(&uri).await;
        seen.extend(starts(&page.json()).into_iter().map(str::to_owned));
        next = page.next();
    }
    assert_eq!(seen, FIRST_HOURS);
}

#[tokio::test]
async fn without_a_beginning_the_newest_stretches_are_meant() {
    let history = two_days().await;
    assert_eq!(
        starts(&candles(&history, "interval=1d&limit=1").await),
        ["2026-11-03T00:00:00.000Z"]
    );
    assert_eq!(starts(&candles(&history, "interval=1h&limit=25").await), FIRST_HOURS[1..]);
    assert_eq!(starts(&candles(&history, "limit=2").await), ["2026-11-03T10:30:00.000Z"]);
    assert_eq!(starts(&candles(&history, "interval=1d&limit=500").await).len(), 2);
}

#[tokio::test]
async fn a_ticker_tells_of_24_hours_and_of_the_book() {
    let mut history = two_days().await;
    history.buy("ada", "0.4", "96");
    history.buy("ada", "0.1", "96");
    history.sell("bob", "0.2", "98.5");
    history.project().await;
    let ticker = history.client().get("/api/v3/ticker/BTC-EUR").await.json();
    assert_eq!(
        ticker,
        json!({"symbol": "BTC-EUR", "at": "2026-11-03T10:30:21.000Z", "last": "97",
            "open": "98", "high": "98", "low": "97",
            "volume": "0.2", "turnover": "19.5", "trades": 2,
            "bestBid": {"price": "96", "quantity": "0.5", "orders": 2},
            "bestAsk": {"price": "98.5", "quantity": "0.2", "orders": 1}})
    );
}

#[tokio::test]
async fn a_market_that_has_not_traded_has_a_ticker_without_prices() {
    let mut history = History::usual().await;
    history.project().await;
    let ticker = history.client().get("/api/v3/ticker/BTC-EUR").await.json();
    for nothing in ["last", "open", "high", "low", "bestBid", "bestAsk"] {
        assert_eq!(ticker[nothing], Value::Null, "{nothing}");
    }
    assert_eq!((&ticker["volume"], &ticker["trades"]), (&json!("0"), &json!(0)));
    let page = candles(&history, "").await;
    assert_eq!((&page["candles"], &page["next"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn after_a_day_of_silence_only_the_last_price_is_left() {
    let mut history = two_days().await;
    history.wait_hours(25);
    history.buy("ada", "0.1", "90");
    history.project().await;
    let ticker = history.client().get("/api/v3/ticker/BTC-EUR").await.json();
    assert_eq!((&ticker["last"], &ticker["open"]), (&json!("97"), &Value::Null));
    assert_eq!((&ticker["turnover"], &ticker["trades"]), (&json!("0"), &json!(0)));
}
