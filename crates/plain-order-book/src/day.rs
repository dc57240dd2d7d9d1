//! Five days of a market, from a seed.
//!
//! Their shape follows what is published of the flow of a liquid share in the methodology of the
//! benchmark that belongs to J. Yoon, "The World's Fastest Matching Engine Algorithm", 2026 (arXiv
//! 2606.01183): orders are placed behind the mid-price by a power law with a hump eight ticks out; 15 %
//! of them are immediate-or-cancel; of the others 20 % are amended, most by a tick and a lot, and 2 %
//! of cancels and amends are sent twice. Numbers of live orders and levels are those of its five
//! scenarios, too, and trades are about 3 % of the messages.
//!
//! There, an order is mostly cancelled before the next one comes. Here lives overlap: 95 % of the
//! orders live for some dozens of arrivals, the others stay, so that a cancel finds its order in the
//! middle of the book.

use std::f64::consts::{LN_2, TAU};

use order_book::Side;

use crate::flow::{Flow, Message, Verb};
use crate::{Depths, Random};

const START_TICKS: f64 = 33_504.0;
const QUANTITY_MAX: u64 = 100;
const IMMEDIATE: f64 = 0.15;
/// Part of the immediate-or-cancel orders that reach over the spread, and how far.
const MARKETABLE: f64 = 0.10;
const REACH_TICKS: i64 = 10;
const AMENDED: f64 = 0.20;
const AMENDED_IN_PRICE: f64 = 0.80;
const REPEATED: f64 = 0.02;
const PATIENT: f64 = 0.05;
/// Median life of an impatient order at the touch, in arrivals of others. One that is placed `n` ticks
/// deeper lives the square root of `n + 1` times longer.
const LIFE: f64 = 30.0;
/// How often the price swings or crashes, and comes back, in a day.
const CYCLES: f64 = 2.0;

/// What sort of day it is.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// Its name.
    pub name: &'static str,
    /// The course of the price.
    pub course: Course,
    /// Mean life of a patient order, in arrivals of others.
    pub patience: f64,
    /// Seed of everything random in it.
    pub seed: u64,
}

/// How the mid-price moves, but for its noise. The number is by which part of itself.
#[derive(Clone, Copy, Debug)]
pub enum Course {
    /// Not at all, and without noise.
    Still,
    /// Only by its noise, a geometric Brownian motion.
    Noise(f64),
    /// Down and up again, steadily.
    Swing(f64),
    /// Nothing happens for long; then it falls in a tenth of the cycle and comes back in three.
    Crash(f64),
}

impl Course {
    /// Where the price is, of 1, at this part of the day.
    fn at(self, part: f64) -> f64 {
        let phase = (part * CYCLES).fract();
        match self {
            Self::Still | Self::Noise(_) => 1.0,
            Self::Swing(by) => 1.0 - by * (1.0 - (TAU * phase).cos()) / 2.0,
            Self::Crash(by) => {
                let fallen = ((phase - 0.5) / 0.1).clamp(0.0, 1.0);
                let regained = ((phase - 0.6) / 0.3).clamp(0.0, 1.0);
                1.0 - by * (fallen - regained)
            }
        }
    }

    /// The typical way of its noise over a day, as a part of the price.
    fn noise(self) -> f64 {
        match self {
            Self::Still => 0.0,
            Self::Noise(noise) => noise,
            Self::Swing(_) | Self::Crash(_) => 0.003,
        }
    }
}

impl Day {
    /// The five days: from the deepest book to the thinnest.
    pub const ALL: [Self; 5] = [
        Self { name: "static", course: Course::Still, patience: f64::INFINITY, seed: 1 },
        Self { name: "normal", course: Course::Noise(0.004), patience: 300_000.0, seed: 2 },
        Self { name: "swing 25 %", course: Course::Swing(0.25), patience: 70_000.0, seed: 3 },
        Self { name: "swing 40 %", course: Course::Swing(0.40), patience: 40_000.0, seed: 4 },
        Self { name: "flash crash", course: Course::Crash(0.60), patience: 25_000.0, seed: 5 },
    ];

    /// The flow of a day with `orders` orders, which is about twice as many messages. Ids are 1 to
    /// `orders`, in random order.
    pub fn flow(&self, orders: usize) -> Flow {
        let mut random = Random::new(self.seed);
        let depths = Depths::new();
        let mut ids: Vec<u64> = (1..=orders as u64).collect();
        random.shuffle(&mut ids);
        #[expect(clippy::cast_precision_loss, reason = "a number of orders")]
        let orders = orders as f64;
        let step = self.course.noise() / orders.sqrt();
        let mut timed = Vec::with_capacity(ids.len() * 9 / 4);
        let (mut arrival, mut noise) = (0.0, 1.0);
        for id in ids {
            noise *= (step * random.normal()).exp();
            #[expect(clippy::cast_possible_truncation, reason = "prices are far below 2^52 ticks")]
            let mid = (START_TICKS * noise * self.course.at(arrival / orders)).round() as i64;
            let depth = depths.draw(&mut random);
            let side = if random.happens(0.5) { Side::Buy } else { Side::Sell };
            let quantity = 1 + u32::try_from(random.below(QUANTITY_MAX)).expect("below 100");
            let price = behind(mid, side, 1 + i64::from(depth));
            let message = Message { id, price, quantity, side, verb: Verb::Rest };
            self.live(message, (mid, depth), arrival, &mut random, &mut timed);
            arrival += 1.0;
        }
        Flow::in_order(self.name, timed)
    }

    /// All messages about an order, with their times.
    fn live(
        &self,
        mut message: Message,
        (mid, depth): (i64, u16),
        arrival: f64,
        random: &mut Random,
        timed: &mut Vec<(f64, Message)>,
    ) {
        if random.happens(IMMEDIATE) {
            if random.happens(MARKETABLE) {
                message.price = behind(mid, message.side, -REACH_TICKS);
            }
            timed.push((arrival, Message { verb: Verb::Take, ..message }));
            return;
        }
        timed.push((arrival, message));
        let life = LIFE / LN_2 * f64::from(depth + 1).sqrt();
        let mut now = arrival;
        let amended = random.happens(AMENDED);
        if amended {
            now += life / 4.0 * random.exponential();
            message.quantity += 1;
            if random.happens(AMENDED_IN_PRICE) {
                message.price = behind(message.price, message.side, -1);
            }
            timed.push((now, Message { verb: Verb::Amend, ..message }));
        }
        let life = if random.happens(PATIENT) { self.patience } else { life };
        now += life * random.exponential();
        if now.is_infinite() {
            return;
        }
        timed.push((now, Message { verb: Verb::Cancel, ..message }));
        if random.happens(REPEATED) {
            timed.push((now + random.exponential(), Message { verb: Verb::Cancel, ..message }));
        }
        if amended && random.happens(REPEATED) {
            timed.push((now + random.exponential(), Message { verb: Verb::Amend, ..message }));
        }
    }
}

/// The price `ticks` less good than this one for a trade of this side.
fn behind(price: i64, side: Side, ticks: i64) -> i64 {
    match side {
        Side::Buy => price - ticks,
        Side::Sell => price + ticks,
    }
}
