//! `order-processor rebuild`: the projection is filled once more from the beginning of `order-events`,
//! beside the one that is read, and takes its place when both hold the same.
//!
//! - [`filling`]: a generation is filled up to where another one is;
//! - [`moment`]: where a generation is, and what waits in it;
//! - [`verdict`]: what two generations hold, compared table by table;
//! - [`patient`]: a store that is away for a while is waited for;
//! - [`switching`]: readers and projector go over;
//! - [`telling`]: how far it is, and what came of it.
//!
//! Whatever kills it, run again it goes on: the new generation has checkpoints of its own.

mod filling;
mod moment;
mod patient;
mod switching;
mod telling;
mod verdict;

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use event_log::LogError;
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

/// What `--help` ends with.
const EXAMPLES: &str = r"Examples:
    order-processor rebuild               fill, compare, switch if nothing differs
    order-processor rebuild --diff        fill, compare, show what differs, switch nothing
    order-processor rebuild --force       switch even if something differs
    order-processor rebuild --use 1       back to generation 1
    order-processor rebuild --drop-old    remove all generations but the live one

Exit codes: 0 done, 1 failed or stopped, 2 wrong usage, 3 something differs and nothing was switched";

/// Fills the projection once more from the beginning of order-events, and switches readers to it.
///
/// It may run beside programs that run: they answer from the old generation until the new one is filled
/// and holds the same, and then go over without a request failing. Stopped or killed, it goes on where it
/// was when it is run again. The old generation stays until --drop-old.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RebuildArgs {
    /// Shows the first rows that differ, and does not switch.
    #[arg(long)]
    diff: bool,
    /// Switches even if something differs.
    #[arg(long, conflicts_with = "diff")]
    force: bool,
    #[command(flatten)]
    instead: Instead,
    /// Prints what came of it as JSON on stdout, and how far it is as lines of JSON on stderr.
    #[arg(long)]
    json: bool,
}

/// What else can be done with generations.
#[derive(Args, Clone, Debug)]
struct Instead {
    /// Switches to a generation that was live before, once it has caught up. Nothing is compared.
    #[arg(long = "use", value_name = "GENERATION", conflicts_with_all = ["diff", "force"])]
    switch_to: Option<u32>,
    /// Removes every generation but the live one, one that was not filled to its end, too.
    #[arg(long, conflicts_with_all = ["diff", "force", "switch_to"])]
    drop_old: bool,
    /// Lists the generations that there are.
    #[arg(long, conflicts_with_all = ["diff", "force", "switch_to", "drop_old"])]
    list: bool,
}

/// Why there is no new generation.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The programs' common settings don't work.
    #[error(transparent)]
    Program(#[from] RunError),
    /// The log did not answer.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store did not answer, or not as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process has the lock.
    #[error("another rebuild is at work on this store")]
    Busy,
    /// The history is not whole any more.
    #[error(
        "order-events of partition {partition} begins at offset {first}: retention has removed what \
         came before, and generation {generation} needs it from offset {next} on. A projection can be \
         filled from its whole history only"
    )]
    HistoryGone {
        /// The partition.
        partition: Partition,
        /// The first event that is kept.
        first: Offset,
        /// The generation that lacks the events before it.
        generation: Generation,
        /// Its checkpoint.
        next: Offset,
    },
    /// A partition could not be filled.
    #[error("partition {partition} can't be filled: {cause}")]
    Filling {
        /// The partition.
        partition: Partition,
        /// Why.
        cause: String,
    },
    /// There is no such generation that could be live.
    #[error("there is no generation {0} that was live before; --list shows which there are")]
    NoSuchGeneration(Generation),
    /// It was told to stop.
    #[error("stopped before the end; run it again, and it goes on where it was")]
    Interrupted,
}

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
    let generations = program::open_generations(common).await?;
    let tell = Telling::new(args.json);
    if args.instead.list {
        tell.list(&patiently(async || generations.list().await).await?);
        return Ok(Ended::Done);
    }
    let lock = take_lock(&*generations).await?;
    if args.instead.drop_old {
        return switching::drop_old(&*generations, &lock, &tell).await;
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
        let (live, live_store) = self.live().await?;
        // Where there is no store yet, there is nothing to begin beside it. (One of an older schema is as
        // good as any.)
        moment::of(&live_store.store).await?;
        self.check_history_of_a_new_one().await?;
        let new = patiently(async || self.generations.begin(&self.lock).await).await?;
        let new_store = self.open(new).await?;
        let filling = self.unless_stopped(Filling::begin(self, new, new_store.clone())).await?;
        let found = self.compare(args, live, &live_store, &filling, &new_store);
        let same = self.unless_stopped(found).await?;
        let switched = !args.diff && (same || args.force);
        if switched {
            self.switch(&live_store, &filling, new).await?;
        }
        self.tell.end(live, new, same, switched);
        Ok(if same || switched { Ended::Done } else { Ended::Different })
    }

    /// Begins no generation that could not be filled to its end.
    async fn check_history_of_a_new_one(&self) -> Result<(), RebuildError> {
        let entries = self.list().await?;
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
        new_store: &GenerationStore,
    ) -> Result<bool, RebuildError> {
        let began = Instant::now();
        filling.load(live_store).await?;
        // A view ends with its connection: where that breaks, both are compared once more, as of later.
        let comparing = async || {
            let (moment, live_view) = moment::of(&live_store.store).await?;
            filling.up_to(&moment).await?;
            let new_view = new_store.store.content.view().await?;
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

    async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, RebuildError>>,
    ) -> Result<T, RebuildError> {
        tokio::select! {
            () = self.stop.cancelled() => Err(RebuildError::Interrupted),
            done = work => done,
        }
    }

    /// Switches to a generation that was live before.
    async fn go_back(&self, to: Generation) -> Result<Ended, RebuildError> {
        let (live, live_store) = self.live().await?;
        let entries = self.list().await?;
        let retired = |entry: &GenerationEntry| {
            entry.generation == to && entry.state == GenerationState::Retired
        };
        if !entries.iter().any(retired) {
            return Err(RebuildError::NoSuchGeneration(to));
        }
        let store = self.open(to).await?;
        let filling = Filling::begin(self, to, store).await?;
        self.switch(&live_store, &filling, to).await?;
        self.tell.end(live, to, true, true);
        Ok(Ended::Done)
    }

    async fn live(&self) -> Result<(Generation, GenerationStore), RebuildError> {
        let entries = self.list().await?;
        let live = entries.iter().find(|entry| entry.state == GenerationState::Live);
        let live = live.map_or(Generation::FIRST, |entry| entry.generation);
        Ok((live, self.open(live).await?))
    }

    async fn list(&self) -> Result<Vec<GenerationEntry>, StoreError> {
        patiently(async || self.generations.list().await).await
    }

    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError> {
        patiently(async || self.generations.open(generation).await).await
    }
}
