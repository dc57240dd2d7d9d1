//! A store that is filled again, and refuses what it refused when the log was new.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use event_log::dead_letters::REDRIVE;
use event_log::{LogSettings, NewRecord, Retention, topics};
use order_domain::event::OrderAccepted;
use order_domain::purchase::{Customer, PaymentMethod};
use order_domain::{
    Currency, CustomerId, Decision, Event, Fingerprint, Money, NewOrder, Position, Timestamp,
    VenueId,
};
use order_store::{RetryTier, StoreError};
use service_kit::config::{CommonArgs, Settings};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

const PARTITION: Partition = Partition(0);
const RETRY: &str = "order-events-retry-1000";

/// A real store that refuses some orders.
struct Picky {
    store: Arc<dyn ProjectionStore>,
    refused: Mutex<BTreeSet<OrderId>>,
}

#[async_trait]
impl ProjectionStore for Picky {
    async fn migrate(&self) -> Result<(), StoreError> {
        self.store.migrate().await
    }

    async fn set_partitions(&self, topic: &str, partitions: u32) -> Result<(), StoreError> {
        self.store.set_partitions(topic, partitions).await
    }

    async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        self.store.checkpoint(stream).await
    }

    async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError> {
        self.store.parked(partition).await
    }

    async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        let refused = |refused: &BTreeSet<OrderId>| {
            batch.orders.iter().any(|row| refused.contains(&row.order_id) && is_poison(row))
        };
        if refused(&self.refused.lock().unwrap()) {
            return Err(StoreError::Refused("poison".to_owned()));
        }
        self.store.apply(batch).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

fn is_poison(row: &order_store::OrderRow) -> bool {
    row.customer.name == "poison"
}

struct House {
    _folder: TempDir,
    log: Arc<dyn EventLog>,
    store: Arc<Picky>,
    orders: Arc<dyn order_store::OrderQueries>,
    settings: ProjectorSettings,
}

impl House {
    /// A log with orders 0 to 9, of which number 3 is poison, and an empty store that refuses it.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let log = event_log::open(&LogSettings::new(path("log"))).await.unwrap();
        let defaults = Settings::load_with(&CommonArgs::default(), "127.0.0.1:0", []).unwrap();
        let settings: ProjectorSettings = defaults.section("projector").unwrap();
        let delays: Vec<_> = settings.retry_tiers().map(|(_, delay)| delay).collect();
        log.create_topics(&topics::flow(1, Retention::default(), &delays)).await.unwrap();
        let store = order_store::open(&path("store.sqlite")).await.unwrap();
        store.projections.migrate().await.unwrap();
        let events = (0..10).map(|number| {
            let name = if number == 3 { "poison" } else { "Grace" };
            event(number, name)
        });
        log.append_all(&ORDER_EVENTS, PARTITION, events.collect()).await.unwrap();
        let refused = Mutex::new(BTreeSet::from([order_id(3)]));
        let picky = Arc::new(Picky { store: store.projections, refused });
        Self { _folder: folder, log, store: picky, orders: store.queries, settings }
    }

    async fn fill(&self, waiting: &Waiting) -> Vec<OrderId> {
        let mut limit = DeadLetterLimit::new(self.settings.dead_letters);
        let stop = CancellationToken::new();
        let (log, store) = (self.log.clone(), self.store.clone());
        let mut refill =
            Refill::begin(log, store, PARTITION, &self.settings, &mut limit, &stop).await.unwrap();
        refill.up_to(Offset(10), &|_| {}).await.unwrap();
        refill.settle(waiting).await.unwrap()
    }

    async fn name_of(&self, number: u64) -> Option<String> {
        let row = self.orders.order(order_id(number)).await.unwrap();
        row.map(|row| row.customer.name)
    }

    async fn parked(&self) -> Vec<ParkedSubject> {
        self.store.parked(PARTITION).await.unwrap()
    }
}

fn order_id(number: u64) -> OrderId {
    OrderId(Uuid::from_u128(number.into()))
}

