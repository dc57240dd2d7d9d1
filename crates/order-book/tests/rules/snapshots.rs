use order_book::{
    Limits, OrderBook, Quantity, Refused, RestoreError, SelfTrade, StateHash, TimeInForce,
};

use crate::desk::{Desk, buy, of, sell, traded, with};

fn desk() -> Desk {
    Desk::with([
        buy(4, 5, 100),
        buy(2, 6, 100),
        of(7, SelfTrade::Decrement, with(buy(3, 1, -3), TimeInForce::PostOnlySlide)),
        with(sell(1, 9, 102), TimeInForce::PostOnly),
    ])
}

fn restored(snapshot: &[u8]) -> Result<OrderBook, RestoreError> {
    OrderBook::from_snapshot(Limits::default(), snapshot)
}

#[test]
fn a_restored_book_is_the_same_queues_included() {
    let desk = desk();
    let mut copy = Desk::with([]);
    copy.book = restored(&desk.book.to_snapshot()).unwrap();
    assert!(copy.book.orders().eq(desk.book.orders()));
    assert_eq!(copy.book.state_hash(), desk.book.state_hash());
    copy.submit(&sell(9, 6, 100)).unwrap();
    assert_eq!(copy.heard(), [traded(4, 9, 100, 5, (0, 1)), traded(2, 9, 100, 1, (5, 0))]);
}

#[test]
fn the_hash_tells_what_rests_and_not_how_it_came_there() {
    let direct = Desk::with([buy(1, 5, 100), buy(2, 6, 100)]);
    let mut roundabout = Desk::with([sell(9, 3, 100), buy(1, 8, 100), buy(3, 1, 50)]);
    roundabout.book.cancel(order_book::OrderId(3)).unwrap();
    roundabout.submit(&buy(2, 6, 100)).unwrap();
    assert_eq!(roundabout.book.state_hash(), direct.book.state_hash());

    let other_queue = Desk::with([buy(2, 6, 100), buy(1, 5, 100)]);
    assert_ne!(other_queue.book.state_hash(), direct.book.state_hash());
}

/// Whoever changes the hash or the snapshot's form must know that old ones differ then.
#[test]
fn hash_and_snapshot_are_pinned() {
    assert_eq!(OrderBook::default().state_hash(), StateHash(0));
    let desk = desk();
    assert_eq!(desk.book.state_hash().to_string(), "0b95f564a54f9b46");
    let mut words = Vec::from(*b"ordbook\x01");
    for (id, owner, price, quantity, terms) in [
        (4_u64, 4_u64, 100_i64, 5_u64, [0_u8, 0, 0]),
        (2, 2, 100, 6, [0, 0, 0]),
        (3, 7, -3, 1, [0, 4, 4]),
        (1, 1, 102, 9, [1, 3, 0]),
    ] {
        words.extend([id, owner, price.cast_unsigned(), quantity].map(u64::to_le_bytes).concat());
        words.extend(terms);
    }
    assert_eq!(desk.book.to_snapshot(), words);
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let snapshot = desk().book.to_snapshot();
    assert_eq!(restored(b"").unwrap_err(), RestoreError::Unreadable);
    assert_eq!(restored(b"ordbook\x02").unwrap_err(), RestoreError::Unreadable);
    let cut = &snapshot[..snapshot.len() - 1];
    assert_eq!(restored(cut).unwrap_err(), RestoreError::Truncated);
    for (terms, beyond) in [(0, 2), (1, 1), (1, 2), (1, 5), (2, 5)] {
        let mut wrong = snapshot.clone();
        wrong[8 + 32 + terms] = beyond;
        assert_eq!(restored(&wrong).unwrap_err(), RestoreError::UnknownTerms(0));
    }
}

#[test]
fn orders_that_no_book_can_hold_are_refused() {
    let limits = Limits { orders_max: 3, ..Limits::default() };
    let orders: Vec<_> = desk().book.orders().collect();
    let restore = |orders: Vec<_>| OrderBook::restore(limits, orders).map(|book| book.len());
    let refused = |place, reason| Err(RestoreError::Refused(place, reason));

    assert_eq!(restore(orders[..3].to_vec()), Ok(3));
    assert_eq!(restore(orders.clone()), refused(3, Refused::BookFull));
    assert_eq!(restore(vec![orders[0], orders[0]]), refused(1, Refused::DuplicateId));
    let mut wrong = orders[1];
    wrong.quantity = Quantity(u64::MAX);
    assert_eq!(restore(vec![orders[0], wrong]), refused(1, Refused::QuantityOverflow));
    wrong.quantity = Quantity::ZERO;
    assert_eq!(restore(vec![orders[0], wrong]), refused(1, Refused::ZeroQuantity));
    wrong = orders[3];
    wrong.price = orders[0].price;
    assert_eq!(restore(vec![orders[0], wrong]), Err(RestoreError::Crossed(1)));
    wrong.time_in_force = TimeInForce::FillOrKill;
    assert_eq!(restore(vec![wrong]), Err(RestoreError::UnknownTerms(0)));
}
