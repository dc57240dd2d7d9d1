//! A client of the purchasing dialect.

use std::time::{Duration, Instant};

use order_domain::{OrderId, Position};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// No request takes longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long is tried what must succeed in the end.
const PATIENCE: Duration = Duration::from_mins(2);

/// Speaks HTTP to one `seriatim`.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

/// What a `202` promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acknowledged {
    /// Where the command stands in `orders`.
    pub position: Position,
    /// The order.
    pub order_id: OrderId,
}

/// A good purchase of `cents` euro cents by `customer`.
pub fn purchase(customer: u64, cents: u64) -> Value {
    let price = format!("{}.{:02}", cents / 100, cents % 100);
    json!({
        "customerId": customer, "customerName": "Ada", "customerLastName": "Lovelace",
        "customerEmail": format!("ada{customer}@example.com"),
        "shippingAddress": "Agricolastrasse 35, München, Germany",
        "billingAddress": "Agricolastrasse 35, München, Germany",
        "currencyType": 1, "totalPrice": price, "paymentMethodType": 1,
        "orderItems": [{
            "itemCode": "10293098", "brand": "Jack Wolfskin", "type": "Parka", "size": "XL",
            "colour": "Black", "quantity": 1, "price": price, "currencyType": 1
        }]
    })
}

impl Client {
    /// A client of the program at `url`.
    pub fn of(url: &str) -> Self {
        // Cargo gives this client TLS where it builds the whole workspace at once, and TLS wants its
        // cryptography named. It may have been before: that is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().expect("a client");
        Self { http, url: url.to_owned() }
    }

    /// `POST /api/Order` with further headers.
    pub async fn post(
        &self,
        order: &Value,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<reqwest::Response> {
        let mut request = self.http.post(format!("{}/api/Order", self.url)).json(order);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await
    }

    /// Posts an order; `None` where it was not acknowledged, for whatever reason.
    pub async fn place(&self, order: &Value, headers: &[(&str, &str)]) -> Option<Acknowledged> {
        let response = self.post(order, headers).await.ok()?;
        if response.status() != StatusCode::ACCEPTED {
            return None;
        }
        let body: Value = response.json().await.ok()?;
        Some(Acknowledged {
            position: body["position"].as_str()?.parse().ok()?,
            order_id: OrderId(body["orderId"].as_str()?.parse().ok()?),
        })
    }

    /// Places an order as a shop does that wants it to arrive: with a key, and once more where the
    /// log did not acknowledge it in time. A busy machine may need longer than one request waits.
    pub async fn place_surely(&self, order: &Value, key: &str) -> Acknowledged {
        let began = Instant::now();
        loop {
            if let Some(placed) = self.place(order, &[("Idempotency-Key", key)]).await {
                return placed;
            }
            assert!(began.elapsed() < PATIENCE, "an order was not acknowledged: {order}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// `GET` a path, optionally only once the projection has passed `position`.
    pub async fn get(&self, path: &str, position: Option<Position>) -> (StatusCode, Value) {
        let mut request = self.http.get(format!("{}{path}", self.url));
        if let Some(position) = position {
            request = request.header("Seriatim-Position", position.to_string());
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        (status, response.json().await.expect("every answer is JSON"))
    }

    /// `GET` something that is no JSON.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        answer.text().await.expect("a text")
    }

    /// Every order, by all pages of the list.
    pub async fn all_orders(&self) -> Vec<Value> {
        let mut orders = Vec::new();
        let mut path = "/api/Orders?limit=500".to_owned();
        loop {
            let (status, page) = self.get(&path, None).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            orders.extend(page["orders"].as_array().expect("a list").iter().cloned());
            match page["next"].as_str() {
                Some(cursor) => path = format!("/api/Orders?limit=500&after={cursor}"),
                None => return orders,
            }
        }
    }

    /// Waits until the projection has passed all these positions.
    pub async fn wait_projected(&self, positions: impl IntoIterator<Item = Position>) {
        let mut last = std::collections::BTreeMap::new();
        for position in positions {
            let latest = last.entry(position.partition).or_insert(position);
            *latest = position.max(*latest);
        }
        for position in last.into_values() {
            let began = Instant::now();
            loop {
                let (status, body) = self.get("/api/Orders?limit=1", Some(position)).await;
                if status == StatusCode::OK {
                    break;
                }
                assert!(began.elapsed() < PATIENCE, "never projected: {body}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
