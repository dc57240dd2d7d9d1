//! Flows of messages shaped like a market's day, from a seed.
//!
//! The shape follows the published methodology of the matching engine benchmark that belongs to J. Yoon,
//! "The World's Fastest Matching Engine Algorithm", 2026 (arXiv 2606.01183): a mid-price on a
//! geometric Brownian motion; orders placed behind it on their own side by a power law with a hump
//! eight ticks out; buys priced along the first half of the path and sells along the second; arrival in
//! random order, so that prices and ids jump over the whole path from one message to the next. 15 % of
//! the orders are immediate-or-cancel, 20 % of the others are amended, 95 % cancelled, and 2 % of those
//! once more. It differs in one thing, for the worse: there an order is mostly cancelled before the next
//! one comes; here lives overlap, so that a cancel finds its order in the middle of the book.

use order_book::{
    Event, NewOrder, OrderId, OrderKind, OwnerId, Price, Quantity, SelfTrade, Side, TimeInForce,
};

use crate::{Market, Random};

const START_TICKS: f64 = 33_504.0;
const DEPTH_TICKS: u16 = 800;
const QUANTITY_MAX: u64 = 100;
const IMMEDIATE: f64 = 0.15;
const AMENDED: f64 = 0.20;
const AMENDED_IN_PRICE: f64 = 0.80;
const CANCELLED: f64 = 0.95;
const REPEATED: f64 = 0.02;

/// What sort of day it is.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// How far the mid-price typically moves over the flow, as a part of itself.
    pub swing: f64,
    /// Median life of an order at the touch, in arrivals of other orders; an order `n` ticks deeper
    /// lives the square root of `n + 1` times longer.
    pub life: f64,
    /// Which of its random courses it takes.
    pub seed: u64,
}

impl Shape {
    /// The five days: from the deepest book, where nothing moves, to the thinnest, where prices jump.
    pub const ALL: [Self; 5] = [
        Self { name: "static", swing: 0.0, life: 1500.0, seed: 1 },
        Self { name: "normal", swing: 0.02, life: 200.0, seed: 1 },
        Self { name: "swing 25 %", swing: 0.25, life: 60.0, seed: 1 },
        Self { name: "swing 40 %", swing: 0.40, life: 60.0, seed: 1 },
        Self { name: "flash crash", swing: 0.60, life: 30.0, seed: 1 },
    ];
}

/// One message of a flow, small because there are millions.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    id: u64,
    price: i64,
    quantity: u32,
    side: Side,
    verb: Verb,
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Rest,
    Take,
    Amend,
    Cancel,
}

impl Message {
    /// Gives the message to a book; `sink` hears what happens. Refusals are part of every day.
    #[inline]
    pub fn apply(&self, book: &mut impl Market, sink: &mut impl FnMut(Event)) {
        let (id, price) = (OrderId(self.id), Price(self.price));
        let quantity = Quantity(self.quantity.into());
        let time_in_force = match self.verb {
            Verb::Rest => TimeInForce::GoodTillCancelled,
            Verb::Take => TimeInForce::ImmediateOrCancel,
            Verb::Amend => {
                let _ = book.amend(id, price, quantity, sink);
                return;
            }
            Verb::Cancel => {
                let _ = book.cancel(id);
                return;
            }
        };
        let order = NewOrder {
            id,
            owner: OwnerId(self.id),
            side: self.side,
            quantity,
            kind: OrderKind::Limit { price, time_in_force },
            self_trade: SelfTrade::Allow,
        };
        let _ = book.submit(&order, sink);
    }
}

/// A flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its shape.
    pub shape: Shape,
    /// Its messages in order.
    pub messages: Vec<Message>,
}

