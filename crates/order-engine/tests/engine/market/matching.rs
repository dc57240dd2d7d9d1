//! What orders do when they meet.

use order_domain::trading::{SelfTrade, TimeInForce};

use super::words::{Market, asset, buy, market_buy, sell};

#[test]
fn an_order_trades_at_the_makers_prices_best_and_oldest_first() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "101")).taken();
    market.place(sell("bob", "1", "100")).taken();
    market.place(sell("carol", "1", "100")).taken();
    market.place(buy("ada", "2.5", "101")).says(&[
        "accepted #4 at 101",
        "trade 1: 1 at 100, #2 of bob pays 0.1, #4 of ada pays 0.25",
        "closed #2 executed: v2, 1 done for 100, 0 open",
        "trade 2: 1 at 100, #3 of carol pays 0.1, #4 of ada pays 0.25",
        "closed #3 executed: v2, 1 done for 100, 0 open",
        "trade 3: 0.5 at 101, #1 of bob pays 0.05, #4 of ada pays 0.12",
        "updated #1: v2, 0.5 done for 50.5, 0.5 open",
        "closed #4 executed: v2, 2.5 done for 250.5, 0 open",
    ]);
    market.book_has(&[1]);
}

/// Price improvement is released; fees go to the market, and nothing is lost.
#[test]
fn a_trade_settles_to_the_last_unit() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market.place(buy("ada", "1", "110")).taken();
    market.has("ada", "EUR", "9899.75", "0");
    market.has("ada", "BTC", "11", "0");
    market.has("bob", "EUR", "10099.9", "0");
    market.has("bob", "BTC", "9", "0");
    assert_eq!(market.view().fees(&asset("EUR")).unwrap().to_string(), "0.35");
    assert_eq!(market.view().supply(&asset("EUR")).unwrap().to_string(), "30000");
}

#[test]
fn a_fee_is_rounded_down_on_every_fill() {
    let mut market = Market::usual();
    market.place(buy("ada", "2", "11")).taken();
    // 0.25 % of 22.00 are 5.5 cents.
    market.has("ada", "EUR", "9977.95", "22.05");
    for _ in 0..2 {
        // Of 11.00 a taker pays 2.75 cents, a maker 1.1.
        market.place(sell("bob", "1", "11")).taken();
    }
    market.has("ada", "EUR", "9977.98", "0");
    market.has("bob", "EUR", "10021.96", "0");
    assert_eq!(market.view().fees(&asset("EUR")).unwrap().to_string(), "0.06");
}

#[test]
fn what_is_left_of_an_order_rests_and_holds_what_it_needs() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market.place(buy("ada", "3", "100")).says(&[
        "accepted #2 at 100",
        "trade 1: 1 at 100, #1 of bob pays 0.1, #2 of ada pays 0.25",
        "closed #1 executed: v2, 1 done for 100, 0 open",
        "updated #2: v2, 1 done for 100, 2 open",
    ]);
    market.has("ada", "EUR", "9699.25", "200.5");
    market.place(sell("carol", "2", "100")).taken();
    // As a maker it pays the smaller fee; the rest of what it held is released.
    market.has("ada", "EUR", "9699.55", "0");
    market.book_has(&[]);
}

#[test]
fn an_immediate_order_does_not_rest() {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market.place(buy("ada", "3", "100").with(TimeInForce::ImmediateOrCancel)).says(&[
        "accepted #2 at 100",
        "trade 1: 1 at 100, #1 of bob pays 0.1, #2 of ada pays 0.25",
        "closed #1 executed: v2, 1 done for 100, 0 open",
        "cancelled 2 of #2 by TimeInForce",
        "closed #2 closed: v2, 1 done for 100, 0 open",
    ]);
    market.place(buy("ada", "1", "100").with(TimeInForce::ImmediateOrCancel)).says(&[
        "accepted #3 at 100",
        "cancelled 1 of #3 by TimeInForce",
        "closed #3 cancelled: v2, 0 done for 0, 0 open",
    ]);
    market.has("ada", "EUR", "9899.75", "0");
}

