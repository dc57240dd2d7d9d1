//! Random orders and bounds, for the tests of properties.

use order_book::{
    Limits, NewOrder, OrderId, OrderKind, OwnerId, Price, Quantity, SelfTrade, Side, TimeInForce,
};
use proptest::prelude::*;
use proptest::sample::select;

/// Few ids, so that commands meet orders; some of them spread over 64 bits.
pub fn id() -> impl Strategy<Value = OrderId> {
    prop_oneof![
        8 => 0..40_u64,
        1 => (0..40_u64).prop_map(|id| id << 58 | id),
        1 => Just(u64::MAX),
    ]
    .prop_map(OrderId)
}

/// Mostly a narrow market; sometimes far away, up to the ends of what a price can be.
pub fn price() -> impl Strategy<Value = Price> {
    prop_oneof![
        24 => -4..=4_i64,
        4 => -70..=70_i64,
        2 => (0..63_u32, -1..=1_i64).prop_map(|(bit, near)| (1 << bit) + near),
        2 => (0..63_u32, -1..=1_i64).prop_map(|(bit, near)| -(1 << bit) + near),
        1 => select(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]),
    ]
    .prop_map(Price)
}

pub fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        30 => 1..=9_u64,
        3 => 10..=100_u64,
        1 => Just(0),
        1 => select(vec![u64::MAX, u64::MAX - 5, u64::MAX / 2]),
    ]
    .prop_map(Quantity)
}

fn kind() -> impl Strategy<Value = OrderKind> {
    let time_in_force = prop_oneof![
        8 => Just(TimeInForce::GoodTillCancelled),
        2 => Just(TimeInForce::ImmediateOrCancel),
        2 => Just(TimeInForce::FillOrKill),
        2 => Just(TimeInForce::PostOnly),
        2 => Just(TimeInForce::PostOnlySlide),
    ];
    prop_oneof![
        9 => (price(), time_in_force)
            .prop_map(|(price, time_in_force)| OrderKind::Limit { price, time_in_force }),
        1 => proptest::option::of(price()).prop_map(|worst| OrderKind::Market { worst }),
    ]
}

pub fn order() -> impl Strategy<Value = NewOrder> {
    let self_trade = select(vec![
        SelfTrade::Allow,
        SelfTrade::CancelNewest,
        SelfTrade::CancelOldest,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ]);
    (id(), 0..4_u64, select(Side::BOTH.to_vec()), quantity(), kind(), self_trade).prop_map(
        |(id, owner, side, quantity, kind, self_trade)| NewOrder {
            id,
            owner: OwnerId(owner),
            side,
            quantity,
            kind,
            self_trade,
        },
    )
}

pub fn limits() -> impl Strategy<Value = Limits> {
    prop_oneof![
        3 => Just(Limits::default()),
        1 => (0..30_u32, 0..6_u32)
            .prop_map(|(orders_max, matches_max)| Limits { orders_max, matches_max }),
    ]
}
