//! From a command to the log's acknowledgement, and on to the outcome.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use event_log::topics::ORDERS;
use event_log::{Appended, EventLog, Headers, LogError, NewRecord, partition_of_key};
use order_domain::{
    Command, CustomerId, Fingerprint, IdempotencyKey, NewOrder, OrderId, Partition, Position,
    ShopShards, TraceParent, VenueId,
};
use service_kit::Problem;
use tokio::sync::{OnceCell, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use uuid::Uuid;

use crate::admission::Admission;
use crate::meters::Meters;
use crate::outcome::Outcome;
use crate::recent_keys::{Memory, RecentKeys};
use crate::settings::ProducerSettings;
use crate::watcher::{OutcomeWatcher, Ticket};
use crate::{body, prefer};

/// `CloudEvents` attributes that are the same for every command (binary mode of the Kafka protocol
/// binding, CloudEvents 1.0.2).
const SPEC_VERSION: Bytes = Bytes::from_static(b"1.0");
const SOURCE: Bytes = Bytes::from_static(b"/order-producer-api");
const NEW_ORDER: Bytes = Bytes::from_static(b"seriatim.NewOrder");
const JSON: Bytes = Bytes::from_static(b"application/json");

/// Takes commands: bounds how many are at work, appends them, and tells what became of them.
pub struct Intake {
    log: Arc<dyn EventLog>,
    settings: ProducerSettings,
    shards: ShopShards,
    admission: Admission,
    recent_keys: RecentKeys,
    outcomes: OutcomeWatcher,
    partitions: OnceCell<u32>,
    meters: Meters,
    failing: AtomicBool,
}

/// A command that is durable.
pub(crate) struct Submitted {
    pub(crate) order_id: OrderId,
    pub(crate) position: Position,
    /// What became of it, where the client waited and it was known in time.
    pub(crate) outcome: Option<Outcome>,
    /// How long the client was ready to wait, where that was honoured.
    pub(crate) waited: Option<Duration>,
}

impl Intake {
    pub(crate) fn new(
        log: Arc<dyn EventLog>,
        shards: ShopShards,
        settings: ProducerSettings,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            admission: Admission::new(settings.requests_max, settings.queue_timeout),
            recent_keys: RecentKeys::new(settings.idempotency_keys_max),
            outcomes: OutcomeWatcher::new(
                log.clone(),
                settings.waiters_max,
                settings.tail_idle,
                shutdown,
            ),
            partitions: OnceCell::new(),
            meters: Meters::new(),
            failing: AtomicBool::new(false),
            log,
            settings,
            shards,
        }
    }

    /// Whether the log takes appends.
    pub(crate) async fn check(&self) -> Result<(), LogError> {
        // Looks at the very topic: a log may be well but for that one.
        self.log.partition_count(&ORDERS).await?;
        self.log.check().await
    }

    /// A place among the requests at work; 503 when none becomes free in time.
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let detail = "Too many requests are at work. This one was not taken.";
        self.admission.enter().await.ok_or_else(|| self.unavailable("overloaded", detail))
    }

    /// Reads a request's body within the bounds.
    pub(crate) async fn read_body(&self, body: Body) -> Result<Bytes, Problem> {
        body::read(body, self.settings.body_bytes_max, self.settings.body_read_timeout).await
    }

    /// How long this request would wait for its outcome.
    pub(crate) fn wait_of(&self, headers: &axum::http::HeaderMap) -> Option<Duration> {
        prefer::wait(headers, self.settings.wait_max)
    }

    /// The venue that keeps this customer's orders in order.
    pub(crate) fn venue_of(&self, customer: CustomerId) -> VenueId {
        self.shards.venue_of(customer)
    }

    /// Appends the order and gives `place` back as soon as it is durable; then waits for the outcome
    /// where the client would.
    ///
    /// An order with a known idempotency key and the same content is not appended again when nobody
    /// waits for its outcome: it is durable already, and the answer is the first one.
    pub(crate) async fn submit(
        &self,
        order: NewOrder,
        wait: Option<Duration>,
        place: SemaphorePermit<'_>,
    ) -> Result<Submitted, Problem> {
        let order_id = order.order_id;
        let fingerprint = order.idempotency_key.as_ref().map(|_| Fingerprint::of(&order));
        match fingerprint.map_or(Memory::New, |known| self.recent_keys.recall(order_id, known)) {
            Memory::Conflict => return Err(key_reused()),
            Memory::Repeated(position) if wait.is_none() => {
                self.meters.repeated.increment(1);
                return Ok(Submitted { order_id, position, outcome: None, waited: None });
            }
            Memory::Repeated(_) | Memory::New => {}
        }
        let ticket = match wait {
            Some(_) => self.follow(&order.venue).await,
            None => None,
        };
        let position = self.append(order).await?.position;
        drop(place);
        if let Some(fingerprint) = fingerprint {
            self.recent_keys.remember(order_id, fingerprint, position);
        }
        let (waited, outcome) = self.outcome(ticket.zip(wait), position).await;
        Ok(Submitted { order_id, position, outcome, waited })
    }

    async fn outcome(
        &self,
        waiting: Option<(Ticket, Duration)>,
        position: Position,
    ) -> (Option<Duration>, Option<Outcome>) {
        let Some((ticket, wait)) = waiting else { return (None, None) };
        let begin = Instant::now();
        let outcome = ticket.outcome(position.offset, wait).await;
        if outcome.is_some() {
            self.meters.outcome.record(begin.elapsed());
        }
        (Some(wait), outcome)
    }

    async fn follow(&self, venue: &VenueId) -> Option<Ticket> {
        let partition = self.partition_of(venue).await.ok()?;
        self.outcomes.follow(partition).await
    }

    async fn partition_of(&self, venue: &VenueId) -> Result<Partition, LogError> {
        let count = self.partitions.get_or_try_init(|| self.log.partition_count(&ORDERS)).await?;
        Ok(partition_of_key(venue.as_str().as_bytes(), *count))
    }

    async fn append(&self, order: NewOrder) -> Result<Appended, Problem> {
        let order_id = order.order_id;
        let record = record_of(order);
        let begin = Instant::now();
        match self.log.append(&ORDERS, record).await {
            Ok(appended) => {
                self.meters.append.record(begin.elapsed());
                self.meters.accepted.increment(1);
                self.note_success();
                debug!(%order_id, position = %appended.position, "appended");
                Ok(appended)
            }
            Err(error) => Err(self.not_appended(order_id, &error)),
        }
    }

    fn not_appended(&self, order_id: OrderId, error: &LogError) -> Problem {
        self.note_failure(error);
        if let LogError::TooLarge { .. } = error {
            return Problem::internal();
        }
        let kind = match error {
            LogError::Overloaded(_) => "overloaded",
            _ => "log-unavailable",
        };
        let detail = "The log did not acknowledge the order in time, and it may or may not have \
            been taken. Send it again with the same Idempotency-Key.";
        self.unavailable(kind, detail).with("orderId", order_id.to_string())
    }

    fn unavailable(&self, kind: &'static str, detail: &str) -> Problem {
        Problem::unavailable(kind, detail, self.settings.retry_after_s)
    }

    /// Thousands of requests fail together when the log does: the change is logged, once.
    fn note_failure(&self, error: &LogError) {
        if !error.is_retryable() {
            error!(%error, "the log refused a command");
        } else if !self.failing.swap(true, Ordering::Relaxed) {
            warn!(%error, "the log takes no commands");
        }
    }

    fn note_success(&self) {
        if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) {
            info!("the log takes commands again");
        }
    }
}

