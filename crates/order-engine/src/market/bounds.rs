//! What bounds a market.

use std::num::NonZeroU32;

/// The most units of an asset that can be counted, on one account and on all of a market together:
/// what a [`Decimal`](order_domain::Decimal) of 18 digits can show. A market never takes in more, and
/// so no sum of balances can overflow.
pub const UNITS_MAX: u64 = 10_u64.pow(order_domain::Decimal::DIGITS_MAX) - 1;

/// What bounds a market. Engines that shall agree need equal bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketBounds {
    /// How many instruments may be listed.
    pub instruments_max: NonZeroU32,
    /// How many accounts may be open.
    pub accounts_max: NonZeroU32,
    /// How many orders may be open at once; at most [`order_book::Limits::ORDERS_MAX`].
    pub open_orders_max: NonZeroU32,
    /// How many of its newest commands a market remembers, to know a repeated one.
    pub commands_remembered: NonZeroU32,
    /// How many orders that ended last a market remembers, to tell a cancel or an amendment that
    /// came too late what became of them.
    pub closed_orders_remembered: NonZeroU32,
}

impl MarketBounds {
    /// A thousand instruments, a million accounts, a million open orders; 65,536 commands and as many
    /// closed orders are remembered, at about 70 and 90 bytes each.
    pub const DEFAULT: Self = Self {
        instruments_max: of(1_000),
        accounts_max: of(1 << 20),
        open_orders_max: of(1 << 20),
        commands_remembered: of(1 << 16),
        closed_orders_remembered: of(1 << 16),
    };
}

impl Default for MarketBounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn of(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}
