//! A preview tells exactly what the command then does, and changes nothing.

mod random;

use order_book::{NewOrder, OrderBook, OrderId, Price, Quantity};
use proptest::prelude::*;
use random::{id, limits, order, price, quantity};

#[derive(Clone, Debug)]
enum Command {
    Submit(NewOrder),
    Amend(OrderId, Price, Quantity),
    Cancel(OrderId),
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => order().prop_map(Command::Submit),
        3 => (id(), price(), quantity()).prop_map(|(id, p, q)| Command::Amend(id, p, q)),
        1 => id().prop_map(Command::Cancel),
    ]
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
