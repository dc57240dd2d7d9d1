//! The OpenAPI document says what the service does.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::Client;
use crate::double::Double;
use crate::rows::assorted;

fn document() -> Value {
    serde_json::to_value(query_api::openapi()).unwrap()
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_path_is_described() {
    let document = document();
    let paths = ["/api/Orders", "/api/Orders/customerSearch/{text}", "/api/Orders/{id}"];
    assert_eq!(keys(&document["paths"]), paths.map(str::to_owned).into());
    for path in paths {
        let responses = keys(&document["paths"][path]["get"]["responses"]);
        for status in ["200", "400", "503"] {
            assert!(responses.contains(status), "{path} {status}");
        }
    }
}

#[tokio::test]
async fn an_order_has_the_members_that_the_document_names() {
    let schemas = &document()["components"]["schemas"];
    let client = Client::new(Double::new(assorted()));
    let page = client.get("/api/Orders?status=rejected").await.json();
    let order = &page["orders"][0];
    assert_eq!(keys(order), keys(&schemas["Order"]["properties"]));
    assert_eq!(keys(&order["orderItems"][0]), keys(&schemas["OrderItem"]["properties"]));
    assert_eq!(keys(&page), keys(&schemas["OrderPage"]["properties"]));
}
