use order_book::{
    CancelReason, Event, Limits, OrderId, Quantity, Refused, SelfTrade, Side, TimeInForce,
};

use crate::desk::{Desk, buy, market, of, sell, traded, with};

#[test]
fn an_order_without_quantity_is_refused() {
    let mut desk = Desk::with([sell(1, 5, 100)]);
    desk.refuses(&buy(2, 0, 100), Refused::ZeroQuantity);
    desk.refuses(&market(2, Side::Buy, 0, None), Refused::ZeroQuantity);
}

#[test]
fn a_full_book_refuses_what_could_rest_and_lets_take() {
    let limits = Limits { orders_max: 2, ..Limits::default() };
    let mut desk = Desk::limited(limits, [sell(1, 5, 100), sell(2, 5, 101)]);
    desk.refuses(&buy(3, 5, 99), Refused::BookFull);
    desk.refuses(&buy(3, 5, 100), Refused::BookFull);
    desk.submit(&with(buy(3, 5, 100), TimeInForce::ImmediateOrCancel)).unwrap();
    desk.submit(&buy(4, 5, 99)).unwrap();
    assert_eq!(desk.resting(), [(4, 5, 99), (2, 5, 101)]);
}

#[test]
fn the_open_quantity_of_a_side_never_exceeds_64_bits() {
    let mut desk = Desk::with([buy(1, u64::MAX - 1, 100)]);
    desk.refuses(&buy(2, 2, 99), Refused::QuantityOverflow);
    desk.submit(&buy(2, 1, 99)).unwrap();
    assert_eq!(desk.amend(2, 98, 2), Err(Refused::QuantityOverflow));
    assert_eq!(desk.book.side_quantity(Side::Buy), Quantity(u64::MAX));
    desk.submit(&sell(3, u64::MAX, 99)).unwrap();
    assert!(desk.book.is_empty());
}

#[test]
fn one_order_causes_no_more_matches_than_the_limit() {
    let limits = Limits { matches_max: 2, ..Limits::default() };
    let mut desk = Desk::limited(limits, (1..=3).map(|id| sell(id, 1, 100)));
    assert_eq!(desk.submit(&buy(9, 5, 100)), Ok(Quantity(0)));
    let reason = CancelReason::MatchLimit;
    let rest = Event::Cancelled { order: OrderId(9), quantity: Quantity(3), reason };
    assert_eq!(desk.heard(), [traded(1, 9, 100, 1, (0, 4)), traded(2, 9, 100, 1, (0, 3)), rest]);
}

#[test]
fn fill_or_kill_beyond_the_match_limit_is_refused() {
    let limits = Limits { matches_max: 2, ..Limits::default() };
    let given = [sell(1, 1, 100), of(7, SelfTrade::Allow, sell(2, 1, 100)), sell(3, 1, 101)];
    let mut desk = Desk::limited(limits, given);
    let fok = |quantity| with(buy(9, quantity, 101), TimeInForce::FillOrKill);
    desk.refuses(&fok(3), Refused::NotFillable);
    desk.refuses(&of(7, SelfTrade::CancelOldest, fok(2)), Refused::NotFillable);
    desk.submit(&fok(2)).unwrap();
    assert_eq!(desk.resting(), [(3, 1, 101)]);
}

#[test]
#[should_panic(expected = "orders_max")]
fn more_orders_than_can_be_numbered_are_not_to_be_asked_for() {
    let orders_max = Limits::ORDERS_MAX + 1;
    Desk::limited(Limits { orders_max, ..Limits::default() }, []);
}
