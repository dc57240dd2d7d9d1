use order_book::{CancelReason, Event, OrderId, Quantity, Side};

use crate::desk::{Desk, buy, market, sell, traded};

fn unfilled(order: u64, quantity: u64) -> Event {
    let quantity = Quantity(quantity);
    Event::Cancelled { order: OrderId(order), quantity, reason: CancelReason::Unfilled }
}

#[test]
fn a_market_order_sweeps_at_any_price() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, i64::MAX)]);
    desk.submit(&market(3, Side::Buy, 7, None)).unwrap();
    assert_eq!(desk.heard(), [traded(1, 3, 100, 5, (0, 2)), traded(2, 3, i64::MAX, 2, (3, 0))]);
}

#[test]
fn a_market_order_stops_at_its_worst_price_and_never_rests() {
    let mut desk = Desk::with([buy(1, 5, 100), buy(2, 5, 98)]);
    desk.submit(&market(3, Side::Sell, 7, Some(99))).unwrap();
    assert_eq!(desk.heard(), [traded(1, 3, 100, 5, (0, 2)), unfilled(3, 2)]);
    assert_eq!(desk.resting(), [(2, 5, 98)]);
}

#[test]
fn a_market_order_in_an_empty_book_is_cancelled() {
    let mut desk = Desk::with([]);
    assert_eq!(desk.submit(&market(1, Side::Buy, 7, None)), Ok(Quantity(0)));
    assert_eq!(desk.heard(), [unfilled(1, 7)]);
}
