//! The market of the store in memory: one of everything, so that every read finds something.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use order_domain::trading::event::TradeSide;
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, Instrument, OrderKind, OrderStatus, OrderTerms,
    SelfTrade, Side, Symbol,
};
use order_domain::{Decimal, Offset, OrderId, Partition, Position, Timestamp, VenueId};
use order_store::trading::{
    AccountStatistics, AccountTrade, AccountTradeCursor, Balance, Candle, Depth, InstrumentState,
    InstrumentStatistics, Level, ListedInstrument, MarketOrder, MarketOrderFilter, Ticker, Trade,
    TradePage, TradingAccount, TradingQueries,
};
use order_store::{Page, StoreError};

use crate::double::Double;
use crate::rows::{MORNING, id};

const AT: Timestamp = Timestamp(MORNING);

#[async_trait]
impl TradingQueries for Double {
    async fn market_order(
        &self,
        _: &VenueId,
        _: OrderId,
    ) -> Result<Option<MarketOrder>, StoreError> {
        self.answer(Some(order()))
    }

    async fn market_orders(
        &self,
        _: &VenueId,
        _: &MarketOrderFilter,
        _: Page,
    ) -> Result<Vec<MarketOrder>, StoreError> {
        self.answer(vec![order()])
    }

    async fn depth(&self, _: &VenueId, _: &Symbol, _: u32) -> Result<Option<Depth>, StoreError> {
        self.answer(Some(Depth { bids: vec![level()], asks: vec![level()] }))
    }

    async fn trades(
        &self,
        _: &VenueId,
        _: &Symbol,
        _: TradePage<u64>,
    ) -> Result<Option<Vec<Trade>>, StoreError> {
        self.answer(Some(vec![trade()]))
    }

    async fn account_trades(
        &self,
        _: &VenueId,
        _: &AccountId,
        _: TradePage<AccountTradeCursor>,
    ) -> Result<Option<Vec<AccountTrade>>, StoreError> {
        self.answer(Some(vec![AccountTrade { trade: trade(), as_maker: true }]))
    }

    async fn ticker(&self, _: &VenueId, _: &Symbol) -> Result<Option<Ticker>, StoreError> {
        let (last, best) = (Some(one()), Some(level()));
        let ticker = Ticker { at: AT, last, day: Some(candle()), best_bid: best, best_ask: best };
        self.answer(Some(ticker))
    }

    async fn candles(
        &self,
        _: &VenueId,
        _: &Symbol,
        _: Duration,
        _: Timestamp,
        _: NonZeroU32,
    ) -> Result<Option<Vec<Candle>>, StoreError> {
        self.answer(Some(vec![candle()]))
    }

    async fn instruments(&self, _: &VenueId) -> Result<Vec<ListedInstrument>, StoreError> {
        let asset = |code: &str| Asset { code: AssetCode::new(code).unwrap(), scale: 2 };
        let terms = Instrument {
            symbol: symbol(),
            base: asset("BTC"),
            quote: asset("EUR"),
            tick_size: one(),
            lot_size: one(),
            minimum_notional: one(),
            price_band: Some(BasisPoints(1_000)),
            maker_fee: BasisPoints(10),
            taker_fee: BasisPoints(25),
        };
        self.answer(vec![ListedInstrument { terms, state: InstrumentState::Trading }])
    }

    async fn instrument_statistics(
        &self,
        _: &VenueId,
        _: &Symbol,
    ) -> Result<Option<InstrumentStatistics>, StoreError> {
        self.answer(Some(InstrumentStatistics {
            trades: 1,
            volume: one(),
            turnover: one(),
            fees: one(),
            open_orders: 1,
        }))
    }

    async fn account(
        &self,
        _: &VenueId,
        _: &AccountId,
    ) -> Result<Option<TradingAccount>, StoreError> {
        let balance =
            Balance { asset: AssetCode::new("EUR").unwrap(), available: one(), held: one() };
        let balances = vec![balance];
        self.answer(Some(TradingAccount { account: account(), opened_at: AT, balances }))
    }

    async fn account_statistics(
        &self,
        _: &VenueId,
        _: &AccountId,
    ) -> Result<Option<Vec<AccountStatistics>>, StoreError> {
        self.answer(Some(vec![AccountStatistics {
            symbol: symbol(),
            trades_as_maker: 1,
            trades_as_taker: 0,
            bought: one(),
            sold: one(),
            turnover: one(),
            fees: one(),
        }]))
    }
}

fn one() -> Decimal {
    Decimal::new(1, 0).unwrap()
}

fn symbol() -> Symbol {
    Symbol::new("BTC-EUR").unwrap()
}

fn account() -> AccountId {
    AccountId::new("ada").unwrap()
}

fn level() -> Level {
    Level { price: one(), quantity: one(), orders: 1 }
}

fn candle() -> Candle {
    let (open, volume) = (one(), one());
    Candle {
        start: AT,
        open,
        high: open,
        low: open,
        close: open,
        volume,
        turnover: volume,
        trades: 1,
    }
}

fn trade() -> Trade {
    let side = TradeSide { order_id: id(1), account: account(), fee: one() };
    Trade {
        number: 1,
        symbol: symbol(),
        price: one(),
        quantity: one(),
        taker_side: Side::Buy,
        maker: side.clone(),
        taker: side,
        at: AT,
    }
}

fn order() -> MarketOrder {
    let terms = OrderTerms {
        account: account(),
        symbol: symbol(),
        side: Side::Buy,
        kind: OrderKind::Market { worst_price: None },
        quantity: one(),
        self_trade: SelfTrade::Allow,
        client_order_id: None,
    };
    MarketOrder {
        order_id: id(1),
        source: Position::new(Partition(0), Offset(1)),
        version: 1,
        status: OrderStatus::Executed,
        terms,
        price: None,
        executed: one(),
        remaining: one(),
        executed_value: one(),
        cancelled_by: None,
        refusal: None,
        placed_at: AT,
        updated_at: AT,
    }
}
