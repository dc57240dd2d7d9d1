//! A processor over a real embedded log and a store whose troubles a test can choose.

mod troubled_store;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Request, StatusCode};
use event_log::{BatchLimit, EventLog, LogSettings, NewRecord, Record, Retention, Topic};
use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::trading::{self, CommandId};
use order_domain::{
    Command, Currency, CustomerId, Decision, Money, NewOrder, Offset, OrderId, Partition,
    TradingCommand, VenueId,
};
use order_processor::engine::live::LiveEngines;
use order_processor::engine::snapshots::Snapshots;
use order_processor::{
    DeadLetterLimitSettings, EngineRoleSettings, Member, Processor, ProcessorError,
    ProjectorSettings, Status,
};
use serde_json::Value;
use service_kit::config::{CommonArgs, Settings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub use troubled_store::TroubledStore;

/// Everything goes to one partition, so that a test sees one order of things.
pub const PARTITION: Partition = Partition(0);

/// No wait in these tests is longer.
const WAIT_MAX: Duration = Duration::from_mins(2);

pub struct House {
    pub log: Arc<dyn EventLog>,
    pub store: Arc<TroubledStore>,
    pub engine: EngineRoleSettings,
    pub projector: ProjectorSettings,
    directory: tempfile::TempDir,
}

/// A processor that runs until it is stopped.
pub struct Running {
    pub status: Status,
    pub router: Router,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ProcessorError>>,
}

impl House {
    /// An empty log and store; retries after 50 and 100 ms; at most 5 dead letters.
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("log").display());
        let log = event_log::open(&LogSettings::new(url)).await.unwrap();
        let defaults = Settings::load_with(&CommonArgs::default(), "127.0.0.1:0", []).unwrap();
        let mut engine: EngineRoleSettings = defaults.section("engine").unwrap();
        let mut projector: ProjectorSettings = defaults.section("projector").unwrap();
        let dead_letters = DeadLetterLimitSettings { records_max: 5, of_last: 100 };
        engine.dead_letters = dead_letters;
        projector.dead_letters = dead_letters;
        projector.retry_delays_ms = vec![50, 100];
        Self { log, store: Arc::default(), engine, projector, directory }
    }

    pub fn snapshots(&self) -> PathBuf {
        self.directory.path().join("snapshots")
    }

    /// A processor that does not run yet.
    pub fn processor(&self) -> Processor {
        Processor {
            log: self.log.clone(),
            store: self.store.clone(),
            snapshots: Snapshots::in_directory(self.snapshots()),
            member: Member::take(self.directory.path()).unwrap(),
            partitions: 1,
            retention: Retention::default(),
            engine: self.engine.clone(),
            projector: self.projector.clone(),
            status: Status::default(),
            engines: LiveEngines::default(),
        }
    }

    pub fn start(&self) -> Running {
        let processor = self.processor();
        let (status, router) = (processor.status.clone(), processor.router());
        let stop = CancellationToken::new();
        let task = tokio::spawn(processor.run(stop.clone()));
        Running { status, router, stop, task }
    }

    /// Makes the topics before any processor runs.
    pub async fn make_topics(&self) {
        let delays: Vec<_> = self.projector.retry_tiers().map(|(_, delay)| delay).collect();
        let specs = event_log::topics::flow(1, Retention::default(), &delays);
        self.log.create_topics(&specs).await.unwrap();
    }

    pub async fn send(&self, order: NewOrder) -> Offset {
        let command = Command::NewOrder(order);
        self.send_bytes(command.to_json()).await
    }

    /// Asks the market for something, as command `number`.
    pub async fn ask(&self, number: u32, request: trading::Request) -> Offset {
        let command = Command::Trading(TradingCommand {
            command_id: CommandId(order_id(number).0),
            venue: VenueId::new("market/main").unwrap(),
            idempotency_key: None,
            trace_parent: None,
            request,
        });
        self.send_bytes(command.to_json()).await
    }

    pub async fn send_bytes(&self, payload: Vec<u8>) -> Offset {
        let record =
            NewRecord { key: "shop/0".into(), payload: payload.into(), ..Default::default() };
        let topic = &event_log::topics::ORDERS;
        self.log.append(topic, record).await.unwrap().position.offset
    }

    /// The first `count` records of a topic; waits for them.
    pub async fn records(&self, topic: &Topic, count: usize) -> Vec<Record> {
        let mut reader = self.log.read(topic, PARTITION, Offset::ZERO).await.unwrap();
        let mut records = Vec::new();
        while records.len() < count {
            let limit = BatchLimit { records: count - records.len(), bytes: usize::MAX };
            let next = tokio::time::timeout(WAIT_MAX, reader.next(limit));
            records.extend(next.await.expect("records come in time").unwrap());
        }
        records
    }

    pub async fn decisions(&self, count: usize) -> Vec<Decision> {
        let records = self.records(&event_log::topics::ORDER_EVENTS, count).await;
        records.iter().map(|record| Decision::from_json(&record.payload).unwrap()).collect()
    }
}

/// `GET /state`: status, `Retry-After`, body.
pub async fn get_state(router: &Router) -> (StatusCode, Option<HeaderValue>, Value) {
    let request = Request::get("/state").body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let retry_after = response.headers().get(RETRY_AFTER).cloned();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, retry_after, serde_json::from_slice(&body).unwrap())
}

impl Running {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// Waits until `holds`.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < WAIT_MAX, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub fn order_id(number: u32) -> OrderId {
    OrderId(uuid::Uuid::from_u128(u128::from(number)))
}

/// A good purchase.
pub fn purchase(number: u32) -> NewOrder {
    let price = Money::from_minor(1_250, Currency::Usd);
    NewOrder {
        order_id: order_id(number),
        venue: VenueId::new("shop/0").unwrap(),
        customer: Customer {
            id: CustomerId(7),
            name: "Grace".into(),
            last_name: "Hopper".into(),
            email: "grace@example.com".into(),
        },
        shipping_address: "Arlington".into(),
        billing_address: "Arlington".into(),
        total: price,
        payment_method: PaymentMethod::Invoice,
        items: vec![Item {
            item_code: "CD-1".into(),
            brand: "Blue Note".into(),
            kind: "CD".into(),
            size: "12 cm".into(),
            colour: "silver".into(),
            quantity: 1,
            price,
        }],
        idempotency_key: None,
        trace_parent: None,
    }
}
