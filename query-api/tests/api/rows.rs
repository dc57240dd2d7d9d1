//! Orders to read.

use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{
    Currency, CustomerId, Money, Offset, OrderId, Partition, Position, RejectionReason, Timestamp,
};
use order_store::{OrderRow, OrderStatus};
use uuid::Uuid;

/// 2026-11-02T09:30:00Z.
pub(crate) const MORNING: i64 = 1_793_611_800_000;

/// The id of order `number`.
pub(crate) fn id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(0x0199_f6f2_8e5c_7c3a_9d1e_0000_0000_0000 + number))
}

/// An accepted order, placed `number` seconds into the morning by customer 7.
pub(crate) fn order(number: u32) -> OrderRow {
    let price = Money::from_minor(12_000, Currency::Eur);
    let at = Timestamp(MORNING + i64::from(number) * 1_000);
    OrderRow {
        order_id: id(number.into()),
        source: Position::new(Partition(0), Offset(number.into())),
        version: 1,
        status: OrderStatus::Accepted,
        rejection_detail: None,
        placed_at: at,
        updated_at: at,
        customer: customer(7, "Ada", "Lovelace", "ada@example.com"),
        shipping_address: "Agricolastraße 35, München, Germany".to_owned(),
        billing_address: "Agricolastraße 35, München, Germany".to_owned(),
        total: Money::from_minor(24_000, Currency::Eur),
        payment_method: PaymentMethod::Card,
        items: vec![item("10293098", "Black", 1, price), item("10293099", "Blue", 1, price)],
    }
}

/// Orders that differ in everything that is asked for.
pub(crate) fn assorted() -> Vec<OrderRow> {
    let mut rejected = order(2);
    rejected.status = OrderStatus::Rejected(RejectionReason::TotalMismatch);
    rejected.rejection_detail = Some("the items cost 240.00, the total says \"1.05\"".to_owned());
    rejected.total = Money::from_minor(105, Currency::Gbp);
    rejected.payment_method = PaymentMethod::Invoice;
    rejected.customer = customer(8, "Zoë", "Müller-Ångström", "zoe.müller@example.org");
    let mut amended = order(3);
    amended.version = 3;
    amended.updated_at = Timestamp(MORNING + 3_600_123);
    amended.total = Money::from_minor(5, Currency::Usd);
    amended.customer = customer(u64::MAX >> 1, "Miles", "O'Brien 100%_", "miles+\"q\"@ds9.example");
    amended.items.truncate(1);
    let mut greek = order(4);
    greek.customer = customer(9, "Ελένη", "Παππά/Söhne", "eleni@example.gr");
    vec![order(1), rejected, amended, greek]
}

fn customer(id: u64, name: &str, last_name: &str, email: &str) -> Customer {
    Customer {
        id: CustomerId(id),
        name: name.to_owned(),
        last_name: last_name.to_owned(),
        email: email.to_owned(),
    }
}

fn item(item_code: &str, colour: &str, quantity: u32, price: Money) -> Item {
    Item {
        item_code: item_code.to_owned(),
        brand: "Jack Wolfskin".to_owned(),
        kind: "Parka".to_owned(),
        size: "XL".to_owned(),
        colour: colour.to_owned(),
        quantity,
        price,
    }
}
