use order_book::{OrderId, OwnerId, Price, Quantity, Refused, Side};

use crate::desk::{Desk, buy, sell, traded};

#[test]
fn cancel_takes_the_whole_order_out_and_returns_it() {
    let mut desk = Desk::with([buy(1, 5, 100), buy(2, 6, 100)]);
    let cancelled = desk.book.cancel(OrderId(1)).unwrap();
    assert_eq!((cancelled.id, cancelled.owner), (OrderId(1), OwnerId(1)));
    assert_eq!((cancelled.side, cancelled.price), (Side::Buy, Price(100)));
    assert_eq!(cancelled.quantity, Quantity(5));
    assert_eq!(desk.resting(), [(2, 6, 100)]);
}

#[test]
fn what_is_cancelled_filled_or_unknown_is_refused() {
    let mut desk = Desk::with([buy(1, 5, 100), buy(2, 5, 99)]);
    desk.submit(&sell(3, 5, 100)).unwrap();
    desk.book.cancel(OrderId(2)).unwrap();
    for id in [1, 2, 3, 4].map(OrderId) {
        assert_eq!(desk.book.cancel(id), Err(Refused::UnknownOrder));
        assert_eq!(desk.book.reduce(id, Quantity(1)), Err(Refused::UnknownOrder));
        assert_eq!(desk.amend(id.0, 100, 5), Err(Refused::UnknownOrder));
    }
}

#[test]
fn the_queue_holds_together_wherever_an_order_leaves_it() {
    for gone in 1..=3 {
        let mut desk = Desk::with((1..=3).map(|id| sell(id, 1, 100)));
        desk.book.cancel(OrderId(gone)).unwrap();
        desk.submit(&buy(9, 2, 100)).unwrap();
        let [first, second] =
            [1, 2, 3].into_iter().filter(|id| *id != gone).collect::<Vec<_>>()[..]
        else {
            unreachable!("two are left")
        };
        let expected = [traded(first, 9, 100, 1, (0, 1)), traded(second, 9, 100, 1, (0, 0))];
        assert_eq!(desk.heard(), expected);
    }
}

#[test]
fn an_emptied_level_and_an_emptied_side_vanish_at_once() {
    let mut desk = Desk::with([buy(1, 5, 100), buy(2, 5, 98)]);
    desk.book.cancel(OrderId(1)).unwrap();
    assert_eq!(desk.book.best_bid().unwrap().price, Price(98));
    assert_eq!(desk.book.depth_at(Side::Buy, Price(100)), None);
    desk.book.cancel(OrderId(2)).unwrap();
    assert_eq!(desk.book.best_bid(), None);
    assert_eq!(desk.book.levels(Side::Buy).count(), 0);
}

#[test]
fn reduce_keeps_the_place() {
    let mut desk = Desk::with([sell(1, 5, 100), sell(2, 5, 100)]);
    assert_eq!(desk.book.reduce(OrderId(1), Quantity(3)), Ok(Quantity(2)));
    desk.submit(&buy(3, 3, 100)).unwrap();
    assert_eq!(desk.heard(), [traded(1, 3, 100, 2, (0, 1)), traded(2, 3, 100, 1, (4, 0))]);
}

#[test]
fn reduce_by_all_that_is_open_or_more_cancels() {
    for by in [5, 6, u64::MAX] {
        let mut desk = Desk::with([sell(1, 5, 100)]);
        assert_eq!(desk.book.reduce(OrderId(1), Quantity(by)), Ok(Quantity::ZERO));
        assert!(desk.book.is_empty());
    }
}

#[test]
fn reduce_by_nothing_is_refused() {
    let mut desk = Desk::with([sell(1, 5, 100)]);
    assert_eq!(desk.book.reduce(OrderId(1), Quantity::ZERO), Err(Refused::ZeroQuantity));
}