#[test]
fn accounts_may_trade_with_themselves_and_pay_for_it() {
    let mut market = Market::usual();
    market.place(sell("ada", "1", "100")).taken();
    market.place(buy("ada", "1", "100").meeting_itself(SelfTrade::Allow)).says(&[
        "accepted #2 at 100",
        "trade 1: 1 at 100, #1 of ada pays 0.1, #2 of ada pays 0.25",
        "closed #1 executed: v2, 1 done for 100, 0 open",
        "closed #2 executed: v2, 1 done for 100, 0 open",
    ]);
    market.has("ada", "EUR", "9999.65", "0");
    market.has("ada", "BTC", "10", "0");
}

/// Bob's sell stands before ada's own.
fn meets_itself(self_trade: SelfTrade, expected: &[&str]) -> Market {
    let mut market = Market::usual();
    market.place(sell("bob", "1", "100")).taken();
    market.place(sell("ada", "1", "100")).taken();
    let first = [
        "accepted #3 at 100",
        "trade 1: 1 at 100, #1 of bob pays 0.1, #3 of ada pays 0.25",
        "closed #1 executed: v2, 1 done for 100, 0 open",
    ];
    let all: Vec<&str> = first.iter().chain(expected).copied().collect();
    market.place(buy("ada", "3", "100").meeting_itself(self_trade)).says(&all);
    market
}

#[test]
fn the_newest_is_cancelled_where_it_meets_its_own() {
    let market = meets_itself(
        SelfTrade::CancelNewest,
        &["cancelled 2 of #3 by SelfTrade", "closed #3 closed: v2, 1 done for 100, 0 open"],
    );
    market.book_has(&[2]);
    market.has("ada", "EUR", "9899.75", "0");
    market.has("ada", "BTC", "10", "1");
}

#[test]
fn the_oldest_is_cancelled_and_the_newest_goes_on() {
    let market = meets_itself(
        SelfTrade::CancelOldest,
        &[
            "cancelled 1 of #2 by SelfTrade",
            "closed #2 cancelled: v2, 0 done for 0, 0 open",
            "updated #3: v2, 1 done for 100, 2 open",
        ],
    );
    market.book_has(&[3]);
    market.has("ada", "BTC", "11", "0");
}

#[test]
fn both_are_cancelled() {
    let market = meets_itself(
        SelfTrade::CancelBoth,
        &[
            "cancelled 1 of #2 by SelfTrade",
            "closed #2 cancelled: v2, 0 done for 0, 0 open",
            "cancelled 2 of #3 by SelfTrade",
            "closed #3 closed: v2, 1 done for 100, 0 open",
        ],
    );
    market.book_has(&[]);
}

#[test]
fn both_lose_the_smaller_quantity_without_a_trade() {
    let mut market = meets_itself(
        SelfTrade::Decrement,
        &[
            "cancelled 1 of #2 by SelfTrade",
            "closed #2 cancelled: v2, 0 done for 0, 0 open",
            "cancelled 1 of #3 by SelfTrade",
            "updated #3: v2, 1 done for 100, 1 open",
        ],
    );
    market.book_has(&[3]);
    market.has("ada", "EUR", "9799.5", "100.25");
    // A part of it was cancelled: it ends closed, not executed.
    market.place(sell("carol", "1", "100")).says(&[
        "accepted #4 at 100",
        "trade 2: 1 at 100, #3 of ada pays 0.1, #4 of carol pays 0.25",
        "closed #3 closed: v3, 2 done for 200, 0 open",
        "closed #4 executed: v2, 1 done for 100, 0 open",
    ]);
}

#[test]
fn a_larger_maker_that_is_decremented_keeps_its_place() {
    let mut market = Market::usual();
    market.place(sell("ada", "3", "100")).taken();
    market.place(sell("bob", "1", "100")).taken();
    market.place(buy("ada", "1", "100").meeting_itself(SelfTrade::Decrement)).says(&[
        "accepted #3 at 100",
        "cancelled 1 of #1 by SelfTrade",
        "updated #1: v2, 0 done for 0, 2 open",
        "cancelled 1 of #3 by SelfTrade",
        "closed #3 cancelled: v2, 0 done for 0, 0 open",
    ]);
    market.book_has(&[1, 2]);
    market.has("ada", "BTC", "8", "2");
}

#[test]
fn a_market_order_that_meets_its_own_is_taken_and_cancelled() {
    let mut market = Market::usual();
    market.place(sell("ada", "1", "100")).taken();
    market.place(market_buy("ada", "1")).says(&[
        "accepted #2",
        "cancelled 1 of #2 by SelfTrade",
        "closed #2 cancelled: v2, 0 done for 0, 0 open",
    ]);
}
