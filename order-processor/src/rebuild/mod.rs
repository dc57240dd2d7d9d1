//! `order-processor rebuild`: the projection is filled once more from the beginning of `order-events`,
//! beside the one that is read, and takes its place when both hold the same.
//!
//! - [`args`] and [`error`]: what can be asked, and what can go wrong;
//! - [`filling`]: a generation is filled up to where another one is;
//! - [`moment`]: where a generation is, and what waits in it;
//! - [`verdict`]: what two generations hold, compared table by table;
//! - [`patient`]: a store that is away for a while is waited for;
//! - [`switching`]: readers and projector go over;
//! - [`telling`]: how far it is, and what came of it.
//!
//! Whatever kills it, run again it goes on: the new generation has checkpoints of its own.

mod args;
mod error;
mod filling;
mod moment;
mod patient;
mod switching;
mod telling;
mod verdict;

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_log::topics::ORDER_EVENTS;
use order_domain::{Offset, Partition};
use order_store::StoreError;
use order_store::generations::{
    Generation, GenerationEntry, GenerationLock, GenerationState, GenerationStore,
    ProjectionGenerations,
};
use service_kit::config::Settings;
use tokio_util::sync::CancellationToken;

use crate::ProjectorSettings;
use crate::program::{self, RunError};
use args::Instead;
pub use args::RebuildArgs;
pub use error::RebuildError;
use filling::Filling;
use patient::patiently;
use telling::Telling;
use verdict::Verdict;

/// The exit code when the generations differ, and readers were not switched.
pub const DIFFERENT: u8 = 3;

/// How long the lock is waited for: a server notices a moment later that the process before has ended.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// How many rows that differ `--diff` shows of each table.
const SHOWN_ROWS: usize = 10;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As was asked for.
    Done,
    /// Something differs, so nothing was switched.
    Different,
}

/// Rebuilds, or does what else was asked for, and tells of it on stdout.
pub async fn run(
    args: &RebuildArgs,
    settings: &Settings,
    shutdown: CancellationToken,
) -> Result<Ended, RebuildError> {
    let common = settings.common();
    let generations = program::open_generations(common)?;
    let tell = Telling::new(args.json);
    let listing = async { Ok(all(&*generations).await?) };
    let listed = unless_stopped(&shutdown, listing).await?;
    // Of several, they are known and can be dropped whatever has become of the live one.
    let Instead { list, drop_old, .. } = args.instead;
    if listed.len() == 1 || !(list || drop_old) {
        unless_stopped(&shutdown, check_is_there(&*generations)).await?;
    }
    if list {
        tell.list(&listed);
        return Ok(Ended::Done);
    }
    let lock = unless_stopped(&shutdown, take_lock(&*generations)).await?;
    if drop_old {
        let dropping = switching::drop_old(&*generations, &lock, &tell);
        return unless_stopped(&shutdown, dropping).await;
    }
    let log = configured_log::open_existing(common).await.map_err(RunError::from)?;
    let projector: ProjectorSettings = settings.section("projector").map_err(RunError::from)?;
    let rebuild = Rebuild { generations, lock, log: log.clone(), projector, tell, stop: shutdown };
    let ended = match args.instead.switch_to {
        Some(generation) => rebuild.go_back(Generation(generation)).await,
        None => rebuild.go_on(args).await,
    };
    log.close().await;
    ended
}

/// Leaves the work where it is when it is to stop: that does no more harm than a kill.
async fn unless_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, RebuildError>>,
) -> Result<T, RebuildError> {
    tokio::select! {
        () = stop.cancelled() => Err(RebuildError::Interrupted),
        done = work => done,
    }
}

/// Makes sure that there is a store to have generations. (One of an older schema is as good as any.)
async fn check_is_there(generations: &dyn ProjectionGenerations) -> Result<(), RebuildError> {
    let (_, live) = live(generations).await?;
    match moment::of(&live.store).await {
        Ok(_) => Ok(()),
        Err(cause @ StoreError::Configuration(_)) => Err(RebuildError::NoStore(cause)),
        Err(error) => Err(error.into()),
    }
}

/// All generations.
async fn all(generations: &dyn ProjectionGenerations) -> Result<Vec<GenerationEntry>, StoreError> {
    patiently(async || generations.list().await).await
}

/// The live one.
async fn live(
    generations: &dyn ProjectionGenerations,
) -> Result<(Generation, GenerationStore), StoreError> {
    let entries = all(generations).await?;
    let live = entries.iter().find(|entry| entry.state == GenerationState::Live);
    let live = live.map_or(Generation::FIRST, |entry| entry.generation);
    Ok((live, open(generations, live).await?))
}

async fn open(
    generations: &dyn ProjectionGenerations,
    generation: Generation,
) -> Result<GenerationStore, StoreError> {
    patiently(async || generations.open(generation).await).await
}

