//! Requests about a market and what they are answered with, headers and all.

use serde_json::json;

use super::history::History;
use crate::client::transcript;

/// Orders follow the usual six commands: number 10 trades with 7 and 8.
async fn small_market() -> History {
    let mut history = History::usual().await;
    history.sell("bob", "1", "100");
    history.limit("bob", "sell", "2", "101", json!({"clientOrderId": "ask-1"}));
    history.limit(
        "ada",
        "buy",
        "0.5",
        "95.5",
        json!({"kind": {"limit": {"price": "95.5", "timeInForce": "post-only"}}}),
    );
    history.limit(
        "ada",
        "buy",
        "1.5",
        "0",
        json!({"kind": {"market": {"worstPrice": "102"}}, "selfTrade": "cancel-oldest"}),
    );
    history.buy("carol", "1", "100");
    history.list("ETH-EUR", json!({"priceBand": 1000}));
    history.ask("HaltInstrument", &json!({"symbol": "ETH-EUR"}));
    history.buy("ada", "0.02", "95");
    history.project().await;
    history
}

const PARTIAL: &str = "/api/v3/order/0199f6f2-8e5c-7c3a-9d1e-000000000008";
const OF_THE_MARKET: &str = "/api/v3/order/0199f6f2-8e5c-7c3a-9d1e-00000000000a";
const REJECTED: &str = "/api/v3/order/0199f6f2-8e5c-7c3a-9d1e-00000000000b";
const NOBODYS: &str = "/api/v3/order/0199f6f2-8e5c-7c3a-9d1e-000000000099";

#[tokio::test]
async fn what_there_is_is_shown() {
    let history = small_market().await;
    let requests = [
        PARTIAL,
        OF_THE_MARKET,
        REJECTED,
        "/api/v3/orders?limit=1&status=new&account=ada&symbol=BTC-EUR",
        "/api/v3/orders?symbol=ETH-EUR",
        "/api/v3/orderbook/BTC-EUR",
        "/api/v3/orderbook/BTC-EUR?depth=1",
        "/api/v3/orderbook/ETH-EUR",
        "/api/v3/trades/BTC-EUR?limit=1",
        "/api/v3/trades/BTC-EUR?limit=1&after=2",
        "/api/v3/trades/BTC-EUR?after=1",
        "/api/v3/ticker/BTC-EUR",
        "/api/v3/candles/BTC-EUR?interval=5m&limit=1",
        "/api/v3/instruments",
        "/api/v3/instruments/BTC-EUR",
        "/api/v3/instruments/ETH-EUR",
        "/api/v3/accounts/ada",
        "/api/v3/accounts/carol",
        "/api/v3/accounts/bob/trades?limit=1",
        "/api/v3/accounts/carol/trades",
    ]
    .map(|uri| ("GET", uri, &[][..]));
    insta::assert_snapshot!("shown", transcript(&history.client(), &requests).await);
}

#[tokio::test]
async fn what_there_is_not_is_a_problem() {
    let history = small_market().await;
    let requests = [
        NOBODYS,
        "/api/v3/orderbook/DOGE-EUR",
        "/api/v3/trades/DOGE-EUR",
        "/api/v3/ticker/DOGE-EUR",
        "/api/v3/candles/DOGE-EUR",
        "/api/v3/candles/DOGE-EUR?from=2026-11-02T09:30:00Z",
        "/api/v3/instruments/DOGE-EUR",
        "/api/v3/accounts/dora",
        "/api/v3/accounts/dora/trades",
        "/api/v3/accounts/",
        "/api/v3/",
    ]
    .map(|uri| ("GET", uri, &[][..]));
    insta::assert_snapshot!("not-there", transcript(&history.client(), &requests).await);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    let history = small_market().await;
    let requests = [
        "/api/v3/order/17",
        "/api/v3/order/%FF",
        "/api/v3/orders?limit=501",
        "/api/v3/orders?after=yesterday",
        "/api/v3/orders?status=New",
        "/api/v3/orders?symbol=btc-eur",
        "/api/v3/orders?account=ada%20lovelace",
        "/api/v3/orders?account=",
        "/api/v3/orders?customerId=7",
        "/api/v3/orders?status=new&status=closed",
        "/api/v3/orderbook/btc-eur",
        "/api/v3/orderbook/%FF",
        "/api/v3/orderbook/BTC-EUR?depth=0",
        "/api/v3/orderbook/BTC-EUR?depth=1001",
        "/api/v3/orderbook/BTC-EUR?levels=5",
        "/api/v3/trades/BTC-EUR?limit=0",
        "/api/v3/trades/BTC-EUR?after=-1",
        "/api/v3/trades/BTC-EUR?after=9223372036854775808",
        "/api/v3/trades/BTC-EUR?account=ada",
        "/api/v3/ticker/BTC%20EUR",
        "/api/v3/ticker/BTC-EUR?hours=24",
        "/api/v3/candles/BTC-EUR?interval=2m",
        "/api/v3/candles/BTC-EUR?from=yesterday",
        "/api/v3/candles/BTC-EUR?from=1969-12-31T23:59:59.999Z",
        "/api/v3/candles/BTC-EUR?limit=501",
        "/api/v3/candles/BTC-EUR?to=2026-11-02T09:30:00Z",
        "/api/v3/instruments?symbol=BTC-EUR",
        "/api/v3/instruments/",
        "/api/v3/instruments/BTC%2FEUR",
        "/api/v3/accounts/ada:1",
        "/api/v3/accounts/ada?limit=1",
        "/api/v3/accounts/ada%00/trades",
        "/api/v3/accounts/ada/trades?after=000001a19b982d600000000000000001xBTC-EUR",
        "/api/v3/accounts/ada/trades?symbol=BTC-EUR",
    ]
    .map(|uri| ("GET", uri, &[][..]));
    insta::assert_snapshot!("refused", transcript(&history.client(), &requests).await);
}

#[tokio::test]
async fn every_read_takes_a_position_and_refuses_a_malformed_one() {
    let mut history = History::usual().await;
    history.buy("ada", "1", "100");
    history.project().await;
    let client = history.client();
    let order = super::history::order_path(7);
    let reads = crate::reads::READS.iter().filter(|read| read.starts_with("/api/v3/"));
    for read in reads.map(|read| if read.contains("/order/") { order.as_str() } else { read }) {
        // The store of this test knows of no topic, so no position is projected.
        let headers = [("Seriatim-Position", "0:1"), ("Prefer", "wait=0")];
        assert_eq!(client.send("GET", read, &headers).await.problem(), "projection-behind");
        assert_eq!(client.get_after(read, "here").await.problem(), "invalid-header", "{read}");
        assert_eq!(client.get(read).await.status, 200, "{read}");
    }
}
