//! Which orders are taken, and why others are not.

use order_domain::trading::{BasisPoints, RefusalReason, SelfTrade, TimeInForce};
use order_engine::MarketBounds;

use super::words::{Market, SYMBOL, buy, instrument, market_buy, market_sell, sell};

#[test]
fn a_resting_buy_holds_its_price_and_the_larger_fee() {
    let mut market = Market::usual();
    market.place(buy("ada", "0.5", "99")).says(&["accepted #1 at 99"]);
    // 49.50 and 0.25 % of it, rounded down.
    market.has("ada", "EUR", "9950.38", "49.62");
    market.book_has(&[1]);
}

#[test]
fn a_resting_sell_holds_its_quantity() {
    let mut market = Market::usual();
    market.place(sell("ada", "0.5", "99")).says(&["accepted #1 at 99"]);
    market.has("ada", "BTC", "9.5", "0.5");
    market.has("ada", "EUR", "10000", "0");
}

#[test]
fn instrument_and_account_must_be_known() {
    let mut market = Market::usual();
    let order = buy("ada", "1", "100").of("ETH-EUR");
    market.place(order).refused(RefusalReason::UnknownSymbol, "no ETH-EUR is listed");
    let order = buy("dave", "1", "100");
    market.place(order).refused(RefusalReason::UnknownAccount, "no account dave is open");
}

#[test]
fn a_price_is_a_multiple_of_the_tick() {
    let mut market = Market::usual();
    for price in ["100.5", "0", "-1"] {
        let detail = format!("the price {price} is not within the multiples of 1 above 0");
        let limit = buy("ada", "1", price);
        market.place(limit).refused(RefusalReason::Tick, &detail);
        let worst = market_buy("ada", "1").not_worse_than(price);
        market.place(worst).refused(RefusalReason::Tick, &detail);
    }
}

#[test]
fn a_quantity_is_a_multiple_of_the_lot() {
    let mut market = Market::usual();
    for quantity in ["0.015", "0", "-1", "0.000000001", "100000000000000000"] {
        let detail = format!("the quantity {quantity} is not within the multiples of 0.01 above 0");
        let order = buy("ada", quantity, "100");
        market.place(order).refused(RefusalReason::Lot, &detail);
    }
}

#[test]
fn price_times_quantity_is_not_below_the_minimum_nor_beyond_counting() {
    let mut market = Market::usual();
    market.place(buy("ada", "0.1", "100")).taken();
    market
        .place(buy("ada", "0.09", "111"))
        .refused(RefusalReason::Notional, "price times quantity is 9.99, 10 is the least");
    market
        .place(sell("ada", "1000000", "999999999999"))
        .refused(RefusalReason::Notional, "price times quantity is beyond what can be counted");
}

#[test]
fn a_limit_stays_near_the_last_trade() {
    let mut market = Market::usual();
    let mut banded = instrument("ETH-EUR");
    banded.price_band = Some(BasisPoints(1_000));
    market.list(banded).taken();
    market.deposit("bob", "10", "ETH").taken();
    // Before the first trade there is nothing to be near to.
    market.place(sell("bob", "1", "100").of("ETH-EUR")).taken();
    market.place(buy("ada", "1", "500").of("ETH-EUR")).taken();
    for price in ["90", "110"] {
        market.place(buy("ada", "0.5", price).of("ETH-EUR")).taken();
    }
    for price in ["89", "111"] {
        let detail = format!(
            "the price {price} is more than 1000 basis points away from 100, the last trade's"
        );
        let order = buy("ada", "0.5", price).of("ETH-EUR");
        market.place(order).refused(RefusalReason::Band, &detail);
    }
    let last = market.last;
    market.amend(last - 3, Some("89"), None).refused(
        RefusalReason::Band,
        "the price 89 is more than 1000 basis points away from 100, the last trade's",
    );
}

#[test]
fn an_order_needs_what_it_could_cost() {
    let mut market = Market::usual();
    market
        .place(buy("ada", "10", "1000"))
        .refused(RefusalReason::InsufficientFunds, "10025 EUR are needed, 10000 EUR are available");
    market
        .place(sell("ada", "10.01", "100"))
        .refused(RefusalReason::InsufficientFunds, "10.01 BTC are needed, 10 BTC are available");
    market.place(buy("ada", "9.97", "1000")).taken();
    // 10.01 for the least, 5.08 are left.
    market
        .place(buy("ada", "0.01", "1000"))
        .refused(RefusalReason::InsufficientFunds, "10.02 EUR are needed, 5.08 EUR are available");
}

#[test]
fn a_hold_beyond_counting_is_no_overflow() {
    let mut market = Market::usual();
    market.place(buy("ada", "9999999999", "999999")).refused(
        RefusalReason::InsufficientFunds,
        "more is needed than the 10000 EUR that are available",
    );
}

#[test]
fn a_client_order_id_is_unique_among_the_open_orders_of_its_account() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100").named("mine")).taken();
    market.place(buy("bob", "1", "100").named("mine")).taken();
    market
        .place(buy("ada", "1", "100").named("mine"))
        .refused(RefusalReason::DuplicateClientOrderId, "ada has an open order mine");
    market.cancel(1).taken();
    market.place(buy("ada", "1", "100").named("mine")).taken();
}

#[test]
fn a_post_only_order_rests_or_is_refused() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market.place(buy("ada", "1", "99").with(TimeInForce::PostOnly)).says(&["accepted #2 at 99"]);
    market
        .place(buy("ada", "1", "100").with(TimeInForce::PostOnly))
        .refused(RefusalReason::WouldTake, "it was to rest, and would trade at 100");
}

