use order_book::{CancelReason, Event, OrderId, Quantity, Refused, SelfTrade};

use crate::desk::{Desk, buy, of, rested, sell, traded};

#[test]
fn a_smaller_quantity_at_the_same_price_keeps_the_place() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 100)]);
    assert_eq!(desk.amend(1, 100, 4), Ok(Quantity(4)));
    assert_eq!(desk.heard(), []);
    assert_eq!(desk.resting(), [(1, 4, 100), (2, 5, 100)]);
}

#[test]
fn a_larger_or_equal_quantity_goes_to_the_back() {
    for quantity in [5, 6] {
        let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 100)]);
        desk.amend(1, 100, quantity).unwrap();
        assert_eq!(desk.heard(), [rested(1, quantity, 100)]);
        assert_eq!(desk.resting(), [(2, 5, 100), (1, quantity, 100)]);
    }
}

#[test]
fn another_price_goes_to_the_back_there_even_with_less() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 101)]);
    desk.amend(1, 101, 3).unwrap();
    assert_eq!(desk.resting(), [(2, 5, 101), (1, 3, 101)]);
    assert_eq!(desk.book.best_ask().unwrap().price.0, 101);
}

#[test]
fn the_new_quantity_is_the_open_one() {
    let mut desk = Desk::with([sell(1, 10, 100)]);
    desk.submit(&buy(2, 4, 100)).unwrap();
    assert_eq!(desk.amend(1, 100, 8), Ok(Quantity(8)));
    assert_eq!(desk.resting(), [(1, 8, 100)]);
}

#[test]
fn amended_through_the_spread_it_trades_like_a_new_order() {
    let mut desk = Desk::with([sell(1, 5, 101), sell(2, 5, 102), buy(3, 5, 99)]);
    assert_eq!(desk.amend(3, 101, 7), Ok(Quantity(2)));
    assert_eq!(desk.heard(), [traded(1, 3, 101, 5, (0, 2)), rested(3, 2, 101)]);
    assert_eq!(desk.amend(3, 102, 5), Ok(Quantity(0)));
    assert_eq!(desk.heard(), [traded(2, 3, 102, 5, (0, 0))]);
    assert!(desk.book.is_empty());
    assert_eq!(desk.amend(3, 102, 5), Err(Refused::UnknownOrder));
}

#[test]
fn its_own_self_trade_choice_still_counts() {
    let mut desk = Desk::with([
        of(7, SelfTrade::Allow, sell(1, 5, 101)),
        of(7, SelfTrade::CancelNewest, buy(2, 5, 99)),
    ]);
    assert_eq!(desk.amend(2, 101, 6), Ok(Quantity(0)));
    let reason = CancelReason::SelfTrade;
    let expected = Event::Cancelled { order: OrderId(2), quantity: Quantity(6), reason };
    assert_eq!(desk.heard(), [expected]);
    assert_eq!(desk.resting(), [(1, 5, 101)]);
}

#[test]
fn an_amend_to_nothing_is_refused() {
    let mut desk = Desk::with([sell(1, 5, 100)]);
    assert_eq!(desk.amend(1, 100, 0), Err(Refused::ZeroQuantity));
    assert_eq!(desk.resting(), [(1, 5, 100)]);
}
