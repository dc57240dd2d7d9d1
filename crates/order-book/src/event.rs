//! What the book answers: events of matching, and refusals.

use core::{error, fmt};

use crate::{OrderId, Price, Quantity};

/// What happened, in the order in which it happened.
///
/// Whatever is not said follows: an order whose open quantity came to zero in a
/// [`Traded`](Self::Traded) or [`Decremented`](Self::Decremented) is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Two orders traded.
    Traded {
        /// The order that rested.
        maker: OrderId,
        /// The order that came.
        taker: OrderId,
        /// The maker's price.
        price: Price,
        /// How much, at least one lot.
        quantity: Quantity,
        /// What is open of the maker now.
        maker_open: Quantity,
        /// What is open of the taker now.
        taker_open: Quantity,
    },
    /// Two orders of one owner met and lost quantity without a trade.
    Decremented {
        /// The order that rested.
        maker: OrderId,
        /// The order that came.
        taker: OrderId,
        /// How much each lost, at least one lot.
        quantity: Quantity,
        /// What is open of the maker now.
        maker_open: Quantity,
        /// What is open of the taker now.
        taker_open: Quantity,
    },
    /// An order left, or never came to rest.
    Cancelled {
        /// The order.
        order: OrderId,
        /// What was open of it, at least one lot.
        quantity: Quantity,
        /// Why.
        reason: CancelReason,
    },
    /// The incoming order rests now, at the back of its price level.
    Rested {
        /// The order.
        order: OrderId,
        /// Where: its limit, or where it slid to.
        price: Price,
        /// What is open of it.
        quantity: Quantity,
    },
}

/// Why matching cancelled an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelReason {
    /// Nothing is left that it may trade with, and it must not rest.
    Unfilled,
    /// It met an order of its own owner.
    SelfTrade,
    /// It would have caused more than [`Limits::matches_max`](crate::Limits::matches_max) matches.
    MatchLimit,
}

/// Why a command was refused. The book is as it was, and nothing was said to the sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// An order of this id is in the book.
    DuplicateId,
    /// No order of this id is in the book: never, or not any more.
    UnknownOrder,
    /// A quantity of zero lots.
    ZeroQuantity,
    /// A post-only order would have taken, and could not slide.
    WouldTake {
        /// The opposite price that it would have traded at.
        best: Price,
    },
    /// A fill-or-kill order can't be filled whole.
    NotFillable,
    /// The book holds [`Limits::orders_max`](crate::Limits::orders_max) orders already.
    BookFull,
    /// With it, the open quantity of its side could exceed `u64::MAX` lots.
    QuantityOverflow,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateId => f.write_str("an order with this id is in the book"),
            Self::UnknownOrder => f.write_str("no order with this id is in the book"),
            Self::ZeroQuantity => f.write_str("the quantity is zero"),
            Self::WouldTake { best } => {
                write!(f, "a post-only order would have traded at {} ticks", best.0)
            }
            Self::NotFillable => f.write_str("the order can't be filled whole"),
            Self::BookFull => f.write_str("the book is full"),
            Self::QuantityOverflow => {
                f.write_str("the open quantity of this side would exceed 64 bits")
            }
        }
    }
}

impl error::Error for Refused {}
