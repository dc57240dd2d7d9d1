//! Cancels, and the races that they lose.

use order_domain::trading::RefusalReason;
use order_domain::trading::event::CANCELLED_AT_ONCE_MAX;

use super::words::{Market, buy, instrument, sell};

#[test]
fn a_cancel_releases_what_the_order_holds() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market
        .cancel(1)
        .says(&["cancelled 1 of #1 by Member", "closed #1 cancelled: v2, 0 done for 0, 0 open"]);
    market.has("ada", "EUR", "10000", "0");
    market.book_has(&[]);
}

#[test]
fn what_was_filled_of_a_cancelled_order_stays() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.place(sell("bob", "0.4", "100")).taken();
    market
        .cancel(1)
        .says(&["cancelled 0.6 of #1 by Member", "closed #1 closed: v3, 0.4 done for 40, 0 open"]);
    market.has("ada", "EUR", "9959.96", "0");
}

#[test]
fn a_cancel_that_lost_the_race_hears_what_filled() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.place(sell("bob", "1", "90")).taken();
    market.cancel(1).refused(
        RefusalReason::NotCancellable,
        "the order was executed before: 1 BTC were filled for 100 EUR",
    );
}

#[test]
fn a_second_cancel_hears_how_the_order_ended() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.cancel(1).taken();
    market.cancel(1).refused(
        RefusalReason::NotCancellable,
        "the order was cancelled before: 0 BTC were filled for 0 EUR",
    );
    market.place(buy("ada", "1", "100")).taken();
    market.place(sell("bob", "0.5", "100")).taken();
    market.cancel(4).taken();
    market.cancel(4).refused(
        RefusalReason::NotCancellable,
        "the order was closed before, a part of it executed: 0.5 BTC were filled for 50 EUR",
    );
}

#[test]
fn an_order_that_never_was_is_unknown() {
    let mut market = Market::usual();
    market.cancel(77).refused(
        RefusalReason::UnknownOrder,
        "no order 00000000-0000-0000-0000-00000000004d is open",
    );
}

#[test]
fn a_cancel_may_ask_for_a_version() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.place(sell("bob", "0.4", "100")).taken();
    market.cancel_at(1, Some(1)).refused(
        RefusalReason::VersionMismatch,
        "the order is at version 2, not 1: 0.4 BTC were executed, 0.6 are open",
    );
    market.cancel_at(1, Some(2)).taken();
}

#[test]
fn who_names_an_account_cancels_only_its_orders() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    let unknown = "no order 00000000-0000-0000-0000-000000000001 of bob is open";
    market.cancel_as("bob", 1).refused(RefusalReason::UnknownOrder, unknown);
    market.cancel_as("ada", 1).taken();
    // What became of it is not told to others, either.
    market.cancel_as("bob", 1).refused(RefusalReason::UnknownOrder, unknown);
    market.cancel_as("ada", 1).refused(
        RefusalReason::NotCancellable,
        "the order was cancelled before: 0 BTC were filled for 0 EUR",
    );
}

#[test]
fn all_orders_of_an_account_are_cancelled_oldest_first() {
    let mut market = Market::usual();
    market.list(instrument("ETH-EUR")).taken();
    market.place(buy("ada", "1", "100")).taken();
    market.place(buy("ada", "1", "101").of("ETH-EUR")).taken();
    market.place(buy("bob", "1", "102")).taken();
    market.place(sell("ada", "1", "200")).taken();
    market
        .cancel_all("ada", Some("ETH-EUR"))
        .says(&["cancelled 1 of #3 by Member", "closed #3 cancelled: v2, 0 done for 0, 0 open"]);
    market.cancel_all("ada", None).says(&[
        "cancelled 1 of #2 by Member",
        "closed #2 cancelled: v2, 0 done for 0, 0 open",
        "cancelled 1 of #5 by Member",
        "closed #5 cancelled: v2, 0 done for 0, 0 open",
    ]);
    market.has("ada", "EUR", "10000", "0");
    market.has("ada", "BTC", "10", "0");
    market.book_has(&[4]);
    market.cancel_all("ada", None).says(&[]);
}

#[test]
fn only_so_many_orders_are_cancelled_at_once() {
    let mut market = Market::usual();
    for _ in 0..CANCELLED_AT_ONCE_MAX + 3 {
        market.place(buy("ada", "0.1", "100")).taken();
    }
    market.cancel_all("ada", None).taken();
    market.book_has(&[501, 502, 503]);
}

#[test]
fn whose_orders_and_of_what_must_be_known() {
    let mut market = Market::usual();
    market
        .cancel_all("dave", None)
        .refused(RefusalReason::UnknownAccount, "no account dave is open");
    market
        .cancel_all("ada", Some("ETH-EUR"))
        .refused(RefusalReason::UnknownSymbol, "no ETH-EUR is listed");
}
