//! Who waits for a projection hears at once when it moves, if it is this process that projects.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::{CheckpointMove, StreamId};

/// When the projection of one stream moves.
#[derive(Debug)]
pub struct Moves(Option<watch::Receiver<()>>);

impl Moves {
    /// Those of a stream that this process does not project, as far as it knows.
    #[must_use]
    pub fn elsewhere() -> Self {
        Self(None)
    }

    /// Returns once the projection has moved since this was made, or since the last call; never, where
    /// nothing is told.
    /// Cancel-safe.
    pub async fn next(&mut self) {
        if let Some(moves) = &mut self.0
            && moves.changed().await.is_ok()
        {
            return;
        }
        pending::<()>().await;
    }
}

/// Tells the moves of every stream that is projected through it.
#[derive(Default)]
pub(crate) struct Telling(Mutex<HashMap<StreamId, watch::Sender<()>>>);

impl Telling {
    /// From now on. Of a stream of which nothing was projected yet, nothing is told: else whoever asks
    /// for streams that don't exist would leave something behind.
    pub fn of(&self, stream: &StreamId) -> Moves {
        Moves(self.streams().get(stream).map(watch::Sender::subscribe))
    }

    /// Tells who waits that these moves can be read.
    pub fn tell(&self, moves: &[CheckpointMove]) {
        let mut streams = self.streams();
        for step in moves.iter().filter(|step| step.from != step.to) {
            if let Some(stream) = streams.get(&step.stream) {
                stream.send_replace(());
            } else {
                streams.insert(step.stream.clone(), watch::Sender::default());
            }
        }
    }

    /// The lock is held for a look-up only, and never across an await.
    fn streams(&self) -> MutexGuard<'_, HashMap<StreamId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use order_domain::{Offset, Partition};

    use super::*;
    use crate::Checkpoint;

    fn stream(partition: u32) -> StreamId {
        StreamId { topic: "order-events".to_owned(), partition: Partition(partition) }
    }

    fn step(partition: u32, next: u64) -> CheckpointMove {
        let at = |next| Checkpoint { next: Offset(next), ..Checkpoint::default() };
        CheckpointMove { stream: stream(partition), from: at(next - 1), to: at(next) }
    }

    #[test]
    fn a_move_is_told_to_who_waits_for_its_stream_only() {
        let telling = Telling::default();
        telling.tell(&[step(0, 1), step(1, 1)]);
        let (mut zero, mut one) = (telling.of(&stream(0)), telling.of(&stream(1)));
        assert_eq!(zero.next().now_or_never(), None, "what came before is not told");
        telling.tell(&[step(0, 2)]);
        assert_eq!(zero.next().now_or_never(), Some(()));
        assert_eq!(zero.next().now_or_never(), None, "once is enough");
        assert_eq!(one.next().now_or_never(), None);
    }

    #[test]
    fn a_stream_that_nobody_projects_here_leaves_nothing_behind() {
        let telling = Telling::default();
        let mut moves = telling.of(&stream(9));
        telling.tell(&[CheckpointMove { from: step(9, 1).to, ..step(9, 1) }]);
        assert_eq!(moves.next().now_or_never(), None);
        assert!(telling.streams().is_empty(), "a step that stays where it is moves nothing");
    }
}
