//! A preview tells exactly what the command then does, and changes nothing.

use order_book::{
    Limits, NewOrder, OrderBook, OrderId, OrderKind, OwnerId, Price, Quantity, SelfTrade, Side,
    TimeInForce,
};
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Clone, Debug)]
enum Command {
    Submit(NewOrder),
    Amend(OrderId, Price, Quantity),
    Cancel(OrderId),
}

/// Few, so that commands meet orders.
fn id() -> impl Strategy<Value = OrderId> {
    (0..25_u64).prop_map(OrderId)
}

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![
        30 => -4..=4_i64,
        1 => select(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]),
    ]
    .prop_map(Price)
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![30 => 1..=9_u64, 1 => Just(0), 1 => select(vec![u64::MAX, u64::MAX / 2])]
        .prop_map(Quantity)
}

fn order() -> impl Strategy<Value = NewOrder> {
    let time_in_force = select(vec![
        TimeInForce::GoodTillCancelled,
        TimeInForce::GoodTillCancelled,
        TimeInForce::ImmediateOrCancel,
        TimeInForce::FillOrKill,
        TimeInForce::PostOnly,
        TimeInForce::PostOnlySlide,
    ]);
    let kind = prop_oneof![
        6 => (price(), time_in_force)
            .prop_map(|(price, time_in_force)| OrderKind::Limit { price, time_in_force }),
        1 => proptest::option::of(price()).prop_map(|worst| OrderKind::Market { worst }),
    ];
    let self_trade = select(vec![
        SelfTrade::Allow,
        SelfTrade::CancelNewest,
        SelfTrade::CancelOldest,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ]);
    let owner = (0..3_u64).prop_map(OwnerId);
    (id(), owner, select(Side::BOTH.to_vec()), quantity(), kind, self_trade).prop_map(
        |(id, owner, side, quantity, kind, self_trade)| NewOrder {
            id,
            owner,
            side,
            quantity,
            kind,
            self_trade,
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => order().prop_map(Command::Submit),
        3 => (id(), price(), quantity()).prop_map(|(id, p, q)| Command::Amend(id, p, q)),
        1 => id().prop_map(Command::Cancel),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let tight = (0..20_u32, 0..5_u32)
        .prop_map(|(orders_max, matches_max)| Limits { orders_max, matches_max });
    prop_oneof![2 => Just(Limits::default()), 1 => tight]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_preview_tells_what_the_command_does_and_changes_nothing(
        limits in limits(),
        program in proptest::collection::vec(command(), 0..120),
    ) {
        let mut book = OrderBook::new(limits);
        for command in program {
            let before = book.state_hash();
            let (mut told, mut happened) = (Vec::new(), Vec::new());
            let foretold = match &command {
                Command::Submit(order) => book.preview(order, &mut |event| told.push(event)),
                Command::Amend(id, price, quantity) => {
                    book.preview_amend(*id, *price, *quantity, &mut |event| told.push(event))
                }
                Command::Cancel(_) => Ok(Quantity::ZERO),
            };
            prop_assert_eq!(book.state_hash(), before);
            book.assert_invariants();
            let answer = match &command {
                Command::Submit(order) => book.submit(order, &mut |event| happened.push(event)),
                Command::Amend(id, price, quantity) => {
                    book.amend(*id, *price, *quantity, &mut |event| happened.push(event))
                }
                Command::Cancel(id) => book.cancel(*id).map_or(Ok(Quantity::ZERO), |_| Ok(Quantity::ZERO)),
            };
            prop_assert_eq!((foretold, told), (answer, happened), "{:?}", command);
        }
    }
}
