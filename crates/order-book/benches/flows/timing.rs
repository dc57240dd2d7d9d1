//! How long a flow takes, as a whole and by operation.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

use order_book::{Event, StateHash};
use plain_order_book::{Flow, Market};

/// What a book came to: a sum over everything it said, and its hash.
pub type Outcome = (u64, StateHash);

/// Messages of a stretch: less than a millisecond, so that some round has it to itself even on a machine
/// that others use, too.
const STRETCH: usize = 10_000;

/// The seconds that a book takes for each stretch of a flow: the least of all rounds so far.
#[derive(Default)]
pub struct Stretches {
    seconds: Vec<f64>,
}

impl Stretches {
    /// One more round, with a fresh book.
    pub fn round(&mut self, flow: &Flow, mut book: impl Market) -> Outcome {
        let stretches = flow.messages.chunks(STRETCH);
        self.seconds.resize(stretches.len(), f64::INFINITY);
        let mut sum = 0;
        for (stretch, least) in stretches.zip(&mut self.seconds) {
            let begun = Instant::now();
            for message in stretch {
                message.apply(&mut book, &mut |event| sum = add(sum, &event));
            }
            *least = least.min(begun.elapsed().as_secs_f64());
        }
        (black_box(sum), book.state_hash())
    }

    /// The whole flow.
    pub fn sum(&self) -> f64 {
        self.seconds.iter().sum()
    }
}

/// Takes in every field that a publisher would have to write.
#[inline]
fn add(sum: u64, event: &Event) -> u64 {
    let words = match *event {
        Event::Traded { maker, taker, price, quantity, maker_open, taker_open } => {
            let open = maker_open.0 ^ taker_open.0 << 32;
            [maker.0, taker.0, price.0.cast_unsigned(), quantity.0, open]
        }
        Event::Decremented { maker, taker, quantity, maker_open, taker_open } => {
            [maker.0, taker.0, quantity.0, maker_open.0, taker_open.0]
        }
        Event::Cancelled { order, quantity, reason } => [order.0, quantity.0, reason as u64, 1, 0],
        Event::Rested { order, price, quantity } => {
            [order.0, price.0.cast_unsigned(), quantity.0, 2, 0]
        }
    };
    words.into_iter().fold(sum, |sum, word| sum.rotate_left(5).wrapping_add(word))
}

/// Nanoseconds of single operations.
pub struct Latencies {
    sorted: Vec<u32>,
}

/// How long each operation takes in a book that has seen the flow before, and was emptied: the least of
/// `rounds`, so that what remains is the operation's own and not the scheduler's.
pub fn latencies(flow: &Flow, rounds: usize, mut book: impl Market + Emptied) -> Latencies {
    let mut sum = 0;
    let mut least = vec![u32::MAX; flow.messages.len()];
    for round in 0..=rounds {
        for (message, least) in flow.messages.iter().zip(&mut least) {
            let begun = Instant::now();
            message.apply(&mut book, &mut |event| sum = add(sum, &event));
            let nanoseconds = u32::try_from(begun.elapsed().as_nanos()).unwrap_or(u32::MAX);
            if round > 0 {
                *least = nanoseconds.min(*least);
            }
        }
        book.empty();
    }
    black_box(sum);
    least.sort_unstable();
    Latencies { sorted: least }
}

/// A book that all orders can be taken out of.
pub trait Emptied {
    fn empty(&mut self);
}

macro_rules! emptied {
    ($book:ty) => {
        impl Emptied for $book {
            fn empty(&mut self) {
                let ids: Vec<_> = self.orders().map(|order| order.id).collect();
                for id in ids {
                    self.cancel(id).expect("it rests");
                }
            }
        }
    };
}

emptied!(order_book::OrderBook);
emptied!(plain_order_book::PlainBook);

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.sorted.len() - 1;
        for (name, part) in [("p50", 500), ("p99", 990), ("p99.9", 999), ("max", 1_000)] {
            write!(f, "{name} {:>6} ns  ", self.sorted[last * part / 1_000])?;
        }
        Ok(())
    }
}

/// The median nanoseconds between two readings of the clock.
pub fn clock_cost() -> u128 {
    let mut costs: Vec<_> = (0..100_000)
        .map(|_| {
            let begun = Instant::now();
            begun.elapsed().as_nanos()
        })
        .collect();
    costs.sort_unstable();
    costs[costs.len() / 2]
}