impl Flow {
    /// A flow of `orders` orders, which is about twice as many messages. Ids are 1 to `orders`.
    pub fn new(shape: Shape, orders: usize) -> Self {
        let mut random = Random::new(shape.seed);
        let mut placed = place(&shape, orders, &mut random);
        for last in (1..placed.len()).rev() {
            let other = random.below(last as u64 + 1);
            placed.swap(last, usize::try_from(other).expect("an index"));
        }
        let mut timed = Vec::with_capacity(orders * 9 / 4);
        let mut arrival = 0.0;
        for order in &placed {
            live(order, arrival, shape.life, &mut random, &mut timed);
            arrival += 1.0;
        }
        timed.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { shape, messages: timed.into_iter().map(|(_, message)| message).collect() }
    }

    /// The same flow with ids spread over all of 64 bits.
    #[must_use]
    pub fn with_sparse_ids(mut self) -> Self {
        for message in &mut self.messages {
            message.id = Random::new(message.id).next();
        }
        self
    }
}

/// An order before its life begins: the message that brings it, and how deep it is placed.
struct Placed {
    message: Message,
    depth: u16,
}

/// Orders along the path of the mid-price.
#[expect(clippy::cast_possible_truncation, reason = "prices are far below 2^52 ticks")]
fn place(shape: &Shape, orders: usize, random: &mut Random) -> Vec<Placed> {
    let depths = depths();
    #[expect(clippy::cast_precision_loss, reason = "a number of orders")]
    let step = shape.swing / (orders as f64).sqrt();
    let mut mid = START_TICKS;
    let mut placed = Vec::with_capacity(orders);
    for index in 0..orders {
        mid *= (step * random.normal() - step * step / 2.0).exp();
        let drawn = random.unit() * depths.last().expect("800 depths");
        let depth = depths.partition_point(|up_to| *up_to <= drawn);
        let depth = u16::try_from(depth).expect("800 depths").min(DEPTH_TICKS - 1);
        let mid_ticks = mid.round() as i64;
        let (side, price) = match index < orders / 2 {
            true => (Side::Buy, mid_ticks - 1 - i64::from(depth)),
            false => (Side::Sell, mid_ticks + 1 + i64::from(depth)),
        };
        let quantity = u32::try_from(1 + random.below(QUANTITY_MAX)).expect("at most 100");
        let id = index as u64 + 1;
        let message = Message { id, price: price.max(1), quantity, side, verb: Verb::Rest };
        placed.push(Placed { message, depth });
    }
    placed
}

/// The cumulated weights of the depths.
fn depths() -> Vec<f64> {
    let weights = (0..DEPTH_TICKS).map(f64::from).map(|depth| {
        let hump = (-(depth - 8.0).powi(2) / 2.0).exp();
        (depth + 1.0).powf(-2.23) + 5.0 * hump
    });
    weights.scan(0.0, |sum, weight| { *sum += weight; Some(*sum) }).collect()
}

/// All messages about an order, with their times.
fn live(
    order: &Placed,
    arrival: f64,
    life: f64,
    random: &mut Random,
    timed: &mut Vec<(f64, Message)>,
) {
    let mut message = order.message;
    if random.happens(IMMEDIATE) {
        timed.push((arrival, Message { verb: Verb::Take, ..message }));
        return;
    }
    timed.push((arrival, message));
    let mean_life = life / std::f64::consts::LN_2 * f64::from(order.depth + 1).sqrt();
    let mut now = arrival;
    let amended = random.happens(AMENDED);
    if amended {
        now += mean_life / 4.0 * random.exponential();
        message.quantity += 1;
        if random.happens(AMENDED_IN_PRICE) {
            message.price += match message.side {
                Side::Buy => 1,
                Side::Sell => -1,
            };
        }
        timed.push((now, Message { verb: Verb::Amend, ..message }));
    }
    if !random.happens(CANCELLED) {
        return;
    }
    now += mean_life * random.exponential();
    timed.push((now, Message { verb: Verb::Cancel, ..message }));
    if random.happens(REPEATED) {
        timed.push((now + random.exponential(), Message { verb: Verb::Cancel, ..message }));
    }
    if amended && random.happens(REPEATED) {
        timed.push((now + random.exponential(), Message { verb: Verb::Amend, ..message }));
    }
}
