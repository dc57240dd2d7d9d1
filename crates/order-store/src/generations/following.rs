//! A store that goes over to the generation that is live, while it is in use.
//!
//! Which generation is live is looked up beside the queries, so that none waits for it; only the first one
//! does, and one whose tables are suddenly gone. What has begun ends on the generation it began on, which
//! stays until it is dropped.
//!
//! The projector goes over at once, and fills the new generation from where that stands. Readers follow
//! as soon as the new one has all that they were told is projected: until then they are told no more
//! than what both have. So whoever was told that a position has passed reads it from either.

mod ports;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use order_domain::OrderId;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::home::{self, Home};
use super::{FOLLOWED_EVERY, Generation};
use crate::moves::Telling;
use crate::{Checkpoint, OrderStore, ProjectionBatch, StoreError, StreamId};

/// How long a readiness check that comes first waits to hear which generation is live.
const CHECK_TIMEOUT: Duration = Duration::from_millis(300);

/// How many questions a generation is asked at once before it is live for this store: as many as any store
/// has connections for readers.
const WARMING_QUESTIONS: usize = 8;

/// How often readers who wait for a new generation look whether it has got far enough.
const CATCH_UP_PAUSE: Duration = Duration::from_millis(10);

/// A store that follows the live generation of `home`.
pub(crate) fn follow(home: Arc<dyn Home>) -> OrderStore {
    OrderStore::of(Arc::new(Following(Arc::new(Shared {
        home,
        state: Mutex::default(),
        looking: tokio::sync::Mutex::default(),
        moves: Telling::default(),
    }))))
}

struct Following(Arc<Shared>);

struct Shared {
    home: Arc<dyn Home>,
    state: Mutex<State>,
    /// Held by who looks which generation is live.
    looking: tokio::sync::Mutex<()>,
    /// What is projected through this store, told to its readers.
    moves: Telling,
}

#[derive(Default)]
struct State {
    live: Option<Live>,
    looked_at: Option<Instant>,
    /// Of which generation each stream's checkpoint was read last by the projector.
    read_of: HashMap<StreamId, Generation>,
    /// What readers were told of each stream while they asked one generation only. Streams of which
    /// nothing is projected are left out, so that there are no more than partitions.
    told: HashMap<StreamId, Checkpoint>,
}

/// Which generations are asked; the same for both, but for a moment after a switch.
#[derive(Clone)]
struct Live {
    writes: Arc<Opened>,
    reads: Arc<Opened>,
}

impl Live {
    fn is_one(&self) -> bool {
        self.writes.generation == self.reads.generation
    }

    fn is_same(&self, other: &Self) -> bool {
        let of = |live: &Self| (live.writes.generation, live.reads.generation);
        of(self) == of(other)
    }
}

/// A generation in use.
struct Opened {
    generation: Generation,
    store: OrderStore,
}

impl Opened {
    /// Makes sure that it answers, and connects meanwhile: else all readers would wait for connections at
    /// the moment of a switch. Where a server has few left, those that there are will do.
    async fn warm_up(&self) -> Result<(), StoreError> {
        let queries = &self.store.queries;
        let asking = (0..WARMING_QUESTIONS).map(|_| queries.order(OrderId(Uuid::nil())));
        let answers = join_all(asking).await;
        let answered =
            answers.into_iter().reduce(|one, other| if one.is_ok() { one } else { other });
        answered.unwrap_or(Ok(None)).map(drop)
    }
}

impl Shared {
    /// The lock is held for a look-up only, and never across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is asked now. Whether it still should be is looked up beside, if that is due.
    async fn live(self: &Arc<Self>) -> Result<Live, StoreError> {
        let known = self.state().live.clone();
        let Some(live) = known else {
            self.look().await?;
            return self.known();
        };
        self.look_beside();
        Ok(live)
    }

    fn known(&self) -> Result<Live, StoreError> {
        let away = || StoreError::Unavailable("the live generation is not known yet".to_owned());
        self.state().live.clone().ok_or_else(away)
    }

    fn look_beside(self: &Arc<Self>) {
        let mut state = self.state();
        if state.looked_at.is_some_and(|at| at.elapsed() < FOLLOWED_EVERY) {
            return;
        }
        state.looked_at = Some(Instant::now());
        let shared = self.clone();
        tokio::spawn(async move {
            if let Err(error) = shared.look().await {
                // What is known stays, and its own answers tell what is wrong.
                tracing::debug!(%error, "which generation is live could not be looked up");
            }
            shared.catch_up().await;
        });
    }

