//! Long random programs of every command and option, run on the fast book and the plain one: they must
//! not be told apart by any event, answer or question after any step.

mod random;

use order_book::{Event, OrderBook};
use plain_order_book::{Command, Day, PlainBook, Scattered, Twins};
use proptest::prelude::*;
use random::{id, limits, order, price, quantity};

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
