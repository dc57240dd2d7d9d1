//! What a run writes down as it goes: state, outcomes, learned ids.

use std::mem;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http1_client::{Answer, Failure};
use measure::ErrorKind;
use traffic_archive::{Body, Response, Sequence};

use super::done::Done;
use super::job::Job;
use super::journal::Journal;
use super::log::OutcomeLog;
use super::plan::Halt;
use crate::outcome::Outcome;
use crate::rewrite::Rewriter;

/// What is done, and everything of it that outlasts the run.
pub(super) struct Notes {
    pub(super) done: Done,
    pub(super) journal: Option<Journal>,
    pub(super) outcomes: Option<(PathBuf, OutcomeLog)>,
    pub(super) rewriter: Option<Rewriter>,
}

/// How a job ended.
pub(super) struct Ending {
    pub(super) answer: Option<Answer>,
    pub(super) outcome: Result<(), ErrorKind>,
    /// Why it was given up.
    pub(super) failure: Option<Failure>,
}

/// The threads take turns. One that panics leaves them as they are: whole, between two turns.
pub(super) fn locked(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Notes {
    /// An entry is about to be sent.
    pub(super) fn sent(&mut self, sequence: Sequence) {
        if let Some(journal) = &mut self.journal {
            journal.note_sent(sequence);
        }
    }

    /// A job will not be sent any more, so long after it was first sent.
    pub(super) fn done(&mut self, job: &mut Job, ending: Ending, elapsed: Duration) {
        self.done.insert(job.sequence);
        if self.rewriter.is_some() || self.outcomes.is_some() {
            self.tell(job, ending, elapsed);
        }
        if let Some(journal) = &mut self.journal {
            journal.note_done(job.sequence);
        }
    }

    fn tell(&mut self, job: &mut Job, ending: Ending, elapsed: Duration) {
        let Ending { answer, outcome, failure } = ending;
        let elapsed_us = u64::try_from(elapsed.as_micros()).ok();
        let body_cut = answer.as_ref().is_some_and(|answer| answer.body_cut);
        let response = answer.map(|answer| response(answer, elapsed_us));
        if let (Some(rewriter), Some(recorded), Some(response)) =
            (&mut self.rewriter, job.exchange(), &response)
        {
            rewriter.learn(recorded, response);
        }
        let Some((_, log)) = &mut self.outcomes else { return };
        let error = failure.map(|failure| failure.to_string());
        log.note(&Outcome {
            sequence: job.sequence,
            key: mem::take(&mut job.key),
            attempts: job.attempts.count,
            response,
            body_cut,
            error: error.or_else(|| outcome.err().map(|kind| kind.to_string())),
        });
    }

    /// Everything is in the hands of the system before anything is sent that depends on it.
    pub(super) fn commit(&mut self) -> Result<(), Halt> {
        if let Some(rewriter) = &mut self.rewriter {
            rewriter.commit().map_err(Halt::Ids)?;
        }
        if let Some((path, log)) = &mut self.outcomes {
            log.commit().map_err(|source| Halt::Outcomes { path: path.clone(), source })?;
        }
        if let Some(journal) = &mut self.journal {
            journal.commit()?;
        }
        Ok(())
    }

    /// The state is on the disk.
    pub(super) fn checkpoint(&mut self) -> Result<(), Halt> {
        match &mut self.journal {
            Some(journal) => Ok(journal.checkpoint()?),
            None => Ok(()),
        }
    }
}

fn response(answer: Answer, elapsed_us: Option<u64>) -> Response {
    Response {
        status: answer.status,
        headers: answer.headers,
        body: Body::from(answer.body),
        elapsed_us,
    }
}
