//! What a run needs, and what comes of it.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use http1_client::Failure;
use measure::{Alarm, Recorder};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use traffic_archive::Sequence;

use super::job::{Carrier, Job};
use super::journal::StateError;
use super::lanes::Order;
use super::notes::Notes;
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

/// Everything that the threads of a run share.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) order: Order,
    pub(super) limits: Limits,
    pub(super) on_give_up: OnGiveUp,
    pub(super) preparation: Preparation,
    pub(super) carrier: Arc<Carrier>,
    pub(super) notes: Arc<Mutex<Notes>>,
    pub(super) alarm: Alarm,
    /// Ends all threads: a signal, or what ended one of them.
    pub(super) stop: CancellationToken,
}

/// What one thread does of it.
pub(super) struct Share {
    pub(super) plan: Plan,
    pub(super) connections: usize,
    pub(super) batches: mpsc::Receiver<Batch>,
    pub(super) recorder: Recorder,
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

/// What came of one thread's share.
#[derive(Default)]
pub(super) struct ShareEnded {
    /// `None` when all of it was sent.
    pub(super) halt: Option<Halt>,
    /// Entries that were sent and have no answer.
    pub(super) in_doubt: Vec<Sequence>,
    pub(super) given_up: GivenUp,
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

impl Ended {
    /// Of all threads, which have ended, and of what they wrote down.
    pub(super) fn of(shares: Vec<ShareEnded>, mut notes: Notes) -> Self {
        let mut all = shares.into_iter().fold(ShareEnded::default(), ShareEnded::and);
        if let Err(halt) = notes.checkpoint() {
            all.halt.get_or_insert(halt);
        }
        let mut next = notes.done.next();
        if let Some(journal) = &notes.journal {
            // It also knows what an earlier run left, and what of this one could not be written.
            all.in_doubt = journal.in_doubt().collect();
            next = journal.done().next();
        }
        all.in_doubt.sort_unstable();
        let ShareEnded { halt, in_doubt, given_up } = all;
        Self { halt, next, in_doubt, given_up, rewriter: notes.rewriter }
    }
}

impl ShareEnded {
    fn and(mut self, other: Self) -> Self {
        self.halt = match (self.halt, other.halt) {
            // It is what the other one's halt did to this one.
            (None | Some(Halt::Interrupted), Some(halt)) | (Some(halt), _) => Some(halt),
            (None, None) => None,
        };
        self.in_doubt.extend(other.in_doubt);
        self.given_up.extend(other.given_up);
        self
    }
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

    fn extend(&mut self, other: Self) {
        self.count += other.count;
        self.named.extend(other.named);
        self.named.sort_unstable_by_key(|(sequence, _)| *sequence);
        self.named.truncate(Self::NAMED_MAX);
    }
}
