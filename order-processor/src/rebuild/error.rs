//! What can go wrong with a rebuild.

use event_log::LogError;
use order_domain::{Offset, Partition};
use order_store::StoreError;
use order_store::generations::Generation;

use crate::program::RunError;

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
    /// There is nothing to rebuild.
    #[error(
        "there is no projection that could be rebuilt; order-processor makes one when it runs: {0}"
    )]
    NoStore(#[source] StoreError),
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
    /// Somebody has taken away what was filled.
    #[error(
        "generation {0} does not have what was filled into it: it was removed or replaced meanwhile; run \
         it again"
    )]
    Lost(Generation),
    /// There is no such generation that could be live.
    #[error("there is no generation {0} that was live before; --list shows which there are")]
    NoSuchGeneration(Generation),
    /// It was told to stop.
    #[error("stopped before the end; run it again, and it goes on where it was")]
    Interrupted,
}
