//! Whatever a client asks for, the service does not fail.

use axum::http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::rows::assorted;
use crate::stores::Sqlite;

/// A service over SQLite for a whole property: opening one for every case would take long.
struct Service {
    runtime: Runtime,
    client: Client,
    _store: Sqlite,
}

impl Service {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(Sqlite::new(assorted()));
        let client = Client::new(store.queries());
        Self { runtime, client, _store: store }
    }

    fn status(&self, uri: &str) -> u16 {
        self.runtime.block_on(self.client.get(uri)).status.as_u16()
    }
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

fn any_query() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("limit".to_owned()),
        Just("after".to_owned()),
        Just("status".to_owned()),
        Just("customerId".to_owned()),
        any_piece(),
    ];
    let value = prop_oneof![any_piece(), any::<i128>().prop_map(|n| n.to_string()), "[0-9a-f]{48}"];
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
        Just("/api/Orders".to_owned()),
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
