//! Short words for the tests: a desk that sends orders to a book and notes what it hears.

use order_book::{
    Event, Limits, NewOrder, OrderBook, OrderId, OrderKind, OwnerId, Price, Quantity, Refused,
    SelfTrade, Side, TimeInForce,
};

pub struct Desk {
    pub book: OrderBook,
    heard: Vec<Event>,
}

/// A good-till-cancelled order of an owner of its own.
pub fn limit(id: u64, side: Side, quantity: u64, price: i64) -> NewOrder {
    NewOrder {
        id: OrderId(id),
        owner: OwnerId(id),
        side,
        quantity: Quantity(quantity),
        kind: OrderKind::Limit {
            price: Price(price),
            time_in_force: TimeInForce::GoodTillCancelled,
        },
        self_trade: SelfTrade::Allow,
    }
}

pub fn buy(id: u64, quantity: u64, price: i64) -> NewOrder {
    limit(id, Side::Buy, quantity, price)
}

pub fn sell(id: u64, quantity: u64, price: i64) -> NewOrder {
    limit(id, Side::Sell, quantity, price)
}

pub fn market(id: u64, side: Side, quantity: u64, worst: Option<i64>) -> NewOrder {
    let kind = OrderKind::Market { worst: worst.map(Price) };
    NewOrder { kind, ..limit(id, side, quantity, 0) }
}

/// The same order with other terms.
pub fn with(order: NewOrder, time_in_force: TimeInForce) -> NewOrder {
    match order.kind {
        OrderKind::Limit { price, .. } => {
            NewOrder { kind: OrderKind::Limit { price, time_in_force }, ..order }
        }
        OrderKind::Market { .. } => panic!("a market order has no time in force"),
    }
}

/// The same order of this owner, with this choice.
pub fn of(owner: u64, self_trade: SelfTrade, order: NewOrder) -> NewOrder {
    NewOrder { owner: OwnerId(owner), self_trade, ..order }
}

/// A trade, in one line: maker, taker, price, quantity, and what is then open of both.
pub fn traded(maker: u64, taker: u64, price: i64, quantity: u64, open: (u64, u64)) -> Event {
    Event::Traded {
        maker: OrderId(maker),
        taker: OrderId(taker),
        price: Price(price),
        quantity: Quantity(quantity),
        maker_open: Quantity(open.0),
        taker_open: Quantity(open.1),
    }
}

pub fn rested(order: u64, quantity: u64, price: i64) -> Event {
    Event::Rested { order: OrderId(order), price: Price(price), quantity: Quantity(quantity) }
}

impl Desk {
    /// A book in which these orders rest.
    pub fn with(orders: impl IntoIterator<Item = NewOrder>) -> Self {
        Self::limited(Limits::default(), orders)
    }

    pub fn limited(limits: Limits, orders: impl IntoIterator<Item = NewOrder>) -> Self {
        let mut desk = Self { book: OrderBook::new(limits), heard: Vec::new() };
        for order in orders {
            desk.submit(&order).expect("a given order is accepted");
        }
        desk.heard.clear();
        desk
    }

    pub fn submit(&mut self, order: &NewOrder) -> Result<Quantity, Refused> {
        self.book.submit(order, &mut |event| self.heard.push(event))
    }

    pub fn amend(&mut self, id: u64, price: i64, quantity: u64) -> Result<Quantity, Refused> {
        let (price, quantity) = (Price(price), Quantity(quantity));
        self.book.amend(OrderId(id), price, quantity, &mut |event| self.heard.push(event))
    }

    /// What was heard since the last time.
    pub fn heard(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.heard)
    }

    /// What rests, as (id, quantity, price), in canonical order.
    pub fn resting(&self) -> Vec<(u64, u64, i64)> {
        self.book.orders().map(|order| (order.id.0, order.quantity.0, order.price.0)).collect()
    }

    /// The order is refused with this reason, and nothing has happened.
    #[track_caller]
    pub fn refuses(&mut self, order: &NewOrder, reason: Refused) {
        let before = self.book.state_hash();
        assert_eq!(self.submit(order), Err(reason));
        assert_eq!(self.heard(), []);
        assert_eq!(self.book.state_hash(), before);
    }
}
