//! What a run needs, and what comes of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http1_client::Failure;
use measure::{Alarm, Pace, Recorder};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use traffic_archive::Sequence;

use super::done::Done;
use super::job::{Carrier, Job};
use super::journal::{Journal, StateError};
use super::lanes::Order;
use super::log::OutcomeLog;
use super::request::Preparation;
use super::retry::Limits;
use crate::rewrite::Rewriter;
use crate::source::SourceError;

/// What to do with a request that was tried often or long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OnGiveUp {
    /// The run ends, and nothing is skipped: it can go on from that request.
    #[default]
    Stop,
    /// It counts as failed, and those behind it are sent.
    Continue,
}

/// What comes from the source.
pub(super) type Batch = Result<Vec<Box<Job>>, SourceError>;

/// Everything a run needs.
pub(super) struct Plan {
    pub(super) order: Order,
    pub(super) connections: usize,
    pub(super) pace: Pace,
    /// Longer recorded gaps count as this.
    pub(super) gap_max: Duration,
    pub(super) limits: Limits,
    pub(super) on_give_up: OnGiveUp,
    pub(super) preparation: Preparation,
    pub(super) carrier: Arc<Carrier>,
    pub(super) rewriter: Option<Rewriter>,
    pub(super) batches: mpsc::Receiver<Batch>,
    pub(super) done: Done,
    pub(super) journal: Option<Journal>,
    pub(super) outcomes: Option<(PathBuf, OutcomeLog)>,
    pub(super) recorder: Recorder,
    pub(super) alarm: Alarm,
    pub(super) stop: CancellationToken,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    /// A signal.
    #[error("interrupted")]
    Interrupted,
    /// The source has failed.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// The state file can't be written.
    #[error("{0}")]
    State(#[from] StateError),
    /// The outcomes file can't be written.
    #[error("{path}: {source}")]
    Outcomes {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// What was learned from answers can't be kept.
    #[error("{0}")]
    Ids(io::Error),
    /// A request was given up.
    #[error("gave up on entry {sequence}: {failure}")]
    GaveUp {
        /// The request.
        sequence: Sequence,
        /// What happened last.
        failure: Failure,
    },
}

/// What came of a run.
pub(super) struct Ended {
    /// `None` when everything was sent.
    pub(super) halt: Option<Halt>,
    /// The lowest entry that is not done.
    pub(super) next: Sequence,
    /// Entries that were sent and have no answer: they may have taken effect.
    pub(super) in_doubt: Vec<Sequence>,
    /// Entries that were given up and skipped.
    pub(super) given_up: GivenUp,
    /// With what it learned.
    pub(super) rewriter: Option<Rewriter>,
}

/// Requests that failed for good and were skipped.
#[derive(Default)]
pub(super) struct GivenUp {
    pub(super) count: u64,
    /// The first of them, and why.
    pub(super) named: Vec<(Sequence, Failure)>,
}

impl GivenUp {
    /// Requests that are named; all are counted.
    const NAMED_MAX: usize = 100;

    pub(super) fn add(&mut self, sequence: Sequence, why: &Failure) {
        self.count += 1;
        if self.named.len() < Self::NAMED_MAX {
            self.named.push((sequence, why.clone()));
        }
    }
}
