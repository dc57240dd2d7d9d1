//! A request on its way through a run.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use http1_client::{Answer, Client, Connection, Exchanged, Failure, Keep, Prepared};
use jiff::Timestamp;
use measure::{InFlight, Start};
use traffic_archive::{Entry, Exchange, Sequence};

use super::lanes::Keyed;
use super::request::{Preparation, Unsendable};
use super::retry::Attempts;
use crate::rewrite::Rewriter;

/// An entry to be sent, and what happened to it so far.
pub(super) struct Job {
    pub(super) sequence: Sequence,
    pub(super) key: String,
    /// When it was recorded.
    at: Timestamp,
    /// Bytes of the recorded body.
    pub(super) body_bytes: usize,
    /// The status of the recorded answer.
    pub(super) recorded: Option<u16>,
    content: Content,
    /// When it should be sent.
    pub(super) start: Start,
    /// Since it was sent first.
    pub(super) measured: Option<InFlight>,
    pub(super) attempts: Attempts,
}

/// What is sent.
enum Content {
    /// It was made ahead, by another thread, which keeps what was recorded.
    Ahead(Result<Prepared, Unsendable>),
    /// It depends on earlier answers, and is made when it is to be sent.
    InTime { recorded: Box<Exchange>, prepared: Option<Prepared> },
}

impl Keyed for Box<Job> {
    fn key(&self) -> &str {
        &self.key
    }
}

impl Job {
    /// Prepares ahead, if there is a preparation. What can't be prepared is told when it is to be
    /// sent.
    pub(super) fn new(entry: Entry, ahead: Option<&Preparation>) -> Box<Self> {
        let Entry { sequence, mut exchange } = entry;
        let (at, body_bytes) = (exchange.at, exchange.body.bytes().len());
        let recorded = exchange.response.as_ref().map(|response| response.status);
        let (key, content) = if let Some(preparation) = ahead {
            let prepared = preparation.prepare(sequence, &exchange);
            (mem::take(&mut exchange.key), Content::Ahead(prepared))
        } else {
            let key = exchange.key.clone();
            (key, Content::InTime { recorded: Box::new(exchange), prepared: None })
        };
        Box::new(Self {
            sequence,
            key,
            at,
            body_bytes,
            recorded,
            content,
            start: Start::Whenever,
            measured: None,
            attempts: Attempts::default(),
        })
    }

    /// Makes what is sent, unless it was made ahead; fails where it can't be.
    pub(super) fn prepare(
        &mut self,
        preparation: &Preparation,
        rewriter: Option<&mut Rewriter>,
    ) -> Result<(), Failure> {
        let (recorded, place) = match &mut self.content {
            Content::Ahead(prepared) => {
                return prepared.as_ref().map(drop).map_err(Failure::unsendable);
            }
            Content::InTime { recorded, prepared } => (recorded, prepared),
        };
        let made = match rewriter {
            None => preparation.prepare(self.sequence, recorded),
            Some(rewriter) => {
                let rewritten = rewriter.rewrite(self.sequence, recorded);
                preparation.prepare(self.sequence, &rewritten.map_err(Failure::unsendable)?)
            }
        };
        *place = Some(made.map_err(Failure::unsendable)?);
        Ok(())
    }

    /// What is sent; `None` until it is prepared.
    fn prepared(&self) -> Option<&Prepared> {
        match &self.content {
            Content::Ahead(prepared) => prepared.as_ref().ok(),
            Content::InTime { prepared, .. } => prepared.as_ref(),
        }
    }

    /// The request as it was recorded, where somebody may still need it.
    pub(super) fn exchange(&self) -> Option<&Exchange> {
        match &self.content {
            Content::Ahead(_) => None,
            Content::InTime { recorded, .. } => Some(recorded),
        }
    }

    /// When it was recorded, since an arbitrary moment.
    pub(super) fn recorded_at(&self) -> Duration {
        self.at.duration_since(Timestamp::MIN).try_into().unwrap_or_default()
    }
}

/// How a request is carried to the target.
pub(super) struct Carrier {
    pub(super) client: Client,
    /// Of which answers headers and bodies are looked at.
    pub(super) keep: Keep,
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
        job: Box<Job>,
        connection: Option<Connection>,
    ) -> Landing {
        let prepared = job.prepared().expect("who sends has prepared");
        let Exchanged { result, connection } =
            self.client.exchange(prepared, self.keep, connection).await;
        Landing { job, result, connection }
    }
}
