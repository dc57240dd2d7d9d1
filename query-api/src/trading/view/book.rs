//! Levels of a book.

use order_domain::Decimal;
use order_domain::trading::Symbol;
use order_store::trading::{Depth, Level};
use serde::Serialize;
use utoipa::ToSchema;

use crate::each::Each;

/// About how many bytes of JSON a level takes.
pub(crate) const LEVEL_BYTES: usize = 64;

/// The best levels of an instrument's book.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderBook)]
pub(crate) struct OrderBookView<'a> {
    /// Of which instrument.
    #[schema(example = "BTC-EUR")]
    symbol: &'a str,
    /// Buys, the highest price first.
    #[schema(value_type = Vec<LevelView>)]
    bids: Each<'a, Level, LevelView>,
    /// Sells, the lowest price first.
    #[schema(value_type = Vec<LevelView>)]
    asks: Each<'a, Level, LevelView>,
}

impl<'a> OrderBookView<'a> {
    pub(crate) fn new(symbol: &'a Symbol, depth: &'a Depth) -> Self {
        let (bids, asks) = (Each::of(&depth.bids), Each::of(&depth.asks));
        Self { symbol: symbol.as_str(), bids, asks }
    }
}

/// All open orders of one side at one price.
#[derive(Serialize, ToSchema)]
#[schema(as = Level)]
pub(crate) struct LevelView {
    /// The price.
    #[schema(value_type = String, example = "61250.5")]
    price: Decimal,
    /// How much is open there, all orders together.
    #[schema(value_type = String, example = "2.5")]
    quantity: Decimal,
    /// How many orders.
    orders: u32,
}

impl From<&Level> for LevelView {
    fn from(level: &Level) -> Self {
        Self { price: level.price, quantity: level.quantity, orders: level.orders }
    }
}
