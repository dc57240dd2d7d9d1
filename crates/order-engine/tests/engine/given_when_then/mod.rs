//! The words of the tests: given, when, then.

use std::num::NonZeroU32;

use order_domain::event::Outcome;
use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{
    Command, Currency, CustomerId, Event, Money, NewOrder, Offset, OrderId, Partition,
    RejectionReason, Timestamp, VenueId,
};
use order_engine::{Engine, EngineSettings, Evolved};

/// A good purchase of 31.50 EUR; another number makes another one.
pub fn purchase(number: u32) -> NewOrder {
    let item = |code: &str, quantity, cents| Item {
        item_code: code.into(),
        brand: "Vinyl & Sons".into(),
        kind: "CD".into(),
        size: "12 cm".into(),
        colour: "silver".into(),
        quantity,
        price: Money::from_minor(cents, Currency::Eur),
    };
    NewOrder {
        order_id: OrderId(uuid::Uuid::from_u128(u128::from(number))),
        venue: VenueId::new("shop/0").unwrap(),
        customer: Customer {
            id: CustomerId(u64::from(number)),
            name: "Ada".into(),
            last_name: "Lovelace".into(),
            email: format!("ada{number}@example.com"),
        },
        shipping_address: "Agricolastrasse 35, München".into(),
        billing_address: "Agricolastrasse 35, München".into(),
        total: Money::from_minor(3_150, Currency::Eur),
        payment_method: PaymentMethod::Card,
        items: vec![item("A-1", 2, 1_000), item("B-2", 1, 1_150)],
        idempotency_key: None,
        trace_parent: order_domain::TraceParent::new(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
        .ok(),
    }
}

/// What happened before.
pub struct Given(Engine);

/// What was decided.
pub struct Then(Event);

impl Given {
    pub fn nothing() -> Self {
        Self(Engine::new(Partition(0), EngineSettings::default()))
    }

    pub fn purchases(orders: impl IntoIterator<Item = NewOrder>) -> Self {
        Self::purchases_with_window(16_384, orders)
    }

    pub fn purchases_with_window(window: u32, orders: impl IntoIterator<Item = NewOrder>) -> Self {
        let idempotency_window_orders = NonZeroU32::new(window).unwrap();
        let settings = EngineSettings { idempotency_window_orders, ..EngineSettings::DEFAULT };
        let mut engine = Engine::new(Partition(0), settings);
        for (offset, order) in orders.into_iter().enumerate() {
            let source = Offset(offset as u64);
            let decision = engine.decide(source, Timestamp(1_000), Command::NewOrder(order));
            assert_eq!(engine.evolve(&decision), Evolved::Applied);
        }
        Self(engine)
    }

    pub fn engine(self) -> Engine {
        self.0
    }

    pub fn when(&self, order: NewOrder) -> Then {
        let source = self.0.next_source();
        let mut decision = self.0.decide(source, Timestamp(2_000), Command::NewOrder(order));
        assert_eq!(decision.source.offset, source);
        assert_eq!(decision.events.len(), 1);
        Then(decision.events.remove(0))
    }
}

impl Then {
    #[track_caller]
    pub fn then_accepted(self) {
        assert!(matches!(self.0, Event::OrderAccepted(_)), "{:?}", self.0);
    }

    #[track_caller]
    pub fn then_rejected(self, reason: RejectionReason, detail: &str) {
        match self.0 {
            Event::OrderRejected(event) => {
                assert_eq!((event.reason, event.detail.as_str()), (reason, detail));
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn then_repeated(self, first: Offset, outcome: Outcome) {
        match self.0 {
            Event::NewOrderRepeated(event) => {
                assert_eq!((event.first, event.outcome), (first, outcome));
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn then_conflicted(self, first: Offset) {
        match self.0 {
            Event::NewOrderConflicted(event) => assert_eq!(event.first, first),
            other => panic!("{other:?}"),
        }
    }
}