/// The id of a new order: made from customer and key, so that every copy of this program makes the
/// same one, or a `UUIDv7` where there is no key.
pub(crate) fn new_order_id(customer: CustomerId, key: Option<&IdempotencyKey>) -> OrderId {
    key.map_or_else(|| OrderId(Uuid::now_v7()), |key| OrderId::from_idempotency_key(customer, key))
}

/// The record that carries the order.
fn record_of(order: NewOrder) -> NewRecord {
    let order_id = order.order_id.to_string();
    // Two commands of one order are two events: they share the subject, not the id.
    let command_id = match &order.idempotency_key {
        Some(_) => Bytes::from(Uuid::now_v7().to_string()),
        None => Bytes::from(order_id.clone()),
    };
    let mut headers = Headers::new();
    headers.push("ce_specversion", SPEC_VERSION);
    headers.push("ce_id", command_id);
    headers.push("ce_source", SOURCE);
    headers.push("ce_type", NEW_ORDER);
    headers.push("ce_subject", order_id);
    headers.push("content-type", JSON);
    if let Some(trace) = order.trace_parent.as_ref().map(TraceParent::as_str) {
        headers.push("traceparent", trace.to_owned());
    }
    let key = Bytes::from(order.venue.as_str().to_owned());
    NewRecord { key, payload: Command::NewOrder(order).to_json().into(), headers }
}

/// 422: this key came before, with another order.
pub(crate) fn key_reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        "Idempotency key reused",
    )
    .detail("This Idempotency-Key was used before, with another body. The first order stands.")
}
