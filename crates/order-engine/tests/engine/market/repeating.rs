//! Commands that come again.

use std::num::NonZeroU32;

use order_domain::Offset;
use order_domain::trading::command::{OpenAccount, PlaceOrder};
use order_domain::trading::{RefusalReason, Request, TradingEvent};
use order_engine::MarketBounds;

use super::words::{Answer, Market, Placing, account, buy, sell};

fn place(placing: Placing) -> Request {
    Request::PlaceOrder(PlaceOrder { terms: placing.0 })
}

#[track_caller]
fn repeated(answer: &Answer, first: u64, refused: Option<RefusalReason>) {
    match &answer.events[..] {
        [TradingEvent::CommandRepeated(event)] => {
            assert_eq!((event.first, event.refused), (Offset(first), refused));
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn conflicted(answer: &Answer, first: u64) {
    match &answer.events[..] {
        [TradingEvent::CommandConflicted(event)] => assert_eq!(event.first, Offset(first)),
        other => panic!("{other:?}"),
    }
}

/// The first command of a test stands at this offset.
const FIRST: u64 = 10;

#[test]
fn a_repeated_command_gets_the_first_ones_outcome_and_changes_nothing() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.place(buy("ada", "1", "100.5")).events.clear();
    repeated(&market.ask_as(1, place(buy("ada", "1", "100"))), FIRST, None);
    let refused = market.ask_as(2, place(buy("ada", "1", "100.5")));
    repeated(&refused, FIRST + 1, Some(RefusalReason::Tick));
    market.has("ada", "EUR", "9899.75", "100.25");
}

#[test]
fn a_refused_command_other_than_an_order_is_remembered_too() {
    let mut market = Market::usual();
    let open = Request::OpenAccount(OpenAccount { account: account("dave") });
    market.ask_as(7, open.clone()).taken();
    repeated(&market.ask_as(7, open), FIRST, None);
    let deposit = |market: &mut Market| {
        market.last = 7;
        market.deposit("eve", "1", "EUR")
    };
    deposit(&mut market).refused(RefusalReason::UnknownAccount, "no account eve is open");
    repeated(&deposit(&mut market), FIRST + 2, Some(RefusalReason::UnknownAccount));
}

#[test]
fn a_used_id_with_another_body_conflicts_and_the_first_stands() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    conflicted(&market.ask_as(1, place(buy("ada", "1", "101"))), FIRST);
    market.has("ada", "EUR", "9899.75", "100.25");
}

#[test]
fn the_same_figures_written_otherwise_are_the_same_command() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    repeated(&market.ask_as(1, place(buy("ada", "1.00", "1e2"))), FIRST, None);
}

/// Else an order that rests for long would be taken twice under one id.
#[test]
fn an_order_is_known_as_long_as_it_is_open_or_remembered() {
    let commands_remembered = NonZeroU32::new(1).unwrap();
    let mut market =
        Market::with_bounds(MarketBounds { commands_remembered, ..MarketBounds::DEFAULT });
    market.place(buy("ada", "1", "100")).taken();
    market.open("dave").taken();
    repeated(&market.ask_as(1, place(buy("ada", "1", "100"))), FIRST, None);
    conflicted(&market.ask_as(1, place(buy("ada", "1", "101"))), FIRST);
    market.place(sell("bob", "1", "100")).taken();
    market.open("eve").taken();
    repeated(&market.ask_as(1, place(buy("ada", "1", "100"))), FIRST, None);
}

#[test]
fn an_order_that_is_forgotten_is_unknown() {
    let closed_orders_remembered = NonZeroU32::new(1).unwrap();
    let mut market =
        Market::with_bounds(MarketBounds { closed_orders_remembered, ..MarketBounds::DEFAULT });
    for id in [1, 3] {
        market.place(buy("ada", "1", "100")).taken();
        market.cancel(id).taken();
    }
    market.cancel(3).refused(
        RefusalReason::NotCancellable,
        "the order was cancelled before: 0 BTC were filled for 0 EUR",
    );
    market.cancel(1).refused(
        RefusalReason::UnknownOrder,
        "no order 00000000-0000-0000-0000-000000000001 is open",
    );
}
