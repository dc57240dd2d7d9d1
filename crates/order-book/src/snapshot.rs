//! The book as bytes, and its hash.
//!
//! The canonical form is [`OrderBook::orders`]: it says all that the book is, and two books that behave
//! alike from now on have the same one, whatever happened to them before.

use core::{error, fmt};

use crate::{
    Limits, OrderBook, OrderId, OwnerId, Price, Quantity, Refused, RestingOrder, SelfTrade, Side,
    TimeInForce,
};

/// Leads every snapshot; the last byte is the version of the form.
const HEADER: [u8; 8] = *b"ordbook\x01";
/// Bytes of an order: id, owner, price and quantity in little-endian order, then side, time in force
/// and self-trade choice.
const ORDER_BYTES: usize = 35;

/// A hash over all resting orders in canonical order. Written as 16 hex digits.
///
/// It finds differences, it does not withstand whoever makes them on purpose; for that, take a
/// cryptographic hash of the [snapshot](OrderBook::to_snapshot).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateHash(pub u64);

impl StateHash {
    /// The hash of orders, which must come in canonical order.
    ///
    /// It begins with 0. Five words are mixed in for every order: id, owner, price, quantity, and the
    /// sum of side, 256 times time in force and 65536 times self-trade choice, each by its number in
    /// declaration order. A word is mixed in by exclusive or, followed by a step of `SplitMix64`.
    pub fn of(orders: impl IntoIterator<Item = RestingOrder>) -> Self {
        Self(orders.into_iter().flat_map(words).fold(0, |hash, word| step(hash ^ word)))
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

fn words(order: RestingOrder) -> [u64; 5] {
    let terms = [order.side as u8, order.time_in_force as u8, order.self_trade as u8, 0];
    [
        order.id.0,
        order.owner.0,
        order.price.0.cast_unsigned(),
        order.quantity.0,
        u32::from_le_bytes(terms).into(),
    ]
}

/// `SplitMix64`'s step: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
const fn step(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

/// Why no book could be made of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// It does not begin like a snapshot of a version that this build reads.
    Unreadable,
    /// It ends in the middle of an order.
    Truncated,
    /// The order at this place, counted from 0, has a side, time in force or self-trade choice that
    /// no resting order has.
    UnknownTerms(usize),
    /// The order at this place, counted from 0, crosses one before it.
    Crossed(usize),
    /// The order at this place, counted from 0, can't be in the book.
    Refused(usize, Refused),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("not a snapshot of a known version"),
            Self::Truncated => f.write_str("the snapshot ends in the middle of an order"),
            Self::UnknownTerms(place) => write!(f, "order {place} has unknown terms"),
            Self::Crossed(place) => write!(f, "order {place} crosses the book"),
            Self::Refused(place, refused) => write!(f, "order {place}: {refused}"),
        }
    }
}

impl error::Error for RestoreError {}

impl OrderBook {
    /// The hash of what rests, queue order included.
    pub fn state_hash(&self) -> StateHash {
        StateHash::of(self.orders())
    }

    /// The book as bytes: a header of 8 bytes and 35 an order. Limits are not part of it.
    pub fn to_snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER.len() + self.len() * ORDER_BYTES);
        bytes.extend(HEADER);
        for order in self.orders() {
            for word in &words(order)[..4] {
                bytes.extend(word.to_le_bytes());
            }
            let terms = [order.side as u8, order.time_in_force as u8, order.self_trade as u8];
            bytes.extend(terms);
        }
        bytes
    }

    /// The book of a [snapshot](Self::to_snapshot), with the same queues.
    pub fn from_snapshot(limits: Limits, snapshot: &[u8]) -> Result<Self, RestoreError> {
        let orders = snapshot.strip_prefix(&HEADER).ok_or(RestoreError::Unreadable)?;
        let (orders, rest) = orders.as_chunks::<ORDER_BYTES>();
        if !rest.is_empty() {
            return Err(RestoreError::Truncated);
        }
        let decoded = orders
            .iter()
            .enumerate()
            .map(|(place, bytes)| decode(bytes).ok_or(RestoreError::UnknownTerms(place)));
        Self::collect(limits, decoded)
    }

    /// A book of orders that rest: those of a price in the order of their queue.
    pub fn restore(
        limits: Limits,
        orders: impl IntoIterator<Item = RestingOrder>,
    ) -> Result<Self, RestoreError> {
        Self::collect(limits, orders.into_iter().map(Ok))
    }

    fn collect(
        limits: Limits,
        orders: impl Iterator<Item = Result<RestingOrder, RestoreError>>,
    ) -> Result<Self, RestoreError> {
        let mut book = Self::new(limits);
        for (place, order) in orders.enumerate() {
            let order = order?;
            if !order.time_in_force.rests() {
                return Err(RestoreError::UnknownTerms(place));
            }
            if book.would_take(order.side, order.price) {
                return Err(RestoreError::Crossed(place));
            }
            book.check_new(&order).map_err(|refused| RestoreError::Refused(place, refused))?;
            book.add(&order);
        }
        book.debug_check();
        Ok(book)
    }

    fn check_new(&self, order: &RestingOrder) -> Result<(), Refused> {
        if order.quantity == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        if self.find(order.id).is_some() {
            return Err(Refused::DuplicateId);
        }
        self.check_room(order.side, order.quantity.0)
    }
}

fn decode(bytes: &[u8; ORDER_BYTES]) -> Option<RestingOrder> {
    let (words, terms) = bytes.as_chunks::<8>();
    let [id, owner, price, quantity] = *words else { return None };
    let &[side, time_in_force, self_trade] = terms else { return None };
    Some(RestingOrder {
        id: OrderId(u64::from_le_bytes(id)),
        owner: OwnerId(u64::from_le_bytes(owner)),
        price: Price(i64::from_le_bytes(price)),
        quantity: Quantity(u64::from_le_bytes(quantity)),
        side: Side::BOTH.into_iter().find(|known| *known as u8 == side)?,
        time_in_force: RESTING.into_iter().find(|known| *known as u8 == time_in_force)?,
        self_trade: SELF_TRADES.into_iter().find(|known| *known as u8 == self_trade)?,
    })
}

const RESTING: [TimeInForce; 3] =
    [TimeInForce::GoodTillCancelled, TimeInForce::PostOnly, TimeInForce::PostOnlySlide];

const SELF_TRADES: [SelfTrade; 5] = [
    SelfTrade::Allow,
    SelfTrade::CancelNewest,
    SelfTrade::CancelOldest,
    SelfTrade::CancelBoth,
    SelfTrade::Decrement,
];
