//! Whatever a client asks for, the service does not fail.

use axum::http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::reads::READS;
use crate::rows::assorted;
use crate::trading::History;

/// A service over SQLite for a whole property: opening one for every case would take long.
struct Service {
    runtime: Runtime,
    client: Client,
    _history: History,
}

impl Service {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let history = runtime.block_on(history());
        let client = history.client();
        Self { runtime, client, _history: history }
    }

    fn status(&self, uri: &str) -> u16 {
        self.runtime.block_on(self.client.get(uri)).status.as_u16()
    }
}

/// Purchases, and a market where one trade was made.
async fn history() -> History {
    let mut history = History::usual().await;
    history.sell("bob", "1", "100");
    history.buy("ada", "2", "100");
    history.project().await;
    history.store.insert(assorted()).await;
    history
}

/// Any bytes, percent-encoded.
fn any_bytes() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), 0..40)
        .prop_map(|bytes| percent_encode(&bytes, NON_ALPHANUMERIC).to_string())
}

/// Any text, percent-encoded.
fn any_text() -> impl Strategy<Value = String> {
    "(?s).{0,30}".prop_map(|text| percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string())
}

/// What a URI may hold.
fn any_piece() -> impl Strategy<Value = String> {
    prop_oneof![any_bytes(), any_text(), "[!-~]{0,30}".prop_map(|text| text.replace('#', ""))]
}

/// The parameters that there are.
const NAMES: &[&str] =
    &["limit", "after", "status", "customerId", "symbol", "account", "depth", "interval", "from"];

fn any_query() -> impl Strategy<Value = String> {
    let name = prop_oneof![prop::sample::select(NAMES).prop_map(str::to_owned), any_piece()];
    let value = prop_oneof![
        any_piece(),
        any::<i128>().prop_map(|n| n.to_string()),
        "[0-9a-f]{48}",
        "[0-9a-f]{32}[mt][A-Z]{1,4}",
        "[0-9]{4}-0[1-9]-[12][0-9]T00:00:00Z",
    ];
    prop::collection::vec((name, value), 0..4).prop_map(|pairs| {
        let pairs: Vec<String> =
            pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    })
}

#[test]
fn no_path_and_no_query_makes_the_service_fail() {
    let service = Service::new();
    let path = prop_oneof![
        prop::sample::select(&READS[..]).prop_map(str::to_owned),
        any_piece().prop_map(|piece| format!("/api/v3/order/{piece}")),
        any_piece().prop_map(|piece| format!("/api/v3/orderbook/{piece}")),
        any_piece().prop_map(|piece| format!("/api/v3/accounts/{piece}/trades")),
        any_piece().prop_map(|piece| format!("/api/Orders/{piece}")),
        any_piece().prop_map(|piece| format!("/api/Orders/customerSearch/{piece}")),
        any_piece().prop_map(|piece| format!("/{piece}")),
    ];
    proptest!(|(path in path, query in any_query())| {
        let uri = format!("{path}?{query}");
        prop_assume!(uri.parse::<Uri>().is_ok());
        let status = service.status(&uri);
        prop_assert!(status < 500, "{} gives {}", uri, status);
    });
}

#[test]
fn every_text_can_be_searched_for() {
    let service = Service::new();
    proptest!(|(text in any_text())| {
        prop_assume!(!text.is_empty());
        let status = service.status(&format!("/api/Orders/customerSearch/{text}"));
        prop_assert_eq!(status, 200);
    });
}

#[test]
fn every_cursor_that_can_be_read_gives_a_page() {
    let service = Service::new();
    proptest!(|(cursor in "[0-9a-f]{48}", limit in 1..=500_u32, customer: u64)| {
        let uri = format!("/api/Orders?after={cursor}&limit={limit}&customerId={customer}");
        prop_assert_eq!(service.status(&uri), 200);
    });
}

#[test]
fn every_place_in_a_market_s_lists_that_can_be_read_gives_a_page() {
    let service = Service::new();
    let account = "[0-9a-f]{16}[0-7][0-9a-f]{15}[mt][A-Z0-9._-]{1,32}";
    proptest!(|(order in "[0-9a-f]{48}", trade in 0..=i64::MAX, account in account)| {
        for uri in [
            format!("/api/v3/orders?after={order}&status=new"),
            format!("/api/v3/trades/BTC-EUR?after={trade}"),
            format!("/api/v3/accounts/ada/trades?after={account}"),
        ] {
            prop_assert_eq!(service.status(&uri), 200, "{}", uri);
        }
    });
}

#[test]
fn every_time_from_1970_on_gives_candles() {
    let service = Service::new();
    let interval = prop::sample::select(&["1m", "5m", "15m", "30m", "1h", "4h", "1d"][..]);
    proptest!(|(millis in 0..=253_402_207_200_999_i64, interval in interval, limit in 1..=500_u32)| {
        let from = jiff::Timestamp::from_millisecond(millis).unwrap();
        let uri = format!("/api/v3/candles/BTC-EUR?from={from}&interval={interval}&limit={limit}");
        prop_assert_eq!(service.status(&uri), 200, "{}", uri);
    });
}
