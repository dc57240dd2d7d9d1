//! What prices did: tickers and candles.

use order_domain::Decimal;
use order_domain::trading::Symbol;
use order_store::trading::{Candle, Ticker};
use serde::Serialize;
use utoipa::ToSchema;

use super::book::LevelView;
use crate::each::Each;
use crate::text::Rfc3339;

/// About how many bytes of JSON a ticker or a candle takes.
pub(crate) const FIGURES_BYTES: usize = 384;

/// An instrument in figures. Prices are `null` where there is none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ticker)]
pub(crate) struct TickerView<'a> {
    /// Of which instrument.
    #[schema(example = "BTC-EUR")]
    symbol: &'a str,
    /// The time, by the log, of the market's newest decision: RFC 3339, UTC, in milliseconds. The 24
    /// hours end here.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    at: Rfc3339,
    /// The price of the last trade, however old.
    #[schema(value_type = Option<String>, required = true, example = "61250.5")]
    last: Option<Decimal>,
    /// The first price of the 24 hours.
    #[schema(value_type = Option<String>, required = true, example = "60100")]
    open: Option<Decimal>,
    /// The highest of the 24 hours.
    #[schema(value_type = Option<String>, required = true, example = "61900")]
    high: Option<Decimal>,
    /// The lowest of the 24 hours.
    #[schema(value_type = Option<String>, required = true, example = "59880.5")]
    low: Option<Decimal>,
    /// How much of the base asset was traded in the 24 hours.
    #[schema(value_type = String, example = "12.75")]
    volume: Decimal,
    /// What was paid for it, in the quote asset.
    #[schema(value_type = String, example = "780943.875")]
    turnover: Decimal,
    /// How many trades there were in the 24 hours.
    trades: u64,
    /// The best buy.
    #[schema(value_type = Option<LevelView>, required = true)]
    best_bid: Option<LevelView>,
    /// The best sell.
    #[schema(value_type = Option<LevelView>, required = true)]
    best_ask: Option<LevelView>,
}

/// The trades of a stretch of time.
#[derive(Serialize, ToSchema)]
#[schema(as = Candle)]
pub(crate) struct CandleView {
    /// Where the stretch begins: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.000Z")]
    start: Rfc3339,
    /// The first price.
    #[schema(value_type = String, example = "61250.5")]
    open: Decimal,
    /// The highest.
    #[schema(value_type = String, example = "61300")]
    high: Decimal,
    /// The lowest.
    #[schema(value_type = String, example = "61250")]
    low: Decimal,
    /// The last.
    #[schema(value_type = String, example = "61290")]
    close: Decimal,
    /// How much of the base asset was traded.
    #[schema(value_type = String, example = "0.75")]
    volume: Decimal,
    /// What was paid for it, in the quote asset.
    #[schema(value_type = String, example = "45950")]
    turnover: Decimal,
    /// How many trades.
    trades: u64,
}

/// The candles of an instrument, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = CandlePage)]
pub(crate) struct CandlePageView<'a> {
    /// Of which instrument.
    #[schema(example = "BTC-EUR")]
    pub(crate) symbol: &'a str,
    /// How long the stretches are.
    #[schema(example = "1h")]
    pub(crate) interval: &'static str,
    /// The candles. Stretches without a trade are left out.
    #[schema(value_type = Vec<CandleView>)]
    pub(crate) candles: Each<'a, Candle, CandleView>,
    /// Send it as `from` to get those that follow; `null` where there are none yet.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub(crate) next: Option<Rfc3339>,
}

impl<'a> TickerView<'a> {
    pub(crate) fn new(symbol: &'a Symbol, ticker: &Ticker) -> Self {
        let day = ticker.day.as_ref();
        Self {
            symbol: symbol.as_str(),
            at: Rfc3339(ticker.at),
            last: ticker.last,
            open: day.map(|day| day.open),
            high: day.map(|day| day.high),
            low: day.map(|day| day.low),
            volume: day.map_or(Decimal::ZERO, |day| day.volume),
            turnover: day.map_or(Decimal::ZERO, |day| day.turnover),
            trades: day.map_or(0, |day| day.trades),
            best_bid: ticker.best_bid.as_ref().map(LevelView::from),
            best_ask: ticker.best_ask.as_ref().map(LevelView::from),
        }
    }
}

impl From<&Candle> for CandleView {
    fn from(candle: &Candle) -> Self {
        Self {
            start: Rfc3339(candle.start),
            open: candle.open,
            high: candle.high,
            low: candle.low,
            close: candle.close,
            volume: candle.volume,
            turnover: candle.turnover,
            trades: candle.trades,
        }
    }
}