/// The right to change generations.
async fn take_lock(
    generations: &dyn ProjectionGenerations,
) -> Result<GenerationLock, RebuildError> {
    let began = Instant::now();
    loop {
        if let Some(lock) = patiently(async || generations.lock().await).await? {
            return Ok(lock);
        }
        if began.elapsed() > LOCK_PATIENCE {
            return Err(RebuildError::Busy);
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
}

/// What all of it is done with.
struct Rebuild {
    generations: Arc<dyn ProjectionGenerations>,
    lock: GenerationLock,
    log: Arc<dyn event_log::EventLog>,
    projector: ProjectorSettings,
    tell: Telling,
    stop: CancellationToken,
}

impl Rebuild {
    /// Fills a new generation, or the one that was begun; compares it with the live one; switches.
    async fn go_on(&self, args: &RebuildArgs) -> Result<Ended, RebuildError> {
        let filled = unless_stopped(&self.stop, self.fill_and_compare(args)).await?;
        let Filled { live, live_store, filling, same } = filled;
        let new = filling.generation();
        let switched = !args.diff && (same || args.force);
        if switched {
            self.switch(&live_store, &filling, new).await?;
        }
        self.tell.end(live, new, same, switched);
        Ok(if same || switched { Ended::Done } else { Ended::Different })
    }

    async fn fill_and_compare(&self, args: &RebuildArgs) -> Result<Filled<'_>, RebuildError> {
        let (live, live_store) = live(&*self.generations).await?;
        self.check_history_of_a_new_one().await?;
        let new = patiently(async || self.generations.begin(&self.lock).await).await?;
        let new_store = open(&*self.generations, new).await?;
        let filling = Filling::begin(self, new, new_store).await?;
        let same = self.compare(args, live, &live_store, &filling).await?;
        Ok(Filled { live, live_store, filling, same })
    }

    /// Begins no generation that could not be filled to its end.
    async fn check_history_of_a_new_one(&self) -> Result<(), RebuildError> {
        let entries = all(&*self.generations).await?;
        if entries.iter().any(|entry| entry.state == GenerationState::Filling) {
            return Ok(());
        }
        let newest = entries.iter().map(|entry| entry.generation.0).max().unwrap_or_default();
        for partition in (0..self.log.partition_count(&ORDER_EVENTS).await?).map(Partition) {
            let first = self.log.ends(&ORDER_EVENTS, partition).await?.first;
            if first > Offset::ZERO {
                let (generation, next) = (Generation(newest + 1), Offset::ZERO);
                return Err(RebuildError::HistoryGone { partition, first, generation, next });
            }
        }
        Ok(())
    }

    /// Fills a generation, and tells whether it holds the same as the live one.
    async fn compare(
        &self,
        args: &RebuildArgs,
        live: Generation,
        live_store: &GenerationStore,
        filling: &Filling<'_>,
    ) -> Result<bool, RebuildError> {
        let began = Instant::now();
        filling.load(live_store).await?;
        // A view ends with its connection: where that breaks, both are compared once more, as of later.
        let comparing = async || {
            let (moment, live_view) = moment::of(&live_store.store).await?;
            filling.up_to(&moment).await?;
            let new_view = filling.view_at(&moment).await?;
            let filled_in = began.elapsed();
            let verdict = Verdict::of(live_view, new_view, args.diff, &self.tell).await?;
            Ok::<_, RebuildError>((moment, filled_in, verdict))
        };
        let (moment, filled_in, verdict) = patiently(comparing).await?;
        self.tell.fill(filling.generation(), filling.filled(), filled_in);
        let refused = filling.refused();
        self.tell.verdict(live, &verdict, refused, moment.parked_orders());
        Ok(verdict.is_same() && refused == 0)
    }

    /// Switches to a generation that was live before.
    async fn go_back(&self, to: Generation) -> Result<Ended, RebuildError> {
        let beginning = async {
            let (live, live_store) = live(&*self.generations).await?;
            let entries = all(&*self.generations).await?;
            let there = entries.iter().find(|entry| entry.generation == to);
            match there.map(|entry| entry.state) {
                Some(GenerationState::Live) => return Ok((live, None)),
                Some(GenerationState::Retired) => {}
                _ => return Err(RebuildError::NoSuchGeneration(to)),
            }
            let store = open(&*self.generations, to).await?;
            Ok((live, Some((live_store, Filling::begin(self, to, store).await?))))
        };
        let (live, retired) = unless_stopped(&self.stop, beginning).await?;
        match retired {
            Some((live_store, filling)) => {
                self.switch(&live_store, &filling, to).await?;
                self.tell.end(live, to, true, true);
            }
            None => self.tell.already(to),
        }
        Ok(Ended::Done)
    }
}

/// What there is before the switch.
struct Filled<'a> {
    live: Generation,
    live_store: GenerationStore,
    filling: Filling<'a>,
    same: bool,
}