#[test]
fn a_sliding_order_rests_a_tick_away_and_holds_for_that_price() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market
        .place(buy("ada", "1", "120").with(TimeInForce::PostOnlySlide))
        .says(&["accepted #2 at 99"]);
    market.has("ada", "EUR", "9900.76", "99.24");
    market
        .place(sell("carol", "1", "50").with(TimeInForce::PostOnlySlide))
        .says(&["accepted #3 at 100"]);
    market.book_has(&[2, 1, 3]);
}

#[test]
fn where_an_order_slides_to_it_keeps_the_rules_of_a_limit() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market
        .place(buy("ada", "0.1", "100").with(TimeInForce::PostOnlySlide))
        .refused(RefusalReason::Notional, "price times quantity is 9.9, 10 is the least");

    let mut banded = instrument("ETH-EUR");
    banded.price_band = Some(BasisPoints(100));
    market.list(banded).taken();
    market.deposit("bob", "10", "ETH").taken();
    market.place(sell("bob", "1", "100").of("ETH-EUR")).taken();
    market.place(buy("ada", "1", "100").of("ETH-EUR")).taken();
    market.place(buy("ada", "1", "101").of("ETH-EUR")).taken();
    let slides = sell("bob", "1", "101").of("ETH-EUR").with(TimeInForce::PostOnlySlide);
    market.place(slides).refused(
        RefusalReason::Band,
        "the price 102 is more than 100 basis points away from 100, the last trade's",
    );
}

#[test]
fn an_order_does_not_slide_to_where_no_price_is() {
    let mut market = Market::usual();
    market.place(sell("bob", "10", "1")).taken();
    market
        .place(buy("ada", "10", "5").with(TimeInForce::PostOnlySlide))
        .refused(RefusalReason::WouldTake, "there is no price behind the best opposite one");
}

#[test]
fn fill_or_kill_fills_whole_or_is_refused() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market
        .place(buy("ada", "1.01", "100").with(TimeInForce::FillOrKill))
        .refused(RefusalReason::CannotFillWhole, "the order can't be filled whole");
    market.place(buy("ada", "1", "100").with(TimeInForce::FillOrKill)).says(&[
        "accepted #3 at 100",
        "trade 1: 1 at 100, #1 of bob pays 0.1, #3 of ada pays 0.25",
        "closed #1 executed: v2, 1 done for 100, 0 open",
        "closed #3 executed: v2, 1 done for 100, 0 open",
    ]);
}

#[test]
fn a_market_order_needs_somebody_to_trade_with() {
    let mut market = Market::usual();
    let nobody = "nobody offers BTC-EUR at such a price";
    market.place(market_buy("ada", "1")).refused(RefusalReason::NoLiquidity, nobody);
    market.place(sell("bob", "1", "100")).taken();
    market
        .place(market_buy("ada", "1").not_worse_than("99"))
        .refused(RefusalReason::NoLiquidity, nobody);
    market.place(market_buy("ada", "1").not_worse_than("100")).taken();
}

#[test]
fn a_market_order_needs_exactly_what_it_costs() {
    let mut market = Market::usual();
    market.place(sell("bob", "5", "1000")).taken();
    market.place(sell("bob", "5", "1001")).taken();
    // 4.98 cost 4,980 and a fee of 12.45.
    market.withdraw("ada", "5007.56", "EUR").taken();
    market.place(market_buy("ada", "4.98")).refused(
        RefusalReason::InsufficientFunds,
        "4992.45 EUR are needed, 4992.44 EUR are available",
    );
    market.deposit("ada", "0.01", "EUR").taken();
    market.place(market_buy("ada", "4.98")).taken();
    market.has("ada", "EUR", "0", "0");
}

#[test]
fn a_market_order_beyond_counting_is_no_overflow() {
    let mut market = Market::usual();
    market.deposit("bob", "20000", "BTC").taken();
    for _ in 0..20 {
        market.place(sell("bob", "1000", "9999999999999")).taken();
    }
    market
        .place(market_buy("ada", "20000"))
        .refused(RefusalReason::Notional, "price times quantity is beyond what can be counted");
    market.place(buy("ada", "900", "9999999999999").with(TimeInForce::ImmediateOrCancel)).refused(
        RefusalReason::InsufficientFunds,
        "9022499999999097.75 EUR are needed, 10000 EUR are available",
    );
}

#[test]
fn a_market_sell_needs_only_what_it_sells() {
    let mut market = Market::usual();
    market.place(buy("bob", "2", "100")).taken();
    market.withdraw("ada", "8", "BTC").taken();
    market.place(market_sell("ada", "5")).says(&[
        "accepted #3",
        "trade 1: 2 at 100, #1 of bob pays 0.2, #3 of ada pays 0.5",
        "closed #1 executed: v2, 2 done for 200, 0 open",
        "cancelled 3 of #3 by TimeInForce",
        "closed #3 closed: v2, 2 done for 200, 0 open",
    ]);
    market.has("ada", "BTC", "0", "0");
    market.has("ada", "EUR", "10199.5", "0");
}

#[test]
fn the_first_command_of_a_market_may_be_a_refused_one() {
    let mut market = Market::empty(MarketBounds::DEFAULT);
    let detail = format!("no {SYMBOL} is listed");
    let order = buy("ada", "1", "100").meeting_itself(SelfTrade::Allow);
    market.place(order).refused(RefusalReason::UnknownSymbol, &detail);
}
