//! From a command to the log's acknowledgement, and on to the outcome.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::HeaderMap;
use bytes::Bytes;
use event_log::topics::ORDERS;
use event_log::{Appended, EventLog, LogError, NewRecord, partition_of_key};
use order_domain::trading::CommandId;
use order_domain::{CustomerId, Partition, Position, ShopShards, VenueId};
use service_kit::Problem;
use service_kit::problem::{ProblemType, types};
use tokio::sync::{OnceCell, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::admission::Admission;
use crate::meters::Meters;
use crate::outcome::Outcome;
use crate::prefer::{self, Wait};
use crate::recent_keys::{Memory, RecentKeys};
use crate::settings::ProducerSettings;
use crate::submission::{About, Submission};
use crate::watcher::{OutcomeWatcher, Ticket};
use crate::{body, first_decision};

/// Takes commands: bounds how many are at work, appends them, and tells what became of them.
pub struct Intake {
    log: Arc<dyn EventLog>,
    settings: ProducerSettings,
    venues: Venues,
    admission: Admission,
    recent_keys: RecentKeys,
    outcomes: OutcomeWatcher,
    partitions: OnceCell<u32>,
    meters: Meters,
    failing: AtomicBool,
}

/// Where commands go.
pub(crate) struct Venues {
    /// The shop's.
    pub(crate) shards: ShopShards,
    /// The market's.
    pub(crate) market: VenueId,
}

/// A command that is durable.
pub(crate) struct Submitted {
    pub(crate) command_id: CommandId,
    pub(crate) position: Position,
    /// What became of it, where the client waited and it was known in time.
    pub(crate) outcome: Option<Outcome>,
    /// How long the client was ready to wait, where that was honoured.
    pub(crate) waited: Option<Wait>,
}

impl Intake {
    pub(crate) fn new(
        log: Arc<dyn EventLog>,
        venues: Venues,
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
            venues,
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
        self.admission.enter().await.ok_or_else(|| self.unavailable(&types::OVERLOADED, detail))
    }

    /// Reads a request's body within the bounds.
    pub(crate) async fn read_body(&self, body: Body) -> Result<Bytes, Problem> {
        body::read(body, self.settings.body_bytes_max, self.settings.body_read_timeout).await
    }

    /// How long this request would wait for its outcome.
    pub(crate) fn wait_of(&self, headers: &HeaderMap) -> Option<Wait> {
        prefer::wait(headers, self.settings.wait_max)
    }

    /// How long a request waits that can't be answered well without its outcome: as long as may be,
    /// unless it says otherwise.
    pub(crate) fn wait_by_default(&self, headers: &HeaderMap) -> Option<Wait> {
        prefer::wait_by_default(headers, self.settings.wait_max)
    }

    /// The venue that keeps this customer's orders in order.
    pub(crate) fn venue_of(&self, customer: CustomerId) -> VenueId {
        self.venues.shards.venue_of(customer)
    }

    /// The venue of the market.
    pub(crate) const fn market(&self) -> &VenueId {
        &self.venues.market
    }

    /// Appends the command and gives `place` back as soon as it is durable; then waits for the outcome
    /// where the client would.
    ///
    /// A command with a known idempotency key and the same content is not appended again when nobody
    /// waits for its outcome: it is durable already, and the answer is the first one.
    pub(crate) async fn submit(
        &self,
        submission: Submission,
        wait: Option<Wait>,
        place: SemaphorePermit<'_>,
    ) -> Result<Submitted, Problem> {
        let Submission { about, fingerprint, record } = submission;
        let command_id = about.command_id;
        match fingerprint.map_or(Memory::New, |known| self.recent_keys.recall(command_id, known)) {
            Memory::Conflict => return Err(key_reused()),
            Memory::Repeated(position) if wait.is_none() => {
                self.meters.of(about.dialect).repeated.increment(1);
                return Ok(Submitted { command_id, position, outcome: None, waited: None });
            }
            Memory::Repeated(_) | Memory::New => {}
        }
        // Boxed, as is the wait below: most requests don't wait, and all carry this future about.
        let ticket = match wait {
            Some(_) => Box::pin(self.follow(&record.key)).await,
            None => None,
        };
        let position = self.append(about, record).await?.position;
        drop(place);
        if let Some(fingerprint) = fingerprint {
            self.recent_keys.remember(command_id, fingerprint, position);
        }
        let Some((ticket, wait)) = ticket.zip(wait) else {
            return Ok(Submitted { command_id, position, outcome: None, waited: None });
        };
        let outcome = Box::pin(self.outcome(ticket, wait.longest, position)).await;
        Ok(Submitted { command_id, position, outcome, waited: Some(wait) })
    }

    /// What became of the command at `position`. One that only repeats an earlier one gets that one's
    /// outcome, as long as the log still has it.
    async fn outcome(&self, ticket: Ticket, wait: Duration, position: Position) -> Option<Outcome> {
        let begin = Instant::now();
        let outcome = ticket.outcome(position.offset, wait).await?;
        self.meters.outcome.record(begin.elapsed());
        let Some(first) = outcome.repeats() else { return Some(outcome) };
        let first = Position::new(position.partition, first);
        Some(first_decision::outcome_of(self.log.as_ref(), first).await.unwrap_or(outcome))
    }

    async fn follow(&self, key: &[u8]) -> Option<Ticket> {
        let partition = self.partition_of(key).await.ok()?;
        self.outcomes.follow(partition).await
    }

    async fn partition_of(&self, key: &[u8]) -> Result<Partition, LogError> {
        let count = self.partitions.get_or_try_init(|| self.log.partition_count(&ORDERS)).await?;
        Ok(partition_of_key(key, *count))
    }

    async fn append(&self, about: About, record: NewRecord) -> Result<Appended, Problem> {
        let begin = Instant::now();
        match self.log.append(&ORDERS, record).await {
            Ok(appended) => {
                self.meters.append.record(begin.elapsed());
                self.meters.of(about.dialect).accepted.increment(1);
                self.note_success();
                debug!(command_id = %about.command_id, position = %appended.position, "appended");
                Ok(appended)
            }
            Err(error) => Err(self.not_appended(about, &error)),
        }
    }

    fn not_appended(&self, about: About, error: &LogError) -> Problem {
        self.note_failure(error);
        if let LogError::TooLarge { .. } = error {
            return Problem::internal();
        }
        let kind = match error {
            LogError::Overloaded(_) => &types::OVERLOADED,
            _ => &types::LOG_UNAVAILABLE,
        };
        let detail = "The log did not acknowledge the request in time, and it may or may not have \
            been taken. Send it again with the same Idempotency-Key.";
        let problem = self.unavailable(kind, detail);
        match about.order_id {
            Some(order_id) => problem.with("orderId", order_id.to_string()),
            None => problem,
        }
    }

    fn unavailable(&self, kind: &'static ProblemType, detail: &str) -> Problem {
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

/// 422: this key came before, with another request.
pub(crate) fn key_reused() -> Problem {
    let detail =
        "This Idempotency-Key was used before, with another request. What came first stands.";
    Problem::new(&types::IDEMPOTENCY_KEY_REUSED).detail(detail)
}
