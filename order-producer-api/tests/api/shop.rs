//! A producer with a log in memory, and a shop that talks to it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response};
use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{BatchLimit, EventLog as _, NewRecord, Record};
use order_domain::{Command, Decision, Event, NewOrder, Offset, Partition};
use order_producer_api::ProducerApi;
use serde_json::{Value, json};
use service_kit::config::{CommonArgs, Settings};
use service_kit::fallback;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::memory_log::{MemoryLog, PARTITIONS};

pub struct Shop {
    pub log: Arc<MemoryLog>,
    pub shutdown: CancellationToken,
    pub api: ProducerApi,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn kind(&self) -> &str {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        self.body["type"].as_str().unwrap().strip_prefix("/problems/").unwrap()
    }
}

impl Shop {
    pub fn open() -> Self {
        Self::with(&[])
    }

    /// With settings of `[producer]`.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let variables = settings.iter().map(|(key, value)| {
            (format!("SERIATIM_PRODUCER__{}", key.to_ascii_uppercase()), (*value).to_owned())
        });
        Self::over(Arc::new(MemoryLog::new()), variables)
    }

    /// Over a log that may hold something, with settings by their variables.
    pub fn over(
        log: Arc<MemoryLog>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let settings =
            Settings::load_with(&CommonArgs::default(), "127.0.0.1:0", variables).unwrap();
        let shutdown = CancellationToken::new();
        let api = ProducerApi::new(log.clone(), &settings, shutdown.clone()).unwrap();
        let router = fallback::with_problems(api.router());
        Self { log, shutdown, api, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let body =
            if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Answer { status, headers, body }
    }

    pub async fn post(&self, body: impl Into<Body>, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post("/api/Order").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn place(&self, order: &Value, headers: &[(&str, &str)]) -> Answer {
        self.post(order.to_string(), headers).await
    }

    /// The commands on the log.
    pub fn commands(&self) -> Vec<NewOrder> {
        let read = |record: Record| match Command::from_json(&record.payload).unwrap() {
            Command::NewOrder(order) => order,
            Command::Trading(command) => panic!("{command:?}"),
        };
        self.log.all(&ORDERS).into_iter().map(read).collect()
    }

    /// Decides every command with `decide`, as the engine would.
    pub fn start_engine(&self, decide: fn(&NewOrder) -> Event) {
        self.decide_with(|_| {
            move |record: &Record| {
                let command = Command::from_json(&record.payload).unwrap();
                let Command::NewOrder(order) = command else { panic!("{command:?}") };
                let (source, at) = (record.position, record.timestamp);
                Decision { source, at, events: vec![decide(&order)] }
            }
        });
    }

    /// Decides every command with what `engine` makes for its partition.
    pub fn decide_with<D: FnMut(&Record) -> Decision + Send + 'static>(
        &self,
        engine: impl Fn(Partition) -> D,
    ) {
        for partition in (0..PARTITIONS).map(Partition) {
            let (log, mut decide) = (self.log.clone(), engine(partition));
            tokio::spawn(async move {
                let mut reader = log.read(&ORDERS, partition, Offset::ZERO).await.unwrap();
                loop {
                    let limit = BatchLimit { records: 10, bytes: 1 << 20 };
                    for record in reader.next(limit).await.unwrap() {
                        let payload = decide(&record).to_json().into();
                        let decision = NewRecord { payload, ..NewRecord::default() };
                        log.append_all(&ORDER_EVENTS, partition, vec![decision]).await.unwrap();
                    }
                }
            });
        }
    }
}

/// The order of the documentation.
pub fn parka() -> Value {
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

/// The order with one value changed; `Value::Null` under a pointer's parent removes nothing.
pub fn parka_with(pointer: &str, value: Value) -> Value {
    let mut order = parka();
    *order.pointer_mut(pointer).unwrap() = value;
    order
}

/// The order without one field.
pub fn parka_without(parent: &str, field: &str) -> Value {
    let mut order = parka();
    order.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field).unwrap();
    order
}
