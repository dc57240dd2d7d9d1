//! What became of a command that was decided before anybody here waited for it.

use std::time::Duration;

use event_log::topics::ORDER_EVENTS;
use event_log::{BatchLimit, EventLog, LogError};
use order_domain::{Decision, Position};
use tracing::debug;

use crate::outcome::Outcome;

/// How many decisions are looked through. The one that is looked for is the very first, but for those
/// that a deposed engine repeated.
const LOOKED_THROUGH_MAX: usize = 4_096;

/// How much is read at once.
const READ_LIMIT: BatchLimit = BatchLimit { records: 16, bytes: 1 << 20 };

/// How long the log may take.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The outcome of the command at `source`, out of the log; `None` where the log no longer has it, or
/// does not tell in time.
///
/// Every command has a decision, and decisions stand in the order of their commands: that of offset n
/// is on the same partition of `order-events`, at n or behind.
pub(crate) async fn outcome_of(log: &dyn EventLog, source: Position) -> Option<Outcome> {
    match tokio::time::timeout(TIMEOUT, search(log, source)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            debug!(%source, %error, "cannot read an earlier decision");
            None
        }
        Err(_) => None,
    }
}

async fn search(log: &dyn EventLog, source: Position) -> Result<Option<Outcome>, LogError> {
    let mut reader = log.read(&ORDER_EVENTS, source.partition, source.offset).await?;
    let mut seen = 0;
    while seen < LOOKED_THROUGH_MAX {
        for record in reader.next(READ_LIMIT).await? {
            seen += 1;
            if !record.stands_as_expected() {
                continue;
            }
            match Decision::from_json(&record.payload) {
                Ok(decision) if decision.source == source => return Ok(Outcome::of(decision)),
                Ok(decision) if decision.source > source => return Ok(None),
                // An earlier one once more, or nothing that can be read.
                Ok(_) | Err(_) => {}
            }
        }
    }
    Ok(None)
}