    /// Looks which generation is live. The projector goes over to it at once, readers who know no other
    /// one, too.
    async fn look(&self) -> Result<(), StoreError> {
        let _looking = self.looking.lock().await;
        let live = home::live(&*self.home).await?;
        let known = self.state().live.clone();
        let too_new = live.schema_version.is_some_and(|at| at > self.home.schema_version());
        let reads = match known {
            Some(known) if too_new || known.writes.generation == live.generation => return Ok(()),
            None if too_new => {
                return Err(StoreError::Configuration(format!(
                    "the schema of generation {}, which is live, is newer than this build",
                    live.generation
                )));
            }
            Some(known) => Some(known.reads),
            None => None,
        };
        let store = self.home.open(live.generation).await?.store;
        let writes = Arc::new(Opened { generation: live.generation, store });
        if reads.is_some() {
            writes.warm_up().await?;
            tracing::info!(generation = %live.generation, "another generation is live");
        }
        let reads = reads.unwrap_or_else(|| writes.clone());
        self.state().live = Some(Live { writes, reads });
        Ok(())
    }

    /// Lets readers follow, as soon as the new generation has what they were told; gives up when it is
    /// time to look again.
    async fn catch_up(&self) {
        let began = Instant::now();
        while began.elapsed() < FOLLOWED_EVERY {
            let live = match self.known() {
                Ok(live) if !live.is_one() => live,
                _ => return,
            };
            if self.has_what_was_told(&live.writes).await {
                self.readers_follow(&live);
                return;
            }
            sleep(CATCH_UP_PAUSE).await;
        }
    }

    async fn has_what_was_told(&self, opened: &Opened) -> bool {
        // While two generations are asked, nothing is added to it.
        let told = self.state().told.clone();
        for (stream, told) in told {
            let there = opened.store.queries.projected(&stream).await;
            if !there.is_ok_and(|there| there.source_next >= told.source_next) {
                return false;
            }
        }
        true
    }

    fn readers_follow(&self, seen: &Live) {
        let mut state = self.state();
        if let Some(live) = state.live.as_mut().filter(|live| live.is_same(seen)) {
            live.reads = live.writes.clone();
            tracing::info!(generation = %live.reads.generation, "readers ask another generation");
        }
    }

    /// Whether `error` may come of a generation that was dropped, and there is another by now. Readers
    /// of one that is gone follow in any case.
    async fn is_left(&self, asked: &Opened, error: &StoreError) -> bool {
        if !matches!(error, StoreError::Configuration(_)) || self.look().await.is_err() {
            return false;
        }
        let Ok(live) = self.known() else { return false };
        if live.writes.generation == asked.generation {
            return false;
        }
        self.readers_follow(&live);
        true
    }

    /// How far a stream is projected in every generation that is asked.
    async fn projected(self: &Arc<Self>, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        loop {
            let live = self.live().await?;
            let mut at = live.reads.store.queries.projected(stream).await?;
            if !live.is_one() {
                let there = live.writes.store.queries.projected(stream).await?;
                if there.source_next < at.source_next {
                    at = there;
                }
            }
            let mut state = self.state();
            let unchanged = state.live.as_ref().is_some_and(|now| now.is_same(&live));
            if !unchanged {
                continue;
            }
            if live.is_one() && at != Checkpoint::default() {
                state.told.insert(stream.clone(), at);
            }
            return Ok(at);
        }
    }

    /// For a readiness check, which has little time. Where it runs out before anything is known, the
    /// generation in the home itself tells what is wrong.
    async fn live_at_once(self: &Arc<Self>) -> Result<Live, StoreError> {
        if let Ok(live) = timeout(CHECK_TIMEOUT, self.live()).await {
            return live;
        }
        let store = self.home.open(Generation::FIRST).await?.store;
        let first = Arc::new(Opened { generation: Generation::FIRST, store });
        Ok(Live { writes: first.clone(), reads: first })
    }

    /// Makes sure that a projector moves the checkpoints of the generation that it read them of: what it
    /// remembers beside them, such as what is parked, is of that one, too.
    fn check_read_of(
        &self,
        generation: Generation,
        batch: &ProjectionBatch,
    ) -> Result<(), StoreError> {
        let state = self.state();
        let of_another = |stream: &&StreamId| {
            state.read_of.get(*stream).is_some_and(|read_of| *read_of != generation)
        };
        match batch.moves.iter().map(|step| &step.stream).find(of_another) {
            Some(stream) => Err(StoreError::CheckpointMoved(stream.clone())),
            None => Ok(()),
        }
    }
}
