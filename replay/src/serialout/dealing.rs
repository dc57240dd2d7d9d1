//! From the source to the threads that send: reads ahead, sets each request's time, makes requests
//! where that can be done ahead, and deals them out.

use std::mem;
use std::time::{Duration, Instant};

use event_log::partition_of_key;
use measure::{Pace, Schedule};
use tokio::sync::mpsc;
use traffic_archive::{Entry, Sequence};

use super::done::Done;
use super::job::Job;
use super::lanes::Order;
use super::plan::Batch;
use super::request::Preparation;
use crate::source::{Source, SourceError};

/// Batches that wait for a thread, beyond what it holds.
const BATCHES_WAITING_MAX: usize = 2;

/// What is dealt, and how.
pub(super) struct Dealing {
    pub(super) order: Order,
    pub(super) pace: Pace,
    /// Longer recorded gaps count as this.
    pub(super) gap_max: Duration,
    /// The last entry, inclusive.
    pub(super) to: Option<Sequence>,
    /// These are left out.
    pub(super) done: Done,
    /// What makes requests ahead, if they can be.
    pub(super) preparation: Option<Preparation>,
}

/// Reads until the end, until `to`, or until nobody takes any more. Each thread gets a receiver, and
/// all of a key go to the same. Call it inside a tokio runtime.
pub(super) fn start(
    source: Box<dyn Source>,
    dealing: Dealing,
    threads: usize,
) -> Vec<mpsc::Receiver<Batch>> {
    let channels = (0..threads).map(|_| mpsc::channel(BATCHES_WAITING_MAX));
    let (outboxes, batches): (Vec<_>, Vec<_>) = channels.unzip();
    let hands = outboxes.iter().map(|_| Vec::new()).collect();
    tokio::spawn(Dealer { dealing, schedule: None, hands, outboxes }.run(source));
    batches
}

/// Jobs move from queue to queue, so they stay where they are.
type Hand = Vec<Box<Job>>;

struct Dealer {
    dealing: Dealing,
    /// Begins with the first entry: opening the source is no delay.
    schedule: Option<Schedule>,
    /// What each thread gets next.
    hands: Vec<Hand>,
    outboxes: Vec<mpsc::Sender<Batch>>,
}

impl Dealer {
    async fn run(mut self, mut source: Box<dyn Source>) {
        while let Some(read) = source.next_batch().await {
            let goes_on = match read {
                Ok(entries) => {
                    let more = self.take(entries);
                    self.deal().await && more
                }
                Err(error) => self.tell(error).await,
            };
            if !goes_on {
                return;
            }
        }
    }

    /// `false` behind the last entry that is wanted.
    fn take(&mut self, entries: Vec<Entry>) -> bool {
        for entry in entries {
            if self.dealing.to.is_some_and(|to| entry.sequence > to) {
                return false;
            }
            if !self.dealing.done.contains(entry.sequence) {
                let thread = self.thread_of(&entry);
                let job = self.scheduled(entry);
                self.hands[thread].push(job);
            }
        }
        true
    }

    fn thread_of(&self, entry: &Entry) -> usize {
        let threads = u32::try_from(self.hands.len()).expect("few threads");
        match self.dealing.order {
            Order::Global => 0,
            Order::Key => partition_of_key(entry.exchange.key.as_bytes(), threads).0 as usize,
            Order::None => usize::try_from(entry.sequence.get() % u64::from(threads)).unwrap_or(0),
        }
    }

    fn scheduled(&mut self, entry: Entry) -> Box<Job> {
        let Dealing { pace, gap_max, preparation, .. } = &self.dealing;
        let begin = || Schedule::new(*pace, Instant::now()).with_gap_max(*gap_max);
        let mut job = Job::new(entry, preparation.as_ref());
        job.start = self.schedule.get_or_insert_with(begin).next(job.recorded_at());
        job
    }

    /// `false` when one takes no more: then all are ending.
    async fn deal(&mut self) -> bool {
        for (hand, outbox) in self.hands.iter_mut().zip(&self.outboxes) {
            if !hand.is_empty() && outbox.send(Ok(mem::take(hand))).await.is_err() {
                return false;
            }
        }
        true
    }

    /// One thread is told; for the others the source has ended.
    async fn tell(&self, error: SourceError) -> bool {
        // Whoever takes no more has ended for a reason of its own.
        let _ = self.outboxes[0].send(Err(error)).await;
        false
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use traffic_archive::Exchange;

    use super::*;

    fn dealer(order: Order, threads: usize) -> Dealer {
        let dealing = Dealing {
            order,
            pace: Pace::Unlimited,
            gap_max: Duration::MAX,
            to: Sequence::new(90),
            done: Done::before(Sequence::new(11).unwrap()),
            preparation: None,
        };
        let hands = (0..threads).map(|_| Vec::new()).collect();
        Dealer { dealing, schedule: None, hands, outboxes: Vec::new() }
    }

    fn entry(number: u64) -> Entry {
        let mut exchange = Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/");
        exchange.key = format!("customer/{}", number % 7);
        Entry { sequence: Sequence::new(number).unwrap(), exchange }
    }

    #[test]
    fn all_of_a_key_go_to_one_thread_in_their_order() {
        let mut dealer = dealer(Order::Key, 3);
        assert!(dealer.take((1..=50).map(entry).collect()));
        assert!(!dealer.take((51..=100).map(entry).collect()), "90 is the last");
        let mut sent = Vec::new();
        for hand in &dealer.hands {
            assert!(hand.is_sorted_by_key(|job| job.sequence));
            sent.extend(hand.iter().map(|job| job.sequence.get()));
            for job in hand {
                let elsewhere = dealer.hands.iter().filter(|other| !std::ptr::eq(*other, hand));
                assert!(elsewhere.flatten().all(|other| other.key != job.key), "{}", job.key);
            }
        }
        sent.sort_unstable();
        assert!(sent.into_iter().eq(11..=90));
        assert!(dealer.hands.iter().filter(|hand| !hand.is_empty()).count() > 1);
    }

    #[test]
    fn without_order_the_threads_get_as_much_each() {
        let mut dealer = dealer(Order::None, 4);
        dealer.take((1..=90).map(entry).collect());
        assert!(dealer.hands.iter().all(|hand| hand.len() == 20));
    }
}
