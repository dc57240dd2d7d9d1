//! Everything has a bound: instruments, accounts, open orders, what one command may cause.

use std::num::NonZeroU32;

use order_domain::trading::event::{CancelledBy, TRADES_PER_COMMAND_MAX};
use order_domain::trading::{AccountId, RefusalReason, TimeInForce, TradingEvent};
use order_engine::MarketBounds;

use super::words::{Market, SYMBOL, buy, instrument, sell, symbol};

/// The largest record that a Kafka broker takes as it comes (`message.max.bytes`).
const RECORD_BYTES_MAX: usize = 1_048_588;

fn bounds(of: u32) -> MarketBounds {
    let of = NonZeroU32::new(of).unwrap();
    MarketBounds {
        instruments_max: of,
        accounts_max: of,
        open_orders_max: of,
        ..MarketBounds::DEFAULT
    }
}

#[test]
fn a_market_has_so_many_instruments_and_accounts() {
    let mut market = Market::empty(bounds(1));
    market.list(instrument(SYMBOL)).taken();
    market.list(instrument("ETH-EUR")).refused(
        RefusalReason::LimitReached,
        "the market has 1 instruments, as many as it may have",
    );
    market.list(instrument(SYMBOL)).taken();
    market.open("ada").taken();
    market
        .open("bob")
        .refused(RefusalReason::LimitReached, "the market has 1 accounts, as many as it may have");
    market.open("ada").taken();
}

#[test]
fn a_market_has_so_many_open_orders() {
    let mut market = Market::with_bounds(bounds(3));
    for _ in 0..3 {
        market.place(buy("ada", "1", "100")).taken();
    }
    market.place(buy("ada", "1", "100")).refused(
        RefusalReason::LimitReached,
        "the market has 3 open orders, as many as it may have",
    );
    // One that does not rest needs no room.
    market.place(buy("ada", "1", "100").with(TimeInForce::ImmediateOrCancel)).taken();
    market.cancel(1).taken();
    market.place(buy("ada", "1", "100")).taken();
}

/// Makers with the longest names, each with an account of its own.
fn many_makers(makers: usize) -> Market {
    let mut market = Market::usual();
    for maker in 0..makers {
        let name = format!("{maker:0>64}");
        assert_eq!(name.len(), AccountId::LENGTH_MAX);
        market.open(&name).taken();
        market.deposit(&name, "99.99", "BTC").taken();
        market.deposit(&name, "123456.78", "EUR").taken();
        market.place(sell(&name, "0.1", "100")).taken();
    }
    market
}

#[test]
fn an_order_causes_so_many_trades_and_its_decision_fits_a_record() {
    let mut market = many_makers(TRADES_PER_COMMAND_MAX + 2);
    let answer = market.place(buy("ada", "60", "100"));
    assert!(answer.bytes < RECORD_BYTES_MAX, "{} bytes", answer.bytes);
    let by_trade_limit = |event: &TradingEvent| match event {
        TradingEvent::OrderCancelled(event) => event.by == CancelledBy::TradeLimit,
        _ => false,
    };
    assert_eq!(answer.events.iter().filter(|event| by_trade_limit(event)).count(), 1);
    market.has("ada", "BTC", "60", "0");
    assert_eq!(market.view().orders(&symbol(SYMBOL)).count(), 2);
}

#[test]
fn an_order_that_would_need_more_trades_is_not_filled_whole() {
    let mut market = many_makers(TRADES_PER_COMMAND_MAX + 1);
    market
        .place(buy("ada", "50.1", "100").with(TimeInForce::FillOrKill))
        .refused(RefusalReason::CannotFillWhole, "the order can't be filled whole");
    market.place(buy("ada", "50", "100").with(TimeInForce::FillOrKill)).taken();
}
