//! What an order is: ids, sides, prices, quantities and the terms it comes with.

/// Names an order. The caller chooses it, sparse or dense; it is free again once the order is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u64);

/// Whoever must not trade with himself. Only ever compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(pub u64);

/// A price in ticks. Every `i64` is a price, negative ones too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(pub i64);

/// A quantity in lots. An order has at least one; all open orders of a side together have at most
/// `u64::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(pub u64);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);
}

/// Which side of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Bids.
    Buy = 0,
    /// Asks.
    Sell = 1,
}

impl Side {
    /// Both, bids first.
    pub const BOTH: [Self; 2] = [Self::Buy, Self::Sell];

    /// The side that this one trades with.
    #[must_use]
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// An order on its way into the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Its name, which no order in the book may have.
    pub id: OrderId,
    /// Whose it is.
    pub owner: OwnerId,
    /// Whether it buys or sells.
    pub side: Side,
    /// How much, at least one lot.
    pub quantity: Quantity,
    /// At which prices, and what becomes of a remainder.
    pub kind: OrderKind,
    /// What happens when it meets an order of its own owner.
    pub self_trade: SelfTrade,
}

/// Limit or market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Trades at `price` or better.
    Limit {
        /// The worst price to trade at, and the price to rest at.
        price: Price,
        /// What becomes of a remainder.
        time_in_force: TimeInForce,
    },
    /// Trades at any price, or at `worst` or better; a remainder is cancelled.
    Market {
        /// The worst price to trade at, if there is one.
        worst: Option<Price>,
    },
}

/// How long a limit order stays, and whether it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeInForce {
    /// A remainder rests until it is filled or cancelled.
    GoodTillCancelled,
    /// A remainder is cancelled.
    ImmediateOrCancel,
    /// Fills whole or is refused, and then nothing has happened.
    FillOrKill,
    /// Rests, or is refused if it would take.
    PostOnly,
    /// Rests; if it would take, one tick behind the best opposite price instead.
    PostOnlySlide,
}

impl TimeInForce {
    /// Whether an order with these terms can be found in the book.
    pub const fn rests(self) -> bool {
        matches!(self, Self::GoodTillCancelled | Self::PostOnly | Self::PostOnlySlide)
    }
}

/// What happens when an order meets a resting one of the same owner. The incoming order chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SelfTrade {
    /// They trade.
    Allow,
    /// What is left of the incoming order is cancelled.
    CancelNewest,
    /// The resting order is cancelled, and matching goes on.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
    /// Both lose the smaller of the two quantities, without a trade; the resting one keeps its place.
    Decrement,
}

/// An order in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestingOrder {
    /// Its name.
    pub id: OrderId,
    /// Whose it is.
    pub owner: OwnerId,
    /// Whether it buys or sells.
    pub side: Side,
    /// The price it rests at; a slid order's own.
    pub price: Price,
    /// What is still open of it, at least one lot.
    pub quantity: Quantity,
    /// The terms it came with and keeps through an amend: [`TimeInForce::rests`] of it is true.
    pub time_in_force: TimeInForce,
    /// What it chose for meeting its own owner's orders; counts again when an amend makes it take.
    pub self_trade: SelfTrade,
}
