//! A request on its way through a run.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use measure::{InFlight, Start};

use super::connection::{Answer, Connection, Failure, Unanswered};
use super::lanes::Keyed;
use super::request::{Preparation, Prepared};
use super::retry::Attempts;
use crate::archive::{Entry, Exchange, Sequence};
use crate::target::TargetUrl;
use crate::tls::Tls;

/// An entry to be sent, and what happened to it so far.
pub(super) struct Job {
    pub(super) sequence: Sequence,
    pub(super) exchange: Exchange,
    /// What is sent: made ahead by another thread where nothing depends on earlier answers.
    pub(super) prepared: Option<Prepared>,
    /// The status of the recorded answer.
    pub(super) recorded: Option<u16>,
    /// When it should be sent.
    pub(super) start: Start,
    /// Since it was sent first.
    pub(super) measured: Option<InFlight>,
    pub(super) attempts: Attempts,
}

impl Keyed for Box<Job> {
    fn key(&self) -> &str {
        &self.exchange.key
    }
}

impl Job {
    /// Prepares ahead, if there is a preparation. What can't be prepared is found out when it is to
    /// be sent.
    pub(super) fn new(entry: Entry, preparation: Option<&Preparation>) -> Box<Self> {
        let Entry { sequence, mut exchange } = entry;
        let prepare = |with: &Preparation| with.prepare(sequence, &exchange).ok();
        let prepared = preparation.and_then(prepare);
        let recorded = exchange.response.as_ref().map(|response| response.status);
        if preparation.is_some() {
            // Only who rewrites looks at it.
            exchange.response = None;
        }
        Box::new(Self {
            sequence,
            prepared,
            recorded,
            exchange,
            start: Start::Whenever,
            measured: None,
            attempts: Attempts::default(),
        })
    }

    /// When it was recorded, since an arbitrary moment.
    pub(super) fn recorded_at(&self) -> Duration {
        let since = self.exchange.at.duration_since(Timestamp::MIN);
        since.try_into().unwrap_or_default()
    }

    /// Bytes it holds, about.
    pub(super) fn bytes(&self) -> usize {
        self.exchange.body.bytes().len()
    }
}

/// How a request is carried to the target.
pub(super) struct Carrier {
    pub(super) target: TargetUrl,
    pub(super) tls: Option<Tls>,
    /// From connecting to the end of the answer.
    pub(super) timeout: Duration,
    /// Whether headers and bodies of answers are looked at.
    pub(super) keep: bool,
}

/// An attempt that has ended.
pub(super) struct Landing {
    pub(super) job: Box<Job>,
    pub(super) result: Result<Answer, Failure>,
    /// To be used again.
    pub(super) connection: Option<Connection>,
}

impl Carrier {
    /// One attempt with a job that is prepared, over this connection or a new one.
    pub(super) async fn carry(
        self: Arc<Self>,
        mut job: Box<Job>,
        mut connection: Option<Connection>,
    ) -> Landing {
        let attempt = self.attempt(&mut job.prepared, &mut connection);
        let result = match tokio::time::timeout(self.timeout, attempt).await {
            Ok(result) => result,
            Err(_) => Err(Failure::timeout(self.timeout)),
        };
        // A connection on which something failed may still bring the answer that came too late.
        let connection = connection.filter(|open| result.is_ok() && open.is_open());
        Landing { job, result, connection }
    }

    async fn attempt(
        &self,
        prepared: &mut Option<Prepared>,
        connection: &mut Option<Connection>,
    ) -> Result<Answer, Failure> {
        if let Some(used) = connection {
            match used.exchange(prepared, self.keep).await {
                Ok(answer) => return Ok(answer),
                Err(Unanswered::Failed(failure)) => return Err(failure),
                // The target had closed it: no reason to count that as an attempt.
                Err(Unanswered::Unsent) => {}
            }
        }
        // In a box: it is large and rare, and every attempt would carry its room about.
        let opening = Box::pin(Connection::open(&self.target, self.tls.as_ref()));
        let new = connection.insert(opening.await?);
        match new.exchange(prepared, self.keep).await {
            Ok(answer) => Ok(answer),
            Err(Unanswered::Failed(failure)) => Err(failure),
            Err(Unanswered::Unsent) => Err(Failure::closed()),
        }
    }
}
