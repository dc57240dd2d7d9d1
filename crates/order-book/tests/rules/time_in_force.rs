use order_book::{CancelReason, Event, OrderId, Quantity, Refused, SelfTrade, TimeInForce};

use crate::desk::{Desk, buy, of, sell, traded, with};

const IOC: TimeInForce = TimeInForce::ImmediateOrCancel;
const FOK: TimeInForce = TimeInForce::FillOrKill;

fn unfilled(order: u64, quantity: u64) -> Event {
    let quantity = Quantity(quantity);
    Event::Cancelled { order: OrderId(order), quantity, reason: CancelReason::Unfilled }
}

#[test]
fn immediate_or_cancel_takes_what_is_there_and_never_rests() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 102)]);
    assert_eq!(desk.submit(&with(buy(3, 8, 101), IOC)), Ok(Quantity(0)));
    assert_eq!(desk.heard(), [traded(1, 3, 100, 5, (0, 3)), unfilled(3, 3)]);
    assert_eq!(desk.resting(), [(2, 5, 102)]);
}

#[test]
fn immediate_or_cancel_against_nothing_is_cancelled_whole() {
    let mut desk = Desk::with([]);
    desk.submit(&with(buy(1, 8, 101), IOC)).unwrap();
    assert_eq!(desk.heard(), [unfilled(1, 8)]);
}

#[test]
fn fill_or_kill_fills_over_levels_to_the_last_lot() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 101)]);
    desk.submit(&with(buy(3, 10, 101), FOK)).unwrap();
    assert_eq!(desk.heard(), [traded(1, 3, 100, 5, (0, 5)), traded(2, 3, 101, 5, (0, 0))]);
}

#[test]
fn fill_or_kill_that_lacks_a_lot_within_its_limit_does_nothing() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 101), sell(3, 5, 102)]);
    desk.refuses(&with(buy(4, 11, 101), FOK), Refused::NotFillable);
}

#[test]
fn fill_or_kill_counts_no_orders_of_its_own_owner() {
    let given = [of(7, SelfTrade::Allow, sell(1, 5, 100)), sell(2, 5, 101)];
    for choice in [SelfTrade::CancelNewest, SelfTrade::CancelBoth, SelfTrade::Decrement] {
        Desk::with(given).refuses(&of(7, choice, with(buy(3, 5, 101), FOK)), Refused::NotFillable);
    }
    let mut desk = Desk::with(given);
    let too_much = of(7, SelfTrade::CancelOldest, with(buy(3, 6, 101), FOK));
    desk.refuses(&too_much, Refused::NotFillable);
    desk.submit(&of(7, SelfTrade::CancelOldest, with(buy(3, 5, 101), FOK))).unwrap();
    assert_eq!(desk.heard().last(), Some(&traded(2, 3, 101, 5, (0, 0))));
    assert!(desk.book.is_empty());
}

#[test]
fn fill_or_kill_is_filled_before_it_would_meet_its_own_owner() {
    let mut desk = Desk::with([sell(1, 5, 100), of(7, SelfTrade::Allow, sell(2, 5, 100))]);
    desk.submit(&of(7, SelfTrade::CancelNewest, with(buy(3, 5, 100), FOK))).unwrap();
    assert_eq!(desk.heard(), [traded(1, 3, 100, 5, (0, 0))]);
}
