//! Several lanes, put together by the dense sequence numbers.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::vec;

use tokio::sync::mpsc;
use traffic_archive::{Entry, Sequence};

use super::StreamError;
use super::entries::Batch;

/// Gives entries in order; each is in one of the lanes, and the lanes are in order themselves.
pub(super) struct Merge {
    lanes: Vec<Ahead>,
    expected: Sequence,
    /// The last that was there when they were opened.
    last: Sequence,
    ended: bool,
}

/// What is known of a lane that is read ahead.
struct Ahead {
    inbox: mpsc::Receiver<Batch>,
    entries: std::iter::Peekable<vec::IntoIter<Entry>>,
    open: bool,
    failure: Option<StreamError>,
}

impl Merge {
    pub(super) fn new(lanes: Vec<mpsc::Receiver<Batch>>, from: Sequence, last: Sequence) -> Self {
        let lanes = lanes.into_iter().map(Ahead::new).collect();
        Self { lanes, expected: from, last, ended: false }
    }

    /// At least one entry, at most `limit`; `None` at the end and after an error. Cancel safe: it
    /// waits only while it has taken nothing.
    pub(super) async fn next_batch(
        &mut self,
        limit: usize,
    ) -> Option<Result<Vec<Entry>, StreamError>> {
        if self.ended {
            return None;
        }
        let mut batch = Vec::new();
        loop {
            while batch.len() < limit
                && let Some(entry) = self.take()
            {
                batch.push(entry);
            }
            if !batch.is_empty() {
                return Some(Ok(batch));
            }
            if self.lanes.iter().any(Ahead::may_refill) {
                poll_fn(|cx| self.refill(cx)).await;
            } else {
                self.ended = true;
                return self.end().map(Err);
            }
        }
    }

    /// The entry that comes next, if a lane has it at hand.
    fn take(&mut self) -> Option<Entry> {
        for lane in &mut self.lanes {
            while let Some(entry) = lane.entries.next_if(|entry| entry.sequence <= self.expected) {
                // One that came before, from a lane that it does not belong to, is passed over.
                if entry.sequence == self.expected {
                    self.expected = self.expected.next();
                    return Some(entry);
                }
            }
        }
        None
    }

    /// Ready as soon as one lane has more, or has ended.
    fn refill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut moved = false;
        for lane in self.lanes.iter_mut().filter(|lane| lane.may_refill()) {
            if let Poll::Ready(batch) = lane.inbox.poll_recv(cx) {
                lane.accept(batch);
                moved = true;
            }
        }
        if moved { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Why no lane has the next entry: a failure, a gap, or because all have been taken.
    fn end(&mut self) -> Option<StreamError> {
        if let Some(failure) = self.lanes.iter_mut().find_map(|lane| lane.failure.take()) {
            return Some(failure);
        }
        let heads = self.lanes.iter_mut().filter_map(|lane| lane.entries.peek());
        let (expected, last) = (self.expected, self.last);
        match heads.map(|entry| entry.sequence).min() {
            Some(found) => Some(StreamError::Missing { expected, found }),
            None if expected <= last => Some(StreamError::Gone { expected, last }),
            None => None,
        }
    }
}

impl Ahead {
    fn new(inbox: mpsc::Receiver<Batch>) -> Self {
        Self { inbox, entries: Vec::new().into_iter().peekable(), open: true, failure: None }
    }

    fn may_refill(&self) -> bool {
        self.open && self.entries.len() == 0
    }

    fn accept(&mut self, batch: Option<Batch>) {
        match batch {
            Some(Ok(entries)) => self.entries = entries.into_iter().peekable(),
            Some(Err(failure)) => (self.open, self.failure) = (false, Some(failure)),
            None => self.open = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use traffic_archive::Exchange;

    fn entry(sequence: u64) -> Entry {
        let exchange = Exchange::new(Timestamp::UNIX_EPOCH, "GET", "/");
        Entry { sequence: Sequence::new(sequence).expect("not 0"), exchange }
    }

    fn merge(lanes: &[&[&[u64]]], from: u64, last: u64) -> Merge {
        let lanes = lanes.iter().map(|batches| {
            let (outbox, inbox) = mpsc::channel(8);
            for batch in *batches {
                let batch = batch.iter().copied().map(entry).collect();
                outbox.try_send(Ok(batch)).expect("room");
            }
            inbox
        });
        let [from, last] = [from, last].map(|number| Sequence::new(number).expect("not 0"));
        Merge::new(lanes.collect(), from, last)
    }

    async fn all(mut merge: Merge) -> (Vec<u64>, Option<StreamError>) {
        let mut sequences = Vec::new();
        loop {
            match merge.next_batch(3).await {
                Some(Ok(batch)) => {
                    assert!((1..=3).contains(&batch.len()));
                    sequences.extend(batch.iter().map(|entry| entry.sequence.get()));
                }
                Some(Err(error)) => {
                    assert!(merge.next_batch(3).await.is_none(), "an error ends it");
                    return (sequences, Some(error));
                }
                None => return (sequences, None),
            }
        }
    }

    #[tokio::test]
    async fn lanes_come_together_in_order() {
        let lanes: &[&[&[u64]]] = &[&[&[1, 4], &[5, 9]], &[], &[&[2], &[3], &[6, 7, 8, 10]]];
        let (sequences, error) = all(merge(lanes, 1, 10)).await;
        assert_eq!(sequences, (1..=10).collect::<Vec<_>>());
        assert!(error.is_none());
    }

    #[tokio::test]
    async fn a_gap_is_told_after_what_comes_before_it() {
        let (sequences, error) = all(merge(&[&[&[1, 2]], &[&[5, 6]]], 1, 6)).await;
        assert_eq!(sequences, [1, 2]);
        let error = error.expect("3 is missing");
        assert!(
            matches!(error, StreamError::Missing { expected, found }
                if expected.get() == 3 && found.get() == 5),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_stream_that_has_become_shorter_is_told() {
        let (sequences, error) = all(merge(&[&[&[1, 3]], &[&[2]]], 1, 5)).await;
        assert_eq!(sequences, [1, 2, 3]);
        let error = error.expect("4 and 5 are gone");
        assert!(
            matches!(error, StreamError::Gone { expected, last }
                if expected.get() == 4 && last.get() == 5),
            "{error}"
        );
    }

    #[tokio::test]
    async fn nothing_is_missing_behind_the_last() {
        let (sequences, error) = all(merge(&[&[], &[]], 6, 5)).await;
        assert!(sequences.is_empty());
        assert!(error.is_none());
    }

    #[tokio::test]
    async fn what_came_before_is_passed_over() {
        let (sequences, error) = all(merge(&[&[&[1, 3, 4]], &[&[2, 3, 5]]], 2, 5)).await;
        assert_eq!(sequences, [2, 3, 4, 5]);
        assert!(error.is_none());
    }
}
