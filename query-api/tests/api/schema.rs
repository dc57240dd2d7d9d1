//! The OpenAPI document says what the service does.

use std::collections::{BTreeMap, BTreeSet};

use order_domain::trading::OrderStatus;
use serde_json::Value;

use crate::client::Client;
use crate::double::Double;
use crate::reads::READS;
use crate::rows::assorted;

/// Each path, in the order of [`READS`].
const PATHS: [&str; READS.len()] = [
    "/api/Orders",
    "/api/Orders/customerSearch/{text}",
    "/api/Orders/{id}",
    "/api/v3/order/{id}",
    "/api/v3/orders",
    "/api/v3/orderbook/{symbol}",
    "/api/v3/trades/{symbol}",
    "/api/v3/ticker/{symbol}",
    "/api/v3/candles/{symbol}",
    "/api/v3/instruments",
    "/api/v3/instruments/{symbol}",
    "/api/v3/accounts/{id}",
    "/api/v3/accounts/{id}/trades",
];

fn document() -> Value {
    serde_json::to_value(query_api::openapi()).unwrap()
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_path_is_described() {
    let document = document();
    assert_eq!(keys(&document["paths"]), PATHS.map(str::to_owned).into());
    for path in PATHS {
        let responses = keys(&document["paths"][path]["get"]["responses"]);
        for status in ["200", "400", "422", "503"] {
            assert!(responses.contains(status), "{path} {status}");
        }
        let of_one = path.ends_with("{id}") || path.contains("{symbol}") || path.contains("{id}/");
        assert_eq!(responses.contains("404"), of_one, "{path} 404");
    }
}

#[tokio::test]
async fn every_answer_has_the_members_that_the_document_names() {
    let document = document();
    let client = Client::new(Double::new(assorted()));
    for (path, read) in PATHS.into_iter().zip(READS) {
        let response = &document["paths"][path]["get"]["responses"]["200"];
        let schema = &response["content"]["application/json"]["schema"];
        check(&document, schema, &client.get(read).await.json(), path);
    }
    // The only order of the double that has a reason.
    let rejected = client.get("/api/Orders?status=rejected").await.json();
    let members = keys(&rejected["orders"][0]);
    assert_eq!(members, keys(&document["components"]["schemas"]["Order"]["properties"]));
}

#[test]
fn every_status_of_an_order_is_in_the_table() {
    let document = document();
    let status = &document["components"]["schemas"]["MarketOrder"]["properties"]["status"];
    let description = status["description"].as_str().unwrap();
    for status in OrderStatus::ALL {
        assert!(description.contains(&format!("| `{status}` |")), "{description}");
    }
}

/// Every member of `value` is described by `schema`, and every member that it requires is there.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    let described = Described::by(document, schema);
    match value {
        Value::Object(members) => {
            for name in &described.required {
                assert!(members.contains_key(name), "{place} has no {name}");
            }
            for (name, member) in members {
                let schema = described.properties.get(name);
                let schema = schema.unwrap_or_else(|| panic!("{place}.{name} is not described"));
                check(document, schema, member, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => {
            assert!(!items.is_empty(), "{place} shows nothing");
            for item in items {
                check(document, described.items.unwrap(), item, &format!("{place}[]"));
            }
        }
        _ => {}
    }
}

/// What a schema says of an object or an array, with all that it refers to.
#[derive(Default)]
struct Described<'a> {
    properties: BTreeMap<String, &'a Value>,
    required: BTreeSet<String>,
    items: Option<&'a Value>,
}

impl<'a> Described<'a> {
    fn by(document: &'a Value, schema: &'a Value) -> Self {
        let mut described = Self::default();
        described.add(document, schema);
        described
    }

    fn add(&mut self, document: &'a Value, schema: &'a Value) {
        if let Some(reference) = schema["$ref"].as_str() {
            self.add(document, document.pointer(reference.trim_start_matches('#')).unwrap());
        }
        for parts in ["allOf", "oneOf"] {
            for part in schema[parts].as_array().into_iter().flatten() {
                self.add(document, part);
            }
        }
        let properties = schema["properties"].as_object().into_iter().flatten();
        self.properties.extend(properties.map(|(name, schema)| (name.clone(), schema)));
        let required = schema["required"].as_array().into_iter().flatten();
        self.required.extend(required.map(|name| name.as_str().unwrap().to_owned()));
        self.items = self.items.or(schema.get("items"));
    }
}
