use order_book::{Level, OrderId, Price, Quantity, QueuePlace, Side};

use crate::desk::{Desk, buy, sell};

fn level(price: i64, quantity: u64, orders: u32) -> Level {
    Level { price: Price(price), quantity: Quantity(quantity), orders }
}

#[test]
fn levels_come_best_first_with_their_sums() {
    let desk = Desk::with([
        buy(1, 5, 98),
        buy(2, 5, 100),
        buy(3, 6, 100),
        buy(4, 1, -100_000_000),
        sell(5, 2, 101),
        sell(6, 3, 9_000_000),
    ]);
    let book = &desk.book;
    let bids: Vec<_> = book.levels(Side::Buy).collect();
    assert_eq!(bids, [level(100, 11, 2), level(98, 5, 1), level(-100_000_000, 1, 1)]);
    let top: Vec<_> = book.levels(Side::Sell).take(1).collect();
    assert_eq!(top, [level(101, 2, 1)]);
    assert_eq!(book.best_bid(), Some(level(100, 11, 2)));
    assert_eq!(book.best_ask(), Some(level(101, 2, 1)));
    assert_eq!(book.depth_at(Side::Buy, Price(98)), Some(level(98, 5, 1)));
    assert_eq!(book.depth_at(Side::Sell, Price(98)), None);
    assert_eq!((book.level_count(Side::Buy), book.level_count(Side::Sell)), (3, 2));
    assert_eq!((book.side_quantity(Side::Buy), book.len()), (Quantity(17), 6));
}

#[test]
fn an_order_knows_who_is_ahead_of_it() {
    let desk = Desk::with((1..=40).map(|id| buy(id, id, 100)));
    for id in 1..=40 {
        let orders_ahead = u32::try_from(id - 1).unwrap();
        let quantity_ahead = Quantity((1..id).sum());
        let place = desk.book.queue_place(OrderId(id));
        assert_eq!(place, Some(QueuePlace { orders_ahead, quantity_ahead }));
    }
    assert_eq!(desk.book.queue_place(OrderId(41)), None);
    assert_eq!(desk.book.order(OrderId(41)), None);
    assert_eq!(desk.book.order(OrderId(3)).unwrap().quantity, Quantity(3));
}

#[test]
fn room_can_be_made_beforehand_at_any_time() {
    let mut desk = Desk::with((1..=100).map(|id| buy(id, id, 100 - i64::try_from(id).unwrap())));
    let before = desk.book.state_hash();
    desk.book.reserve(10_000, 1_000);
    desk.book.reserve(0, 0);
    assert_eq!(desk.book.state_hash(), before);
    desk.book.assert_invariants();
}
