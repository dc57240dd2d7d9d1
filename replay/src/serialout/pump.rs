//! From the source to the engine: reads ahead, and makes requests where that can be done ahead.

use tokio::sync::mpsc;
use traffic_archive::Sequence;

use super::job::Job;
use super::plan::Batch;
use super::request::Preparation;
use crate::source::Source;

/// Batches that wait for the engine, beyond what it holds.
const BATCHES_WAITING_MAX: usize = 2;

/// Reads until the end, until `to`, inclusive, or until nobody takes any more. Call it inside a
/// tokio runtime.
pub(super) fn start(
    mut source: Box<dyn Source>,
    to: Option<Sequence>,
    preparation: Option<Preparation>,
) -> mpsc::Receiver<Batch> {
    let (outbox, batches) = mpsc::channel(BATCHES_WAITING_MAX);
    tokio::spawn(async move {
        loop {
            let Some(read) = source.next_batch().await else { return };
            let mut over = read.is_err();
            let batch = read.map(|entries| {
                let all = entries.len();
                let wanted = entries
                    .into_iter()
                    .take_while(|entry| to.is_none_or(|to| entry.sequence <= to));
                let jobs: Vec<_> =
                    wanted.map(|entry| Job::new(entry, preparation.as_ref())).collect();
                over |= jobs.len() < all;
                jobs
            });
            if outbox.send(batch).await.is_err() || over {
                return;
            }
        }
    });
    batches
}
