//! Instruments: listed, halted, resumed.

use order_domain::trading::{BasisPoints, Instrument, RefusalReason};
use order_engine::MarketBounds;

use super::words::{Market, SYMBOL, buy, instrument, number};

fn refused(change: impl FnOnce(&mut Instrument), detail: &str) {
    let mut terms = instrument(SYMBOL);
    change(&mut terms);
    let mut market = Market::empty(MarketBounds::DEFAULT);
    market.list(terms).refused(RefusalReason::InvalidInstrument, detail);
}

#[test]
fn an_instrument_is_listed_once() {
    let mut market = Market::empty(MarketBounds::DEFAULT);
    market.list(instrument(SYMBOL)).says(&["listed BTC-EUR"]);
    market.list(instrument(SYMBOL)).says(&[]);
}

#[test]
fn other_terms_for_a_listed_instrument_are_refused() {
    let mut market = Market::usual();
    let mut other = instrument(SYMBOL);
    other.maker_fee = BasisPoints(11);
    market
        .list(other)
        .refused(RefusalReason::InvalidInstrument, "BTC-EUR is listed with other terms");
}

#[test]
fn an_asset_has_the_same_scale_in_every_instrument() {
    let mut market = Market::usual();
    let mut other = instrument("ETH-EUR");
    other.quote.scale = 3;
    market
        .list(other)
        .refused(RefusalReason::InvalidInstrument, "EUR is listed with 2 decimal places, not 3");
}

#[test]
fn one_lot_at_one_tick_costs_a_whole_number_of_units() {
    refused(
        |terms| terms.tick_size = number("0.5"),
        "one lot at one tick is no whole number of the quote asset's units",
    );
}

#[test]
fn steps_and_minimum_are_above_zero() {
    refused(|terms| terms.tick_size = number("0"), "the tick size is not above 0");
    refused(|terms| terms.tick_size = number("-1"), "the tick size is not above 0");
    let lot = "the lot size is not a number of the base asset's units above 0";
    refused(|terms| terms.lot_size = number("0"), lot);
    refused(|terms| terms.lot_size = number("0.000000001"), lot);
    let minimum = "the minimum notional is not a number of the quote asset's units above 0";
    refused(|terms| terms.minimum_notional = number("0"), minimum);
    refused(|terms| terms.minimum_notional = number("0.001"), minimum);
}

#[test]
fn fees_are_below_the_whole() {
    refused(|terms| terms.maker_fee = BasisPoints::WHOLE, "a fee is below 10000 basis points");
    refused(|terms| terms.taker_fee = BasisPoints(u32::MAX), "a fee is below 10000 basis points");
}

#[test]
fn an_instrument_has_two_assets_that_can_be_counted() {
    refused(
        |terms| terms.base = terms.quote.clone(),
        "the base asset and the quote asset are the same",
    );
    refused(|terms| terms.base.scale = 13, "an asset has at most 12 decimal places");
}

#[test]
fn a_halted_instrument_takes_no_order_and_no_amendment_but_a_cancel() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.halt().says(&["halted BTC-EUR"]);
    market.halt().says(&[]);
    let halted = |answer: super::words::Answer| {
        answer.refused(RefusalReason::Halted, "BTC-EUR is halted");
    };
    halted(market.place(buy("ada", "1", "100")));
    halted(market.amend(1, Some("99"), None));
    market.cancel(1).taken();
    market.resume().says(&["resumed BTC-EUR"]);
    market.resume().says(&[]);
    market.place(buy("ada", "1", "100")).taken();
}

#[test]
fn an_unknown_instrument_is_neither_halted_nor_resumed() {
    let mut market = Market::empty(MarketBounds::DEFAULT);
    market.halt().refused(RefusalReason::UnknownSymbol, "no BTC-EUR is listed");
    market.resume().refused(RefusalReason::UnknownSymbol, "no BTC-EUR is listed");
}
