//! Entries that `replay serialin` wrote.

use super::Dump;
use crate::stream::StreamReader;

/// Entries that are taken from the stream at once, at most.
const BATCH_ENTRIES_MAX: usize = 256;

/// All of the stretch.
pub(super) async fn copy(dump: &mut Dump<'_>, mut reader: StreamReader) -> anyhow::Result<()> {
    let args = dump.args;
    while let Some(batch) = reader.next_batch(BATCH_ENTRIES_MAX).await {
        for entry in batch? {
            if args.last_entry.is_some_and(|last| entry.sequence > last) {
                return Ok(());
            }
            let at = entry.exchange.at;
            let since = args.since.is_none_or(|since| at >= since);
            if since && args.before.is_none_or(|before| at < before) {
                dump.writer.append(entry.exchange).await?;
                dump.progress.advance(1);
            }
        }
    }
    Ok(())
}
