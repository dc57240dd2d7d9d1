//! What kind of day a flow is: how many orders and levels live, how much trades.

use std::fmt;

use order_book::{Event, OrderBook, Side};
use plain_order_book::Flow;

/// Messages between two looks at the book.
const LOOK_EVERY: usize = 1_000;

pub struct Facts {
    name: &'static str,
    messages: usize,
    trades: usize,
    orders: Spread,
    levels: Spread,
}

#[derive(Default)]
struct Spread {
    sum: usize,
    max: usize,
}

impl Spread {
    fn see(&mut self, value: usize) {
        self.sum += value;
        self.max = self.max.max(value);
    }
}

impl Facts {
    pub const HEADER: &str = "flow: messages, trades; live orders and levels on average (at most)";

    pub fn of(flow: &Flow) -> Self {
        let (mut orders, mut levels) = (Spread::default(), Spread::default());
        let mut trades = 0;
        let mut book = OrderBook::default();
        for (index, message) in flow.messages.iter().enumerate() {
            message.apply(&mut book, &mut |event| {
                trades += usize::from(matches!(event, Event::Traded { .. }));
            });
            if index % LOOK_EVERY == 0 {
                orders.see(book.len());
                levels.see(Side::BOTH.map(|side| book.level_count(side)).iter().sum());
            }
        }
        Self { name: flow.name, messages: flow.messages.len(), trades, orders, levels }
    }

    pub fn orders_max(&self) -> u32 {
        room(self.orders.max)
    }

    pub fn levels_max(&self) -> u32 {
        room(self.levels.max)
    }
}

/// A little more than was seen, since not every moment was looked at.
fn room(seen: usize) -> u32 {
    u32::try_from(seen + seen / 8 + LOOK_EVERY).expect("fewer orders")
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looks = self.messages.div_ceil(LOOK_EVERY);
        let share = 1_000 * self.trades / self.messages;
        write!(
            f,
            "{}: {} messages, {}.{} % trades; {} orders ({}), {} levels ({})",
            self.name,
            self.messages,
            share / 10,
            share % 10,
            self.orders.sum / looks,
            self.orders.max,
            self.levels.sum / looks,
            self.levels.max
        )
    }
}
