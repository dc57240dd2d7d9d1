//! Long random programs of every command and option, run on the fast book and the plain one: they must
//! not be told apart by any event, answer or question after any step.

use order_book::{
    Event, Limits, NewOrder, OrderBook, OrderId, OrderKind, OwnerId, Price, Quantity, SelfTrade,
    Side, TimeInForce,
};
use plain_order_book::{Command, Day, PlainBook, Scattered, Twins};
use proptest::prelude::*;
use proptest::sample::select;

/// Few ids, so that commands meet orders; some of them spread over 64 bits.
fn id() -> impl Strategy<Value = OrderId> {
    prop_oneof![
        8 => 0..40_u64,
        1 => (0..40_u64).prop_map(|id| id << 58 | id),
        1 => Just(u64::MAX),
    ]
    .prop_map(OrderId)
}

/// Mostly a narrow market; sometimes far away, up to the ends of what a price can be.
fn price() -> impl Strategy<Value = Price> {
    prop_oneof![
        24 => -4..=4_i64,
        4 => -70..=70_i64,
        2 => (0..63_u32, -1..=1_i64).prop_map(|(bit, near)| (1 << bit) + near),
        2 => (0..63_u32, -1..=1_i64).prop_map(|(bit, near)| -(1 << bit) + near),
        1 => select(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]),
    ]
    .prop_map(Price)
}

fn quantity() -> impl Strategy<Value = Quantity> {
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

fn order() -> impl Strategy<Value = NewOrder> {
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

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        20 => order().prop_map(Command::Submit),
        6 => id().prop_map(Command::Cancel),
        3 => (id(), quantity()).prop_map(|(id, by)| Command::Reduce(id, by)),
        6 => (id(), price(), quantity())
            .prop_map(|(id, price, quantity)| Command::Amend(id, price, quantity)),
        1 => Just(Command::Restore),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    prop_oneof![
        3 => Just(Limits::default()),
        1 => (0..30_u32, 0..6_u32)
            .prop_map(|(orders_max, matches_max)| Limits { orders_max, matches_max }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_program_tells_the_books_apart(
        limits in limits(),
        program in proptest::collection::vec(command(), 0..400),
    ) {
        let mut twins = Twins::new(limits);
        for command in &program {
            twins.run(command);
        }
    }
}

#[test]
fn no_day_tells_the_books_apart() {
    let days = Day::ALL.map(|day| day.flow(4_000));
    let scattered = Scattered::ALL.map(|scattered| scattered.flow(4_000).with_sparse_ids());
    for flow in days.into_iter().chain(scattered) {
        let mut fast = OrderBook::default();
        let mut plain = PlainBook::default();
        let (mut seen, mut expected) = (Vec::new(), Vec::new());
        for message in &flow.messages {
            message.apply(&mut fast, &mut |event| seen.push(event));
            message.apply(&mut plain, &mut |event| expected.push(event));
        }
        assert_eq!(seen, expected, "{}", flow.name);
        assert_eq!(fast.state_hash(), plain.state_hash(), "{}", flow.name);
        assert!(seen.iter().any(|event| matches!(event, Event::Traded { .. })), "{}", flow.name);
        fast.assert_invariants();
    }
}