/// The event that order `number`, from offset `number` of `orders`, was taken.
fn event(number: u64, name: &str) -> NewRecord {
    let order = NewOrder {
        order_id: order_id(number),
        venue: VenueId::new("shop/0").unwrap(),
        customer: Customer {
            id: CustomerId(7),
            name: name.to_owned(),
            last_name: "Hopper".to_owned(),
            email: "grace@example.com".to_owned(),
        },
        shipping_address: "Arlington".to_owned(),
        billing_address: "Arlington".to_owned(),
        total: Money::from_minor(0, Currency::Usd),
        payment_method: PaymentMethod::Invoice,
        items: Vec::new(),
        idempotency_key: None,
        trace_parent: None,
    };
    let fingerprint = Fingerprint::of(&order);
    let accepted = OrderAccepted { order, fingerprint };
    let decision = Decision {
        source: Position::new(PARTITION, Offset(number)),
        at: Timestamp(1_000),
        events: vec![Event::OrderAccepted(accepted)],
    };
    NewRecord { key: "shop/0".into(), payload: decision.to_json().into(), ..Default::default() }
}

/// How the store that was filled when the log was new waits for order 3.
fn dead(last_source: u64) -> Waiting {
    let parked = ParkedSubject {
        partition: PARTITION,
        order_id: order_id(3),
        tier: RetryTier::Dead,
        last_source: Offset(last_source),
        since: Timestamp(5),
        cause: "refused when it was new".to_owned(),
    };
    Waiting { parked: BTreeMap::from([(order_id(3), parked)]), retries: Vec::new() }
}

#[tokio::test]
async fn what_both_stores_refuse_waits_as_it_did_and_nothing_is_appended() {
    let house = House::new().await;
    let waiting = dead(3);
    assert_eq!(house.fill(&waiting).await, []);
    assert_eq!(house.parked().await, waiting.parked.into_values().collect::<Vec<_>>());
    assert_eq!(house.name_of(3).await, None);
    assert_eq!(house.name_of(4).await.as_deref(), Some("Grace"), "the others flow");
    for topic in [Topic::new(RETRY).unwrap(), topics::ORDER_EVENTS_DEAD_LETTERS] {
        let ends = house.log.ends(&topic, PARTITION).await.unwrap();
        assert_eq!(ends.next, Offset::ZERO, "{topic}");
    }
}

#[tokio::test]
async fn what_only_this_store_refuses_is_told() {
    let house = House::new().await;
    assert_eq!(house.fill(&Waiting::default()).await, [order_id(3)]);
    let parked = house.parked().await;
    assert_eq!((parked[0].order_id, parked[0].tier), (order_id(3), RetryTier::Dead));
    assert_eq!(
        house.fill(&Waiting::default()).await,
        [order_id(3)],
        "again, when it is gone on with"
    );
}

#[tokio::test]
async fn what_an_operator_has_mended_is_read_from_the_retry_topic() {
    let house = House::new().await;
    let retry = Topic::new(RETRY).unwrap();
    let mended =
        NewRecord { headers: event_log::Headers::new().with(REDRIVE, "1"), ..event(3, "Mended") };
    let records = vec![event(3, "poison"), mended];
    house.log.append_all(&retry, PARTITION, records).await.unwrap();
    let read = Checkpoint { next: Offset(2), ..Checkpoint::default() };
    let waiting = Waiting { retries: vec![(retry.clone(), read)], ..Waiting::default() };
    assert_eq!(house.fill(&waiting).await, []);
    assert_eq!(house.name_of(3).await.as_deref(), Some("Mended"));
    assert_eq!(house.parked().await, []);
    let at = house.store.checkpoint(&stream_of(&retry, PARTITION)).await.unwrap();
    assert_eq!(at, read, "the projector goes on behind what the other store has read");
}

#[tokio::test]
async fn a_store_that_somebody_else_fills_is_left_alone() {
    let house = House::new().await;
    let mut limit = DeadLetterLimit::new(house.settings.dead_letters);
    let stop = CancellationToken::new();
    let (log, store) = (house.log.clone(), house.store.clone());
    let mut refill =
        Refill::begin(log, store, PARTITION, &house.settings, &mut limit, &stop).await.unwrap();
    house.fill(&dead(3)).await;
    let error = refill.up_to(Offset(10), &|_| {}).await.unwrap_err();
    assert!(matches!(error, RunError::Store(StoreError::CheckpointMoved(_))), "{error}");
}
