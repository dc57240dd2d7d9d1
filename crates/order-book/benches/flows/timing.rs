//! How long a flow takes, as a whole and by operation.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

use order_book::{Event, StateHash};
use plain_order_book::{Flow, Market};

/// What a book came to: a sum over everything it said, and its hash.
pub type Outcome = (u64, StateHash);

/// The seconds that a fresh book takes for a flow.
pub fn seconds(flow: &Flow, mut book: impl Market) -> (f64, Outcome) {
    let mut sum = 0;
    let begun = Instant::now();
    for message in &flow.messages {
        message.apply(&mut book, &mut |event| sum = add(sum, &event));
    }
    let seconds = begun.elapsed().as_secs_f64();
    (seconds, (black_box(sum), book.state_hash()))
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

/// How long each operation takes in a book that has seen the flow before, and was emptied.
pub fn latencies(flow: &Flow, mut book: impl Market + Emptied) -> Latencies {
    let mut sum = 0;
    for message in &flow.messages {
        message.apply(&mut book, &mut |event| sum = add(sum, &event));
    }
    book.empty();
    let mut nanoseconds = Vec::with_capacity(flow.messages.len());
    nanoseconds.resize(flow.messages.len(), 0);
    for (message, nanoseconds) in flow.messages.iter().zip(&mut nanoseconds) {
        let begun = Instant::now();
        message.apply(&mut book, &mut |event| sum = add(sum, &event));
        *nanoseconds = u32::try_from(begun.elapsed().as_nanos()).unwrap_or(u32::MAX);
    }
    black_box(sum);
    nanoseconds.sort_unstable();
    Latencies { sorted: nanoseconds }
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
