//! Asking the live engines of this process what they came to.
//!
//! An engine belongs to the task that runs it. It is asked through a channel that the task looks
//! into while it waits for commands, between two batches: what it tells is decided and published.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use order_domain::{Offset, Partition};
use order_engine::{Engine, VenueOutcomes};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// How long an engine may take to answer.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(2);

/// How many questions wait for one engine at most.
const WAITING_MAX: usize = 16;

/// Where the answer goes.
type Question = oneshot::Sender<EngineOutcomes>;

/// What an engine came to, between two batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineOutcomes {
    /// The partition it decides.
    pub partition: Partition,
    /// The first command that it has not decided.
    pub next_source: Offset,
    /// What became of the orders of every venue, by name.
    pub venues: Vec<VenueOutcomes>,
}

/// Why an engine did not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOutcomes {
    /// It restores its state, waits for the log, has stopped, or was taken from this process.
    #[error("the engine of partition {0} is not running")]
    NotRunning(Partition),
    /// It is in the middle of a batch, or too many ask.
    #[error("the engine of partition {0} is busy")]
    Busy(Partition),
}

/// The engines of this process that have their state and decide. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct LiveEngines(Arc<Mutex<BTreeMap<Partition, mpsc::Sender<Question>>>>);

impl LiveEngines {
    /// What the engines of `partitions` came to, in that order. All are asked at once, and each
    /// answers in its own time: commands that are decided meanwhile may show in some and not in
    /// others.
    pub async fn outcomes(
        &self,
        partitions: &[Partition],
    ) -> Result<Vec<EngineOutcomes>, NoOutcomes> {
        try_join_all(partitions.iter().map(|partition| self.ask(*partition))).await
    }

    async fn ask(&self, partition: Partition) -> Result<EngineOutcomes, NoOutcomes> {
        let (question, answer) = oneshot::channel();
        let asked = match self.engines().get(&partition) {
            Some(engine) => engine.try_send(question),
            None => Err(TrySendError::Closed(question)),
        };
        asked.map_err(|error| match error {
            TrySendError::Full(_) => NoOutcomes::Busy(partition),
            TrySendError::Closed(_) => NoOutcomes::NotRunning(partition),
        })?;
        match tokio::time::timeout(ANSWER_WAIT_MAX, answer).await {
            Ok(answered) => answered.map_err(|_| NoOutcomes::NotRunning(partition)),
            Err(_) => Err(NoOutcomes::Busy(partition)),
        }
    }

    /// From now on the engine of `partition` can be asked, until the returned end is dropped.
    pub(super) fn register(&self, partition: Partition) -> Questions {
        let (asking, waiting) = mpsc::channel(WAITING_MAX);
        self.engines().insert(partition, asking);
        Questions { engines: self.clone(), partition, waiting }
    }

    fn engines(&self) -> MutexGuard<'_, BTreeMap<Partition, mpsc::Sender<Question>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The engine's end: the questions that wait for it.
pub(super) struct Questions {
    engines: LiveEngines,
    partition: Partition,
    waiting: mpsc::Receiver<Question>,
}

impl Questions {
    /// The next question, as soon as there is one. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<Question> {
        self.waiting.recv().await
    }

    /// Answers `first` and every other question that waits: hashing once serves them all.
    pub(super) fn answer(&mut self, first: Question, engine: &Engine) {
        let outcomes = EngineOutcomes {
            partition: engine.partition(),
            next_source: engine.next_source(),
            venues: engine.outcomes(),
        };
        // Whoever asked may have gone: that is no failure.
        while let Ok(question) = self.waiting.try_recv() {
            let _ = question.send(outcomes.clone());
        }
        let _ = first.send(outcomes);
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.engines.engines().remove(&self.partition);
    }
}

#[cfg(test)]
mod tests {
    use order_engine::EngineSettings;

    use super::*;

    const PARTITION: Partition = Partition(3);

    #[tokio::test]
    async fn one_answer_serves_all_that_ask() {
        let live = LiveEngines::default();
        let mut questions = live.register(PARTITION);
        let asking: Vec<_> = (0..3)
            .map(|_| {
                let live = live.clone();
                tokio::spawn(async move { live.outcomes(&[PARTITION]).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let first = questions.next().await.unwrap();
        questions.answer(first, &Engine::new(PARTITION, EngineSettings::default()));
        for asked in asking {
            let [outcomes] = &asked.await.unwrap().unwrap()[..] else { panic!("one engine") };
            assert_eq!((outcomes.partition, outcomes.next_source), (PARTITION, Offset::ZERO));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_does_not_answer_is_not_waited_for_long() {
        let live = LiveEngines::default();
        let questions = live.register(PARTITION);
        for _ in 0..WAITING_MAX {
            let began = tokio::time::Instant::now();
            assert_eq!(live.outcomes(&[PARTITION]).await, Err(NoOutcomes::Busy(PARTITION)));
            assert_eq!(began.elapsed(), ANSWER_WAIT_MAX);
        }
        let began = tokio::time::Instant::now();
        assert_eq!(live.outcomes(&[PARTITION]).await, Err(NoOutcomes::Busy(PARTITION)));
        assert!(began.elapsed().is_zero(), "what it can't take in is refused at once");
        drop(questions);
    }

    #[tokio::test]
    async fn an_engine_that_ends_tells_nothing() {
        let live = LiveEngines::default();
        let not_running = Err(NoOutcomes::NotRunning(PARTITION));
        assert_eq!(live.outcomes(&[PARTITION]).await, not_running, "before it began");
        let questions = live.register(PARTITION);
        let (asked, ()) = tokio::join!(live.outcomes(&[PARTITION]), async { drop(questions) });
        assert_eq!(asked, not_running, "while it was asked");
        assert_eq!(live.outcomes(&[PARTITION]).await, not_running, "afterwards");
    }
}
