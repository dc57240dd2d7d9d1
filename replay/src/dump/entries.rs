//! Entries that `replay serialin` wrote.

use tokio_util::sync::CancellationToken;

use super::{Dump, Sequence};
use crate::stream::{StreamAddress, StreamReader, Until};

/// Entries that are taken from the stream at once, at most.
const BATCH_ENTRIES_MAX: usize = 256;

/// Says whether it came to the stretch's end.
pub(super) async fn copy(
    dump: &mut Dump<'_>,
    address: &StreamAddress,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    let args = dump.args;
    let from = args.first_entry.unwrap_or(Sequence::FIRST);
    let mut reader = StreamReader::open(address, from, Until::End).await?;
    loop {
        let batch = tokio::select! {
            batch = reader.next_batch(BATCH_ENTRIES_MAX) => batch,
            () = stop.cancelled() => return Ok(false),
        };
        let Some(batch) = batch else { return Ok(true) };
        for entry in batch? {
            if args.last_entry.is_some_and(|last| entry.sequence > last) {
                return Ok(true);
            }
            let at = entry.exchange.at;
            let since = args.since.is_none_or(|since| at >= since);
            if since && args.before.is_none_or(|before| at < before) {
                dump.writer.append(entry.exchange).await?;
                dump.progress.advance(1);
            }
        }
    }
}
