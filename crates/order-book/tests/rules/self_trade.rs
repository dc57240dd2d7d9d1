use order_book::{CancelReason, Event, OrderId, Quantity, SelfTrade};

use crate::desk::{Desk, buy, of, rested, sell, traded};

/// Owner 7 sells first, somebody else behind him.
fn desk() -> Desk {
    Desk::with([of(7, SelfTrade::Allow, sell(1, 5, 100)), sell(2, 5, 100)])
}

fn cancelled(order: u64, quantity: u64) -> Event {
    let quantity = Quantity(quantity);
    Event::Cancelled { order: OrderId(order), quantity, reason: CancelReason::SelfTrade }
}

#[test]
fn allowed_they_trade() {
    let mut desk = desk();
    desk.submit(&of(7, SelfTrade::Allow, buy(3, 5, 100))).unwrap();
    assert_eq!(desk.heard(), [traded(1, 3, 100, 5, (0, 0))]);
}

#[test]
fn cancel_newest_keeps_the_resting_order() {
    let mut desk = desk();
    assert_eq!(desk.submit(&of(7, SelfTrade::CancelNewest, buy(3, 8, 100))), Ok(Quantity(0)));
    assert_eq!(desk.heard(), [cancelled(3, 8)]);
    assert_eq!(desk.resting(), [(1, 5, 100), (2, 5, 100)]);
}

#[test]
fn cancel_oldest_goes_on_behind_the_cancelled_order() {
    let mut desk = desk();
    desk.submit(&of(7, SelfTrade::CancelOldest, buy(3, 8, 100))).unwrap();
    let expected = [cancelled(1, 5), traded(2, 3, 100, 5, (0, 3)), rested(3, 3, 100)];
    assert_eq!(desk.heard(), expected);
}

#[test]
fn cancel_both_ends_both() {
    let mut desk = desk();
    desk.submit(&of(7, SelfTrade::CancelBoth, buy(3, 8, 100))).unwrap();
    assert_eq!(desk.heard(), [cancelled(1, 5), cancelled(3, 8)]);
    assert_eq!(desk.resting(), [(2, 5, 100)]);
}

fn decremented(quantity: u64, maker_open: u64, taker_open: u64) -> Event {
    Event::Decremented {
        maker: OrderId(1),
        taker: OrderId(3),
        quantity: Quantity(quantity),
        maker_open: Quantity(maker_open),
        taker_open: Quantity(taker_open),
    }
}

#[test]
fn decrement_takes_the_smaller_quantity_off_both() {
    let mut smaller_taker = desk();
    smaller_taker.submit(&of(7, SelfTrade::Decrement, buy(3, 2, 100))).unwrap();
    assert_eq!(smaller_taker.heard(), [decremented(2, 3, 0)]);
    assert_eq!(smaller_taker.resting(), [(1, 3, 100), (2, 5, 100)]);

    let mut larger_taker = desk();
    larger_taker.submit(&of(7, SelfTrade::Decrement, buy(3, 8, 100))).unwrap();
    assert_eq!(larger_taker.heard(), [decremented(5, 0, 3), traded(2, 3, 100, 3, (2, 0))]);
}

#[test]
fn others_before_ones_own_order_trade_first() {
    let mut desk = Desk::with([sell(2, 5, 100), of(7, SelfTrade::Allow, sell(1, 5, 100))]);
    desk.submit(&of(7, SelfTrade::CancelNewest, buy(3, 8, 100))).unwrap();
    assert_eq!(desk.heard(), [traded(2, 3, 100, 5, (0, 3)), cancelled(3, 3)]);
}
