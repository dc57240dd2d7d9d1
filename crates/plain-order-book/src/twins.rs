//! Two books that get the same commands, and must not be told apart.

use order_book::{
    Event, Limits, NewOrder, OrderBook, OrderId, Price, Quantity, RestingOrder, Side,
};

use crate::PlainBook;

/// Everything that can be done to a book.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// [`OrderBook::submit`].
    Submit(NewOrder),
    /// [`OrderBook::cancel`].
    Cancel(OrderId),
    /// [`OrderBook::reduce`].
    Reduce(OrderId, Quantity),
    /// [`OrderBook::amend`].
    Amend(OrderId, Price, Quantity),
    /// The fast book is replaced by one made of its snapshot.
    Restore,
}

/// The fast book and the plain one.
#[derive(Debug)]
pub struct Twins {
    fast: OrderBook,
    plain: PlainBook,
}

impl Twins {
    /// Two empty books.
    pub fn new(limits: Limits) -> Self {
        Self { fast: OrderBook::new(limits), plain: PlainBook::new(limits) }
    }

    /// The fast book.
    pub fn fast(&self) -> &OrderBook {
        &self.fast
    }

    /// Gives both books a command.
    ///
    /// # Panics
    /// If anything that can be seen of the two differs then, or an invariant is broken.
    pub fn run(&mut self, command: &Command) {
        let (mut seen, mut expected) = (Vec::new(), Vec::new());
        let mut fast_sink = |event: Event| seen.push(event);
        let mut plain_sink = |event: Event| expected.push(event);
        match command {
            Command::Submit(order) => assert_eq!(
                self.fast.submit(order, &mut fast_sink),
                self.plain.submit(order, &mut plain_sink)
            ),
            Command::Cancel(id) => assert_eq!(self.fast.cancel(*id), self.plain.cancel(*id)),
            Command::Reduce(id, by) => {
                assert_eq!(self.fast.reduce(*id, *by), self.plain.reduce(*id, *by));
            }
            Command::Amend(id, price, quantity) => assert_eq!(
                self.fast.amend(*id, *price, *quantity, &mut fast_sink),
                self.plain.amend(*id, *price, *quantity, &mut plain_sink)
            ),
            Command::Restore => self.restore(),
        }
        assert_eq!(seen, expected, "events");
        self.compare(command);
    }

    fn restore(&mut self) {
        let limits = self.fast.limits();
        let restored = OrderBook::from_snapshot(limits, &self.fast.to_snapshot());
        let collected = OrderBook::restore(limits, self.fast.orders());
        assert_eq!(collected.expect("its own orders").state_hash(), self.fast.state_hash());
        self.fast = restored.expect("its own snapshot");
    }

    fn compare(&self, command: &Command) {
        self.fast.assert_invariants();
        let orders: Vec<RestingOrder> = self.plain.orders().collect();
        assert!(self.fast.orders().eq(orders.iter().copied()), "orders in canonical order");
        assert_eq!(self.fast.state_hash(), self.plain.state_hash());
        assert_eq!((self.fast.len(), self.fast.is_empty()), (orders.len(), orders.is_empty()));
        for side in Side::BOTH {
            let levels: Vec<_> = self.plain.levels(side).collect();
            assert_eq!(self.fast.best(side), levels.first().copied(), "best of {side:?}");
            assert!(self.fast.levels(side).eq(levels.iter().copied()), "levels of {side:?}");
            assert_eq!(self.fast.level_count(side), levels.len(), "levels of {side:?}");
            let open = levels.iter().map(|level| level.quantity.0).sum();
            assert_eq!(self.fast.side_quantity(side), Quantity(open), "quantity of {side:?}");
            for level in &levels {
                assert_eq!(self.fast.depth_at(side, level.price), Some(*level));
            }
        }
        assert_eq!(self.fast.best_bid(), self.fast.best(Side::Buy));
        assert_eq!(self.fast.best_ask(), self.fast.best(Side::Sell));
        let touched = match command {
            Command::Submit(order) => Some(order.id),
            Command::Cancel(id) | Command::Reduce(id, _) | Command::Amend(id, ..) => Some(*id),
            Command::Restore => None,
        };
        let some = orders.len() / 2;
        for id in touched.into_iter().chain(orders.get(some).map(|order| order.id)) {
            assert_eq!(self.fast.order(id), self.plain.order(id), "order {id:?}");
            assert_eq!(self.fast.queue_place(id), self.plain.queue_place(id), "place of {id:?}");
        }
        if let Command::Amend(_, price, _) = command {
            for side in Side::BOTH {
                assert_eq!(self.fast.depth_at(side, *price), self.plain.depth_at(side, *price));
            }
        }
    }
}
