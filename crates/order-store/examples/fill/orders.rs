//! Orders that look like those of a shop.

use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{Currency, CustomerId, Money, Offset, OrderId, Partition, Position, Timestamp};
use order_store::{OrderRow, OrderStatus};
use uuid::Uuid;

const FIRST: [&str; 12] = [
    "Ada", "Grace", "Zoë", "José", "Émile", "Jürgen", "Maria", "Ana", "Ivan", "Olga", "Noor", "Lin",
];
const LAST: [&str; 5] = ["Lovelace", "Hopper", "Müller", "Smith", "García"];

/// `count` orders in the order of their times, ten a millisecond.
pub fn generate(count: usize) -> Vec<OrderRow> {
    (0..count as u64).map(order).collect()
}

fn order(number: u64) -> OrderRow {
    let random = mix(number);
    let at = Timestamp(1_767_225_600_000 + (number / 10).cast_signed());
    let customer_id = random % 100_000;
    let customer = usize::try_from(customer_id).expect("below 100,000");
    let name = FIRST[customer % FIRST.len()].to_owned();
    let last_name = LAST[customer / FIRST.len() % LAST.len()].to_owned();
    let price = Money::from_minor((random % 20_000).cast_signed(), Currency::Eur);
    OrderRow {
        order_id: OrderId(Uuid::from_u64_pair(at.0.cast_unsigned() << 16 | 0x7000, random)),
        source: Position::new(Partition(0), Offset(number)),
        version: 1,
        status: OrderStatus::Accepted,
        rejection_detail: None,
        placed_at: at,
        updated_at: at,
        customer: Customer {
            id: CustomerId(customer_id),
            email: format!("{}.{customer}@example.com", last_name.to_lowercase()),
            name,
            last_name,
        },
        shipping_address: format!("Agricolastrasse {}, 80687 München, Germany", random % 200),
        billing_address: format!("Agricolastrasse {}, 80687 München, Germany", random % 200),
        total: price,
        payment_method: PaymentMethod::Card,
        items: (0..2)
            .map(|line| Item {
                item_code: (10_000_000 + random % 1_000 + line).to_string(),
                brand: "Jack Wolfskin".to_owned(),
                kind: "Parka".to_owned(),
                size: "XL".to_owned(),
                colour: "Black".to_owned(),
                quantity: 1,
                price,
            })
            .collect(),
    }
}

/// The finaliser of `SplitMix64`: the same orders in every run.
const fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
