use order_book::{Quantity, Refused};

use crate::desk::{Desk, buy, rested, sell, traded};

#[test]
fn an_order_that_crosses_nothing_rests() {
    let mut desk = Desk::with([sell(1, 5, 101)]);
    assert_eq!(desk.submit(&buy(2, 5, 100)), Ok(Quantity(5)));
    assert_eq!(desk.heard(), [rested(2, 5, 100)]);
    assert_eq!(desk.resting(), [(2, 5, 100), (1, 5, 101)]);
}

#[test]
fn the_best_price_trades_first_at_the_makers_price() {
    let mut desk = Desk::with([sell(1, 5, 103), sell(2, 5, 101), sell(3, 5, 102)]);
    assert_eq!(desk.submit(&buy(4, 12, 110)), Ok(Quantity(0)));
    let expected =
        [traded(2, 4, 101, 5, (0, 7)), traded(3, 4, 102, 5, (0, 2)), traded(1, 4, 103, 2, (3, 0))];
    assert_eq!(desk.heard(), expected);
    assert_eq!(desk.resting(), [(1, 3, 103)]);
}

#[test]
fn a_seller_takes_the_highest_bid_first() {
    let mut desk = Desk::with([buy(1, 5, 99), buy(2, 5, 100)]);
    desk.submit(&sell(3, 6, 99)).unwrap();
    assert_eq!(desk.heard(), [traded(2, 3, 100, 5, (0, 1)), traded(1, 3, 99, 1, (4, 0))]);
}

#[test]
fn at_one_price_the_first_in_is_the_first_out() {
    let mut desk = Desk::with([sell(3, 2, 100), sell(1, 2, 100), sell(2, 2, 100)]);
    desk.submit(&buy(9, 5, 100)).unwrap();
    let expected =
        [traded(3, 9, 100, 2, (0, 3)), traded(1, 9, 100, 2, (0, 1)), traded(2, 9, 100, 1, (1, 0))];
    assert_eq!(desk.heard(), expected);
}

#[test]
fn a_partly_filled_maker_keeps_its_place() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 100)]);
    desk.submit(&buy(3, 2, 100)).unwrap();
    desk.submit(&buy(4, 4, 100)).unwrap();
    let expected =
        [traded(1, 3, 100, 2, (3, 0)), traded(1, 4, 100, 3, (0, 1)), traded(2, 4, 100, 1, (4, 0))];
    assert_eq!(desk.heard(), expected);
}

#[test]
fn an_exact_fill_leaves_the_next_maker_untouched() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 100), sell(3, 5, 101)]);
    desk.submit(&buy(4, 5, 101)).unwrap();
    assert_eq!(desk.heard(), [traded(1, 4, 100, 5, (0, 0))]);
    assert_eq!(desk.resting(), [(2, 5, 100), (3, 5, 101)]);
}

#[test]
fn a_limit_stops_the_sweep_and_the_remainder_becomes_the_touch() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 101), sell(3, 5, 102)]);
    assert_eq!(desk.submit(&buy(4, 12, 101)), Ok(Quantity(2)));
    let expected = [traded(1, 4, 100, 5, (0, 7)), traded(2, 4, 101, 5, (0, 2)), rested(4, 2, 101)];
    assert_eq!(desk.heard(), expected);
    assert_eq!(desk.book.best_bid().unwrap().price.0, 101);
    assert_eq!(desk.book.best_ask().unwrap().price.0, 102);
}

#[test]
fn an_id_is_taken_while_its_order_rests_and_free_afterwards() {
    let mut desk = Desk::with([sell(1, 5, 100)]);
    desk.refuses(&sell(1, 5, 101), Refused::DuplicateId);
    desk.refuses(&buy(1, 5, 100), Refused::DuplicateId);
    desk.submit(&buy(2, 5, 100)).unwrap();
    desk.submit(&buy(1, 7, 99)).unwrap();
    assert_eq!(desk.resting(), [(1, 7, 99)]);
}

#[test]
fn prices_may_be_negative_or_at_the_ends_of_64_bits() {
    let mut desk = Desk::with([sell(1, 1, i64::MAX), buy(2, 1, i64::MIN), buy(3, 1, -5)]);
    desk.submit(&sell(4, 2, i64::MIN)).unwrap();
    assert_eq!(desk.heard(), [traded(3, 4, -5, 1, (0, 1)), traded(2, 4, i64::MIN, 1, (0, 0))]);
    desk.submit(&buy(5, 1, i64::MAX)).unwrap();
    assert_eq!(desk.heard(), [traded(1, 5, i64::MAX, 1, (0, 0))]);
    assert!(desk.book.is_empty());
}
