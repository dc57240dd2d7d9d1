//! The published construction of the same five scenarios, in which prices jump.
//!
//! J. Yoon, "The World's Fastest Matching Engine Algorithm", 2026 (arXiv 2606.01183): buys are priced
//! along the first half of the path of the mid-price and sells along the second, and all arrive in
//! random order, so that prices and ids jump over the whole path from one order to the next. A life is
//! over, mostly, before the next begins. Which orders are left, and how they trade, depends on the
//! course that the path took.

use order_book::Side;

use crate::flow::{Flow, Message, Verb};
use crate::{Depths, Random};

const START_TICKS: f64 = 33_504.0;

/// A scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scattered {
    /// Its name.
    pub name: &'static str,
    /// How far the mid-price typically moves, as a part of itself.
    pub swing: f64,
    /// Which path it takes.
    pub seed: u64,
}

impl Scattered {
    /// The five scenarios, on paths whose halves overlap about as in the published ones.
    pub const ALL: [Self; 5] = [
        Self { name: "static", swing: 0.0, seed: 8 },
        Self { name: "normal", swing: 0.02, seed: 14 },
        Self { name: "swing 25 %", swing: 0.25, seed: 14 },
        Self { name: "swing 40 %", swing: 0.40, seed: 14 },
        Self { name: "flash crash", swing: 0.60, seed: 11 },
    ];

    /// The flow of `orders` orders.
    pub fn flow(&self, orders: usize) -> Flow {
        let mut random = Random::new(self.seed);
        let mut placed = self.place(orders, &mut random);
        random.shuffle(&mut placed);
        let mut timed = Vec::with_capacity(orders * 9 / 4);
        let mut now = 0.0;
        for message in placed {
            live(message, &mut now, &mut random, &mut timed);
        }
        Flow::in_order(self.name, timed)
    }

    fn place(&self, orders: usize, random: &mut Random) -> Vec<Message> {
        let depths = Depths::new();
        #[expect(clippy::cast_precision_loss, reason = "a number of orders")]
        let step = self.swing / (orders as f64).sqrt();
        let mut mid = START_TICKS;
        let place = |index: usize| {
            mid *= (step * random.normal() - step * step / 2.0).exp();
            #[expect(clippy::cast_possible_truncation, reason = "prices are far below 2^52 ticks")]
            let ticks = mid.round() as i64;
            let depth = 1 + i64::from(depths.draw(random));
            let (side, price) = if index < orders / 2 {
                (Side::Buy, ticks - depth)
            } else {
                (Side::Sell, ticks + depth)
            };
            let quantity = 1 + u32::try_from(random.below(100)).expect("below 100");
            Message { id: index as u64 + 1, price, quantity, side, verb: Verb::Rest }
        };
        (0..orders).map(place).collect()
    }
}

/// A life from `now` on, which it moves.
fn live(mut message: Message, now: &mut f64, random: &mut Random, timed: &mut Vec<(f64, Message)>) {
    let mut say = |message: Message, verb: Verb| {
        timed.push((*now, Message { verb, ..message }));
        *now += 1.0;
    };
    if random.happens(0.15) {
        say(message, Verb::Take);
        return;
    }
    say(message, Verb::Rest);
    let amended = random.happens(0.20);
    if amended {
        message.quantity += 1;
        if random.happens(0.80) {
            message.price += if message.side == Side::Buy { 1 } else { -1 };
        }
        say(message, Verb::Amend);
    }
    if random.happens(0.95) {
        say(message, Verb::Cancel);
        if random.happens(0.02) {
            say(message, Verb::Cancel);
        }
        if amended && random.happens(0.02) {
            say(message, Verb::Amend);
        }
    }
}
