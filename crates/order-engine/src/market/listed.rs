//! What is listed: assets, and instruments with their books.

use order_book::{Limits, OrderBook};
use order_domain::trading::event::TRADES_PER_COMMAND_MAX;
use order_domain::trading::{Asset, Instrument, Side};

use super::measures::Measures;
use super::registry::{AssetKey, InstrumentKey, Named};

/// An asset, and what the market has of it.
#[derive(Clone, Debug)]
pub(crate) struct ListedAsset {
    pub(crate) asset: Asset,
    /// What trades paid.
    pub(crate) fees: u64,
    /// What all accounts have, and the fees: deposits less withdrawals.
    pub(crate) supply: u64,
}

impl ListedAsset {
    pub(super) const fn new(asset: Asset) -> Self {
        Self { asset, fees: 0, supply: 0 }
    }
}

impl Named for ListedAsset {
    type Key = AssetKey;

    fn name(&self) -> &str {
        self.asset.code.as_str()
    }
}

/// An instrument with its book.
#[derive(Clone, Debug)]
pub(crate) struct ListedInstrument {
    pub(crate) terms: Instrument,
    pub(crate) measures: Measures,
    pub(crate) base: AssetKey,
    pub(crate) quote: AssetKey,
    pub(crate) halted: bool,
    /// How many trades there were; the number of the last one.
    pub(crate) trades: u64,
    /// The price of the last one, in ticks.
    pub(crate) last_price: Option<i64>,
    /// An order's id in it is its [`OrderKey`](super::orders::OrderKey).
    pub(crate) book: OrderBook,
}

impl ListedInstrument {
    pub(super) fn new(
        terms: Instrument,
        measures: Measures,
        [base, quote]: [AssetKey; 2],
        open_orders_max: u32,
    ) -> Self {
        let matches_max = u32::try_from(TRADES_PER_COMMAND_MAX).expect("a few hundred");
        let limits = Limits { orders_max: open_orders_max.min(Limits::ORDERS_MAX), matches_max };
        let book = OrderBook::new(limits);
        Self { terms, measures, base, quote, halted: false, trades: 0, last_price: None, book }
    }

    /// The asset that an order of this side gives, and holds.
    pub(super) const fn given(&self, side: Side) -> AssetKey {
        match side {
            Side::Buy => self.quote,
            Side::Sell => self.base,
        }
    }
}

impl Named for ListedInstrument {
    type Key = InstrumentKey;

    fn name(&self) -> &str {
        self.terms.symbol.as_str()
    }
}
