//! One order, all the way, over every profile: place, read, search, reject, repeat, and read one's
//! own writes.

use order_domain::Position;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Client, House, Profile, purchase};

#[tokio::test(flavor = "multi_thread")]
async fn one_order_all_the_way_over_the_embedded_log_and_sqlite() {
    all_the_way(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_all_the_way_over_kafka_and_postgres() {
    all_the_way(Profile::Distributed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_all_the_way_over_the_embedded_log_and_mariadb() {
    all_the_way(Profile::Mariadb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_all_the_way_over_the_embedded_log_and_sql_server() {
    all_the_way(Profile::SqlServer).await;
}

async fn all_the_way(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let running = house.start();
    let client = Client::of(running.url());
    client.wait_ready().await;
    place_and_read(&client).await;
    outcome_on_request(&client).await;
    repeat(&client).await;
    search(&client).await;
    pages_and_filters(&client).await;
    operations(&client).await;
    running.stop();

    let running = house.start();
    let client = Client::of(running.url());
    let orders = client.all_orders().await;
    assert!(orders.len() > 10, "what was stored is there after a restart");
    running.stop();
}

fn ada() -> Value {
    json!({
        "customerId": 23_982_398, "customerName": "Ada", "customerLastName": "Lovelace",
        "customerEmail": "ada@example.com",
        "shippingAddress": "Agricolastrasse 35, München, Germany",
        "billingAddress": "Agricolastrasse 35, München, Germany",
        "currencyType": 1, "totalPrice": 240, "paymentMethodType": 1,
        "orderItems": [{
            "itemCode": "10293098", "brand": "Jack Wolfskin", "type": "Parka", "size": "XL",
            "colour": "Black", "quantity": 1, "price": 240, "currencyType": 1
        }]
    })
}

async fn place_and_read(client: &Client) {
    let response = client.post(&ada(), &[]).await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let (location, position) = (header("location"), header("seriatim-position"));
    let position: Position = position.parse().unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(location, format!("/api/Orders/{}", body["orderId"].as_str().unwrap()));
    assert_eq!(body["position"], position.to_string());

    let (status, order) = client.get(&location, Some(position)).await;
    assert_eq!(status, StatusCode::OK, "{order}");
    assert_eq!(order["orderId"], body["orderId"]);
    assert_eq!(order["status"], "accepted");
    assert_eq!(order["customerId"], 23_982_398);
    assert_eq!(order["shippingAddress"], "Agricolastrasse 35, München, Germany");
    assert_eq!(order["totalPrice"], "240.00");
    assert_eq!(order["orderItems"][0]["brand"], "Jack Wolfskin");
    assert_eq!(order["orderItems"][0]["price"], "240.00");

    let (status, problem) =
        client.get("/api/Orders/00000000-0000-7000-8000-000000000000", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["status"], 404);
}

async fn outcome_on_request(client: &Client) {
    let response = client.post(&ada(), &[("Prefer", "wait=10")]).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], "accepted");

    let mut wrong = ada();
    wrong["totalPrice"] = json!("239.99");
    let response = client.post(&wrong, &[("Prefer", "wait=10")]).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["reason"], "total-mismatch");

    let placed = client.place(&wrong).await;
    let path = format!("/api/Orders/{}", placed.order_id);
    let (_, order) = client.get(&path, Some(placed.position)).await;
    assert_eq!(order["status"], "rejected");
    assert_eq!(order["reason"], "total-mismatch");
}

async fn repeat(client: &Client) {
    let first = client.place_under("checkout-17", &ada()).await;
    let second = client.place_under("checkout-17", &ada()).await;
    assert_eq!(first.order_id, second.order_id);
    client.wait_projected([first.position, second.position]).await;
    let (_, order) = client.get(&format!("/api/Orders/{}", first.order_id), None).await;
    assert_eq!(order["position"], first.position.to_string(), "the first one stands");

    let mut other = ada();
    other["shippingAddress"] = json!("Elsewhere 1");
    let headers = [("Idempotency-Key", "checkout-17"), ("Prefer", "wait=10")];
    let response = client.post(&other, &headers).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = response.json().await.unwrap();
    assert!(problem["type"].as_str().unwrap().contains("idempotency-key-reused"), "{problem}");
}

async fn search(client: &Client) {
    let mut order = ada();
    order["customerName"] = json!("Žofie");
    order["customerLastName"] = json!("Müller-O'Brien");
    order["customerEmail"] = json!("zofie.mueller@example.org");
    let placed = client.place(&order).await;
    for text in
        ["zofie", "ZOF", "muller", "o%27brien%20zo", "example.org", "zofie.mueller@example.org"]
    {
        let path = format!("/api/Orders/customerSearch/{text}");
        let (status, page) = client.get(&path, Some(placed.position)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let found = page["orders"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{text}: {page}");
        assert_eq!(found[0]["orderId"], placed.order_id.to_string());
    }
    for text in ["%25", "%22", "zofie%22%20OR%20%22ada", "NEAR(ada)", "ofie"] {
        let path = format!("/api/Orders/customerSearch/{text}");
        let (status, page) = client.get(&path, None).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert_eq!(page["orders"].as_array().unwrap().len(), 0, "{text}: {page}");
    }
}

async fn pages_and_filters(client: &Client) {
    let mut positions = Vec::new();
    for cents in 1..=7 {
        positions.push(client.place(&purchase(77, cents)).await.position);
        // Orders of one millisecond stand in the order of their ids.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    client.wait_projected(positions).await;
    let mut path = "/api/Orders?customerId=77&limit=3".to_owned();
    let mut totals = Vec::new();
    loop {
        let (_, page) = client.get(&path, None).await;
        let orders = page["orders"].as_array().unwrap();
        totals.extend(orders.iter().map(|order| order["totalPrice"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/Orders?customerId=77&limit=3&after={next}"),
            None => break,
        }
    }
    let newest_first: Vec<_> = (1..=7).rev().map(|cents| format!("0.0{cents}")).collect();
    assert_eq!(totals, newest_first);
    let (_, page) = client.get("/api/Orders?status=rejected", None).await;
    let orders = page["orders"].as_array().unwrap();
    assert!(!orders.is_empty() && orders.iter().all(|order| order["status"] == "rejected"));
}

async fn operations(client: &Client) {
    assert_eq!(client.get("/livez", None).await.0, StatusCode::OK);
    let (_, document) = client.get("/openapi.json", None).await;
    for path in [
        "/api/Order",
        "/api/Orders",
        "/api/Orders/{id}",
        "/api/Orders/customerSearch/{text}",
        "/api/v3/order",
        "/api/v3/order/{id}",
        "/state",
    ] {
        assert!(document["paths"][path].is_object(), "{path} is documented");
    }
    // The lag is looked at once a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let metrics = client.text("/metrics").await;
    for name in [
        "seriatim_orders_accepted_total",
        "seriatim_decisions_total",
        "seriatim_projected_total",
        "seriatim_lag_records",
    ] {
        assert!(metrics.contains(name), "{name} is missing from:\n{metrics}");
    }
    assert!(client.text("/docs/").await.contains("swagger-ui"));
}
