//! The order book of one instrument: price-time priority matching.
//!
//! ```
//! use order_book::{
//!     Event, NewOrder, OrderBook, OrderId, OrderKind, OwnerId, Price, Quantity, SelfTrade, Side,
//!     TimeInForce,
//! };
//!
//! let order = |id, side, quantity, price| NewOrder {
//!     id: OrderId(id),
//!     owner: OwnerId(id),
//!     side,
//!     quantity: Quantity(quantity),
//!     kind: OrderKind::Limit {
//!         price: Price(price),
//!         time_in_force: TimeInForce::GoodTillCancelled,
//!     },
//!     self_trade: SelfTrade::CancelNewest,
//! };
//! let mut book = OrderBook::default();
//! let mut events = Vec::new();
//! let mut sink = |event: Event| events.push(event);
//! book.submit(&order(1, Side::Sell, 5, 101), &mut sink)?;
//! book.submit(&order(2, Side::Buy, 8, 102), &mut sink)?;
//!
//! let trade = Event::Traded {
//!     maker: OrderId(1),
//!     taker: OrderId(2),
//!     price: Price(101), // the maker's
//!     quantity: Quantity(5),
//!     maker_open: Quantity(0),
//!     taker_open: Quantity(3),
//! };
//! assert_eq!(events[1], trade);
//! assert_eq!(book.best_bid().map(|level| (level.price, level.quantity)), Some((Price(102), Quantity(3))));
//! # Ok::<(), order_book::Refused>(())
//! ```
//!
//! # Rules
//!
//! - An order trades with the best opposite price first, first in first out at each price, at the resting
//!   order's price. It stops at its limit, and exactly when it is filled.
//! - [`TimeInForce`] and [`OrderKind`] say what becomes of a remainder, [`SelfTrade`] what happens
//!   between orders of one owner, [`OrderBook::amend`] when an order keeps its place.
//! - A command is either carried out, and the caller's sink hears what happened in its order, or it is
//!   [`Refused`], and then nothing has happened. A sink must not panic: the book would be left in the
//!   middle of a command.
//!
//! # Bounds
//!
//! Ids, owners and quantities may be any `u64`, prices any `i64`. [`Limits`] bound how many orders rest
//! and how many matches a command causes; the open quantity of a side never exceeds `u64::MAX` lots.
//! No input makes the book overflow, panic or grow beyond: at most 72 bytes an order and 600 a level.
//!
//! | operation | costs |
//! |---|---|
//! | cancel, reduce, rest, amend without a match | a look-up by id and at most eleven steps to a price level, usually two or three |
//! | trade | a few steps a match, and as many again for a level that empties |
//! | fill-or-kill | also a step for each level that it would take whole, or each order where owners are compared |
//! | best price, depth at a price, order by id | as many steps, or none |
//! | top `n` levels | `n` times as many |
//! | place in the queue | the distance to the nearer end of the queue |
//! | snapshot, hash | a few steps an order |
//!
//! Nothing is allocated once the book has been as full as it gets, or after [`OrderBook::reserve`]
//! (`tests/allocations.rs`).
//!
//! # Proof
//!
//! Random programs of every command and option run on this book and on a plain one, and everything that
//! can be seen of both is compared after every step (`tests/against_the_plain_book.rs`); fuzz targets do
//! the same (`fuzz/`). Debug builds check the book's invariants as they go
//! ([`OrderBook::assert_invariants`]).
//!
//! # How it is made
//!
//! Orders and levels are in two arrays and linked by number: an order knows its neighbours in the queue,
//! a level its first and last order and its sums. [`OrderId`]s lead to orders through a hash table of
//! buckets that fill a cache line each. Prices lead to levels through a trie of 64-way branches. What was
//! tried, and what it gave, is in [`speed`].
//!
//! Architecture Invariant: the same commands give the same events and the same book on any machine. No
//! dependencies, no clock, no I/O, no random numbers, no floats, no `unsafe`, and no map that is
//! iterated in an order of its own.

mod arena;
mod book;
mod event;
mod id_index;
mod invariants;
mod ladder;
mod matching;
mod order;
mod preview;
mod queries;
mod snapshot;
mod submit;

pub use book::{Limits, OrderBook};
pub use event::{CancelReason, Event, Refused};
pub use order::{
    NewOrder, OrderId, OrderKind, OwnerId, Price, Quantity, RestingOrder, SelfTrade, Side,
    TimeInForce,
};
pub use queries::{Level, QueuePlace};
pub use snapshot::{RestoreError, StateHash};

#[cfg(doc)]
#[doc = include_str!("../SPEED.md")]
pub mod speed {}

/// No order, no level, no branch.
const NONE: u32 = u32::MAX;
