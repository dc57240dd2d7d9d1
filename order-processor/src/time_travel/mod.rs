//! `order-processor state`: what the state was at a moment, from snapshots and decisions, never from
//! SQL.
//!
//! - [`moment`]: the moment that is asked for;
//! - [`story`]: how one order came to be what it was;
//! - [`view`]: the answer as JSON.

mod moment;
mod story;
mod view;

use std::sync::Arc;

use clap::Args;
use event_log::topics::ORDERS;
use event_log::{EventLog, LogError};
use order_domain::{Offset, OrderId, Partition, VenueId};
use order_engine::EngineSettings;
use service_kit::config::Settings;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use moment::Moment;
use story::{Order, story};
use view::{OrderView, PastView};

use crate::engine::restore::{RestoreError, Restored, restore_until};
use crate::engine::snapshots::Snapshots;
use crate::program::{self, RunError};

/// What `--help` ends with.
const EXAMPLES: &str = r"Examples:
    order-processor state --at 0:1041
    order-processor state --at 2026-11-20T14:00:00Z --order 0198c0de-0000-7000-8000-000000000001
    order-processor state --venue market/main

Exit codes: 0 answered, 1 there is no such order or the log can't be read, 2 wrong usage";

/// Tells what the state was at a moment of the past, as JSON.
///
/// It is restored from the nearest snapshot and the decisions after it; the store is not asked, and
/// nothing is written, so it may be asked beside programs that run.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct StateArgs {
    /// After the command at this position of `orders` (3:1042) was decided, or after all commands
    /// that the log took until this time (2026-11-20T14:00:00Z). Now, unless it is given.
    #[arg(long, value_name = "POSITION|TIME")]
    at: Option<Moment>,
    /// Tells of one order: what became of it until then, event by event.
    #[arg(long, value_name = "ID", conflicts_with = "venue")]
    order: Option<Uuid>,
    /// Tells of one market besides: its accounts, balances and open orders.
    #[arg(long, value_name = "VENUE", value_parser = |text: &str| VenueId::new(text))]
    venue: Option<VenueId>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum TimeTravelError {
    /// The programs' common settings don't work.
    #[error(transparent)]
    Program(#[from] RunError),
    /// The state can't be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The log did not answer.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The moment is none of this log.
    #[error("there is no partition {partition}: the topic orders has {partitions}")]
    NoPartition {
        /// Which was asked for.
        partition: Partition,
        /// How many there are.
        partitions: u32,
    },
    /// The command is not decided, or not there, yet.
    #[error(
        "partition {partition} is decided up to offset {next}, exclusive: ask for an earlier one"
    )]
    NotDecided {
        /// The partition.
        partition: Partition,
        /// The first command without a decision.
        next: Offset,
    },
    /// Nobody had placed the order by then.
    #[error("no order {0} was placed until then")]
    NoOrder(OrderId),
    /// No command had come to the venue by then.
    #[error("no command had come to a market {0} until then")]
    NoMarket(VenueId),
}

/// Where the past is read.
struct History {
    log: Arc<dyn EventLog>,
    snapshots: Snapshots,
    settings: EngineSettings,
}

/// Answers on stdout.
pub async fn run(
    args: &StateArgs,
    settings: &Settings,
    shutdown: CancellationToken,
) -> Result<(), TimeTravelError> {
    let log = configured_log::open_existing(settings.common()).await.map_err(RunError::from)?;
    let (engine, snapshots) = program::engine_of(settings).map_err(RunError::from)?;
    let history = History {
        log: log.clone(),
        snapshots: Snapshots::in_directory(snapshots),
        settings: engine.engine(),
    };
    let answered = tokio::select! {
        answered = history.answer(args) => answered,
        () = shutdown.cancelled() => Ok(None),
    };
    log.close().await;
    if let Some(json) = answered? {
        println!("{json}");
    }
    Ok(())
}

impl History {
    async fn answer(&self, args: &StateArgs) -> Result<Option<String>, TimeTravelError> {
        let past = self.restore(args.at.unwrap_or(Moment::Now)).await?;
        let json = match (args.order, &args.venue) {
            (Some(id), _) => {
                let order = self.find(OrderId(id), &past).await?;
                serde_json::to_string_pretty(&OrderView::of(&order))
            }
            (None, venue) => serde_json::to_string_pretty(&PastView::of(&past, venue.as_ref())?),
        };
        Ok(Some(json.expect("texts and numbers are written without fail")))
    }

    /// The engines of the moment's partition, or of all.
    async fn restore(&self, moment: Moment) -> Result<Vec<Restored>, TimeTravelError> {
        let partitions = self.log.partition_count(&ORDERS).await?;
        let mut past = Vec::new();
        for partition in moment.partitions(partitions)? {
            let restored = restore_until(
                self.log.as_ref(),
                &self.snapshots,
                partition,
                self.settings,
                moment.until(),
            );
            let restored = restored.await?;
            moment.is_reached(&restored.engine)?;
            past.push(restored);
        }
        Ok(past)
    }

    /// The order, wherever it was placed: by what the engines remember, else by going through all
    /// decisions.
    async fn find(&self, id: OrderId, past: &[Restored]) -> Result<Order, TimeTravelError> {
        let remembered =
            past.iter().find_map(|restored| Some((restored, restored.engine.placed_at(id)?)));
        let places = match remembered {
            Some(place) => vec![place],
            None => past.iter().map(|restored| (restored, Offset::ZERO)).collect(),
        };
        for (restored, source) in places {
            if let Some(order) = story(self.log.as_ref(), restored, source, id).await? {
                return Ok(order);
            }
        }
        Err(TimeTravelError::NoOrder(id))
    }
}
