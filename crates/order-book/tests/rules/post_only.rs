use order_book::{Price, Quantity, Refused, TimeInForce};

use crate::desk::{Desk, buy, rested, sell, with};

const POST: TimeInForce = TimeInForce::PostOnly;
const SLIDE: TimeInForce = TimeInForce::PostOnlySlide;

#[test]
fn post_only_rests_where_it_would_not_take() {
    let mut desk = Desk::with([sell(1, 5, 101)]);
    assert_eq!(desk.submit(&with(buy(2, 5, 100), POST)), Ok(Quantity(5)));
    assert_eq!(desk.heard(), [rested(2, 5, 100)]);
}

#[test]
fn post_only_is_refused_where_it_would_take() {
    let mut desk = Desk::with([sell(1, 5, 101), buy(2, 5, 99)]);
    desk.refuses(&with(buy(3, 5, 101), POST), Refused::WouldTake { best: Price(101) });
    desk.refuses(&with(sell(4, 5, 98), POST), Refused::WouldTake { best: Price(99) });
}

#[test]
fn post_only_slides_one_tick_behind_the_best_opposite_price_if_asked_to() {
    let mut desk = Desk::with([sell(1, 5, 101), buy(2, 5, 98)]);
    desk.submit(&with(buy(3, 5, 105), SLIDE)).unwrap();
    desk.submit(&with(sell(4, 5, 90), SLIDE)).unwrap();
    assert_eq!(desk.heard(), [rested(3, 5, 100), rested(4, 5, 101)]);
}

#[test]
fn post_only_can_not_slide_beyond_the_last_price() {
    let mut desk = Desk::with([sell(1, 5, i64::MIN)]);
    desk.refuses(&with(buy(2, 5, 0), SLIDE), Refused::WouldTake { best: Price(i64::MIN) });
    let mut desk = Desk::with([buy(1, 5, i64::MAX)]);
    desk.refuses(&with(sell(2, 5, 0), SLIDE), Refused::WouldTake { best: Price(i64::MAX) });
}

#[test]
fn post_only_stays_post_only_when_amended() {
    let mut desk = Desk::with([sell(1, 5, 101), with(buy(2, 5, 99), POST)]);
    assert_eq!(desk.amend(2, 101, 5), Err(Refused::WouldTake { best: Price(101) }));
    assert_eq!(desk.resting(), [(2, 5, 99), (1, 5, 101)]);
    let mut desk = Desk::with([sell(1, 5, 101), with(buy(2, 5, 99), SLIDE)]);
    assert_eq!(desk.amend(2, 103, 6), Ok(Quantity(6)));
    assert_eq!(desk.heard(), [rested(2, 6, 100)]);
}
