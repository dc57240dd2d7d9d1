//! A client of the purchasing dialect.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use order_domain::{OrderId, Position};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// No request takes longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long is tried what must succeed in the end.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

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

/// The body of a `202`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    position: String,
    order_id: String,
}

impl From<Receipt> for Acknowledged {
    fn from(receipt: Receipt) -> Self {
        Self {
            position: receipt.position.parse().expect("a position"),
            order_id: OrderId(receipt.order_id.parse().expect("an id")),
        }
    }
}

/// Why an order was not acknowledged.
#[derive(Debug)]
pub enum Refused {
    /// The program was not there, or was gone before it answered.
    NoAnswer(reqwest::Error),
    /// What it answered instead.
    Answer(StatusCode, String),
}

impl From<reqwest::Error> for Refused {
    fn from(error: reqwest::Error) -> Self {
        Self::NoAnswer(error)
    }
}

impl Refused {
    /// Whether the same order may be acknowledged a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::NoAnswer(_) | Self::Answer(StatusCode::SERVICE_UNAVAILABLE, _))
    }
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

    /// A request to `path`, to be sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Posts an order under `key`, once.
    pub async fn try_place(&self, order: &Value, key: &str) -> Result<Acknowledged, Refused> {
        let response = self.post(order, &[("Idempotency-Key", key)]).await?;
        let (status, body) = (response.status(), response.text().await?);
        match serde_json::from_str::<Receipt>(&body) {
            Ok(receipt) if status == StatusCode::ACCEPTED => Ok(receipt.into()),
            _ => Err(Refused::Answer(status, body)),
        }
    }

    /// Places an order as a shop does that wants it to arrive: under `key`, and once more where the
    /// log did not acknowledge it in time. A busy machine may need longer than one request waits.
    pub async fn place_under(&self, key: &str, order: &Value) -> Acknowledged {
        let began = Instant::now();
        loop {
            match self.try_place(order, key).await {
                Ok(placed) => return placed,
                Err(refused) if refused.is_passing() && began.elapsed() < PATIENCE => {
                    eprintln!("sent again under {key}: {refused:?}");
                }
                Err(refused) => panic!("{refused:?}: {order}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// [`place_under`](Self::place_under) a key of its own.
    pub async fn place(&self, order: &Value) -> Acknowledged {
        static PLACED: AtomicU64 = AtomicU64::new(0);
        let number = PLACED.fetch_add(1, Ordering::Relaxed);
        self.place_under(&format!("placed-{number}"), order).await
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
        self.all("/api/Orders?", "orders").await
    }

    /// All lines of `list`, by all pages of a path with its query.
    pub async fn all(&self, path: &str, list: &str) -> Vec<Value> {
        let mut lines = Vec::new();
        let first = format!("{path}&limit=500");
        let mut page = first.clone();
        loop {
            let (status, answer) = self.get(&page, None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            lines.extend(answer[list].as_array().expect("a list").iter().cloned());
            match answer["next"].as_str() {
                Some(cursor) => page = format!("{first}&after={cursor}"),
                None => return lines,
            }
        }
    }

    /// Waits until the program says that it is ready: the store has its schema by then.
    pub async fn wait_ready(&self) {
        let began = Instant::now();
        loop {
            let (status, body) = self.get("/readyz", None).await;
            if status == StatusCode::OK {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "never ready: {body}");
            tokio::time::sleep(Duration::from_millis(50)).await;
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
