//! Amendments: which keep their place, which trade, and the races that they lose.

use order_domain::trading::{RefusalReason, TimeInForce};

use super::words::{Market, buy, sell};

/// Two buys of ada and bob at 100, ada's first.
fn two_buys() -> Market {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.place(buy("bob", "1", "100")).taken();
    market
}

#[test]
fn less_at_the_same_price_keeps_its_place() {
    let mut market = two_buys();
    market
        .amend(1, None, Some("0.4"))
        .says(&["amended #1 to 100 in place: v2, 0 done for 0, 0.4 open"]);
    market.book_has(&[1, 2]);
    market.has("ada", "EUR", "9959.9", "40.1");
}

#[test]
fn more_or_another_price_goes_to_the_back() {
    let mut market = two_buys();
    market
        .amend(1, None, Some("2"))
        .says(&["amended #1 to 100 at the back: v2, 0 done for 0, 2 open"]);
    market.book_has(&[2, 1]);
    market.has("ada", "EUR", "9799.5", "200.5");
    market
        .amend(2, Some("90"), None)
        .says(&["amended #2 to 90 at the back: v2, 0 done for 0, 1 open"]);
    market.book_has(&[1, 2]);
    market.has("bob", "EUR", "9909.78", "90.22");
}

#[test]
fn an_amended_order_that_crosses_trades_like_a_new_one() {
    let mut market = Market::usual();
    market.place(buy("ada", "2", "100")).taken();
    market.place(sell("bob", "1", "105")).taken();
    market.amend(1, Some("110"), Some("1.5")).says(&[
        "amended #1 to 110 at the back: v2, 0 done for 0, 1.5 open",
        "trade 1: 1 at 105, #2 of bob pays 0.1, #1 of ada pays 0.26",
        "closed #2 executed: v2, 1 done for 105, 0 open",
        "updated #1: v3, 1 done for 105, 0.5 open",
    ]);
    market.has("ada", "EUR", "9839.61", "55.13");
    market.book_has(&[1]);
}

#[test]
fn an_amended_order_may_be_executed_at_once() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.place(sell("bob", "3", "105")).taken();
    market.amend(1, Some("105"), None).says(&[
        "amended #1 to 105 at the back: v2, 0 done for 0, 1 open",
        "trade 1: 1 at 105, #2 of bob pays 0.1, #1 of ada pays 0.26",
        "updated #2: v2, 1 done for 105, 2 open",
        "closed #1 executed: v3, 1 done for 105, 0 open",
    ]);
    market.has("ada", "EUR", "9894.74", "0");
    market.book_has(&[2]);
}

#[test]
fn the_quantity_of_an_amendment_is_the_open_one() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.place(sell("bob", "0.4", "100")).taken();
    market
        .amend(1, None, Some("1"))
        .says(&["amended #1 to 100 at the back: v3, 0.4 done for 40, 1 open"]);
}

#[test]
fn an_amendment_needs_what_the_order_could_cost_then() {
    let mut market = Market::usual();
    market.place(buy("ada", "5", "1000")).taken();
    market
        .amend(1, None, Some("10"))
        .refused(RefusalReason::InsufficientFunds, "10025 EUR are needed, 10000 EUR are available");
    market.amend(1, Some("1001"), Some("9.96")).taken();
    market.has("ada", "EUR", "5.12", "9994.88");
}

#[test]
fn an_amendment_keeps_the_rules_of_the_instrument() {
    let mut market = two_buys();
    market
        .amend(1, Some("100.5"), None)
        .refused(RefusalReason::Tick, "the price 100.5 is not within the multiples of 1 above 0");
    market.amend(1, None, Some("0.015")).refused(
        RefusalReason::Lot,
        "the quantity 0.015 is not within the multiples of 0.01 above 0",
    );
    market
        .amend(1, None, Some("0.09"))
        .refused(RefusalReason::Notional, "price times quantity is 9, 10 is the least");
}

#[test]
fn an_amendment_changes_something_and_asks_for_more_than_nothing() {
    let mut market = two_buys();
    for (price, quantity) in [(None, None), (Some("100"), None), (Some("100"), Some("1"))] {
        market.amend(1, price, quantity).refused(
            RefusalReason::InvalidAmendment,
            "the order has this price and this open quantity",
        );
    }
    market
        .amend(1, None, Some("0"))
        .refused(RefusalReason::InvalidAmendment, "a quantity of 0 is asked for; that is a cancel");
}

#[test]
fn a_post_only_order_stays_one() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100").with(TimeInForce::PostOnly)).taken();
    market.place(buy("ada", "1", "99").with(TimeInForce::PostOnlySlide)).taken();
    market.place(sell("bob", "1", "105")).taken();
    market
        .amend(1, Some("105"), None)
        .refused(RefusalReason::WouldTake, "it was to rest, and would trade at 105");
    market
        .amend(2, Some("110"), None)
        .says(&["amended #2 to 104 at the back: v2, 0 done for 0, 1 open"]);
    market.book_has(&[2, 1, 3]);
}

#[test]
fn an_amendment_that_lost_the_race_hears_what_filled() {
    let mut market = two_buys();
    market.place(sell("carol", "1", "100")).taken();
    market.amend(1, Some("101"), None).refused(
        RefusalReason::NotCancellable,
        "the order was executed before: 1 BTC were filled for 100 EUR",
    );
}

#[test]
fn an_amendment_may_ask_for_a_version() {
    let mut market = two_buys();
    market.place(sell("carol", "0.4", "100")).taken();
    market.amend_at(1, Some("101"), None, Some(1)).refused(
        RefusalReason::VersionMismatch,
        "the order is at version 2, not 1: 0.4 BTC were executed, 0.6 are open",
    );
    market.amend_at(1, Some("101"), None, Some(2)).taken();
    market.amend_at(1, Some("102"), None, Some(3)).taken();
}

#[test]
fn who_names_an_account_amends_only_its_orders() {
    let mut market = two_buys();
    market.amend_as("bob", 1, "101").refused(
        RefusalReason::UnknownOrder,
        "no order 00000000-0000-0000-0000-000000000001 of bob is open",
    );
    market.amend_as("ada", 1, "101").taken();
}

#[test]
fn an_order_that_never_was_is_unknown() {
    let mut market = two_buys();
    market.amend(77, Some("1"), None).refused(
        RefusalReason::UnknownOrder,
        "no order 00000000-0000-0000-0000-00000000004d is open",
    );
}

#[test]
fn what_an_order_comes_to_can_always_be_counted() {
    let mut market = Market::usual();
    market.deposit("ada", "3000000000", "BTC").taken();
    market.deposit("bob", "6000000000", "BTC").taken();
    market.deposit("ada", "6000000000", "EUR").taken();
    market.place(buy("ada", "5000000000", "1")).taken();
    market.place(sell("bob", "4999999000", "1")).taken();
    market.amend(4, None, Some("900000000")).taken();
    market.amend(4, None, Some("5000001001")).refused(
        RefusalReason::Lot,
        "what was executed and what would be open are together more than can be counted",
    );
}

#[test]
fn where_an_amended_order_slides_to_it_keeps_the_rules_of_a_limit() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "90").with(TimeInForce::PostOnlySlide)).taken();
    market.place(sell("bob", "1", "91")).taken();
    market
        .amend(1, Some("101"), Some("0.11"))
        .refused(RefusalReason::Notional, "price times quantity is 9.9, 10 is the least");
}
