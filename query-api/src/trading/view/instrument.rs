//! Instruments.

use order_domain::Decimal;
use order_domain::trading::{Asset, BasisPoints};
use order_store::trading::{InstrumentState, InstrumentStatistics, ListedInstrument};
use serde::Serialize;
use utoipa::ToSchema;

use crate::each::Each;

/// About how many bytes of JSON an instrument takes.
pub(crate) const INSTRUMENT_BYTES: usize = 384;

/// What can be bought and sold for what, and in which steps.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Instrument)]
pub(crate) struct InstrumentView<'a> {
    /// Its name.
    #[schema(example = "BTC-EUR")]
    symbol: &'a str,
    /// `trading`, or `halted` where it takes no orders for now.
    #[schema(example = "trading")]
    state: &'static str,
    /// What is bought and sold.
    #[schema(value_type = AssetView)]
    base: AssetView<'a>,
    /// What is paid with.
    #[schema(value_type = AssetView)]
    quote: AssetView<'a>,
    /// Prices are multiples of this, in the quote asset.
    #[schema(value_type = String, example = "0.5")]
    tick_size: Decimal,
    /// Quantities are multiples of this, in the base asset.
    #[schema(value_type = String, example = "0.0001")]
    lot_size: Decimal,
    /// The least that price times quantity of a limit order may be, in the quote asset.
    #[schema(value_type = String, example = "10")]
    minimum_notional: Decimal,
    /// How far a limit price may lie from the last trade's, in hundredths of a percent. Only where there
    /// is such a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, nullable = false, example = 1000)]
    price_band: Option<BasisPoints>,
    /// What a maker pays of price times quantity, in hundredths of a percent, rounded down to the quote
    /// asset's smallest unit.
    #[schema(value_type = u32, example = 10)]
    maker_fee: BasisPoints,
    /// What a taker pays, in the same way.
    #[schema(value_type = u32, example = 25)]
    taker_fee: BasisPoints,
}

/// Something that accounts hold.
#[derive(Serialize, ToSchema)]
#[schema(as = Asset)]
pub(crate) struct AssetView<'a> {
    /// Its name.
    #[schema(example = "BTC")]
    code: &'a str,
    /// How many decimal places an amount of it has, at most.
    #[schema(example = 8)]
    scale: u32,
}

/// All instruments of the market.
#[derive(Serialize, ToSchema)]
#[schema(as = Instruments)]
pub(crate) struct InstrumentsView<'a> {
    /// The instruments, by name.
    #[schema(value_type = Vec<InstrumentView>)]
    pub(crate) instruments: Each<'a, ListedInstrument, InstrumentView<'a>>,
}

/// An instrument, and what it did.
#[derive(Serialize, ToSchema)]
#[schema(as = InstrumentWithStatistics)]
pub(crate) struct InstrumentWithStatisticsView<'a> {
    /// Its terms.
    #[serde(flatten)]
    #[schema(value_type = InstrumentView)]
    instrument: InstrumentView<'a>,
    /// What it did, all time.
    statistics: InstrumentStatisticsView,
}

/// What an instrument did, all time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InstrumentStatistics)]
pub(crate) struct InstrumentStatisticsView {
    /// How many trades.
    trades: u64,
    /// How much of the base asset was traded.
    #[schema(value_type = String, example = "12.75")]
    volume: Decimal,
    /// What was paid for it, in the quote asset.
    #[schema(value_type = String, example = "780943.875")]
    turnover: Decimal,
    /// What both sides paid in fees, in the quote asset.
    #[schema(value_type = String, example = "2733.3")]
    fees: Decimal,
    /// How many orders are open.
    open_orders: u64,
}

impl<'a> InstrumentWithStatisticsView<'a> {
    pub(crate) fn new(instrument: &'a ListedInstrument, statistics: &InstrumentStatistics) -> Self {
        let statistics = InstrumentStatisticsView {
            trades: statistics.trades,
            volume: statistics.volume,
            turnover: statistics.turnover,
            fees: statistics.fees,
            open_orders: statistics.open_orders,
        };
        Self { instrument: instrument.into(), statistics }
    }
}

impl<'a> From<&'a ListedInstrument> for InstrumentView<'a> {
    fn from(ListedInstrument { terms, state }: &'a ListedInstrument) -> Self {
        Self {
            symbol: terms.symbol.as_str(),
            state: match state {
                InstrumentState::Trading => "trading",
                InstrumentState::Halted => "halted",
            },
            base: (&terms.base).into(),
            quote: (&terms.quote).into(),
            tick_size: terms.tick_size,
            lot_size: terms.lot_size,
            minimum_notional: terms.minimum_notional,
            price_band: terms.price_band,
            maker_fee: terms.maker_fee,
            taker_fee: terms.taker_fee,
        }
    }
}

impl<'a> From<&'a Asset> for AssetView<'a> {
    fn from(asset: &'a Asset) -> Self {
        Self { code: asset.code.as_str(), scale: asset.scale }
    }
}
