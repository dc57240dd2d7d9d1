//! Made-up purchases.

use fastrand::Rng;

use crate::bench::bodies::{FIRST_NAMES, LAST_NAMES};

/// Customers are numbered from here.
const FIRST_CUSTOMER: u32 = 1_000_000;
/// How many customers there are.
const CUSTOMERS: u32 = 100_000;
const ITEMS_MAX: u32 = 4;
const BRANDS: [&str; 4] = ["Jack Wolfskin", "Patagonia", "Vaude", "Fjällräven"];
const TYPES: [&str; 4] = ["Parka", "Boots", "Backpack", "Tent"];
const SIZES: [&str; 4] = ["S", "M", "L", "XL"];
const COLOURS: [&str; 4] = ["Black", "Blue", "Green", "Red"];

/// A purchase that keeps every rule: of one to four items, and its total is theirs.
pub(super) fn body(chance: &mut Rng) -> String {
    let customer = FIRST_CUSTOMER + chance.u32(0..CUSTOMERS);
    let (first, last) = (any(chance, &FIRST_NAMES), any(chance, &LAST_NAMES));
    let (street, zip) = (chance.u32(1..200), chance.u32(80_000..82_000));
    let mut total = 0;
    let items: Vec<_> = (0..chance.u32(1..=ITEMS_MAX))
        .map(|_| {
            let (quantity, price) = (chance.u32(1..=3), chance.u32(5..400));
            total += quantity * price;
            item(chance, quantity, price)
        })
        .collect();
    format!(
        r#"{{"customerId":{customer},"customerName":"{first}","customerLastName":"{last}","customerEmail":"customer.{customer}@example.com","shippingAddress":"Agricolastrasse {street}, {zip} München, Germany","billingAddress":"Agricolastrasse {street}, {zip} München, Germany","currencyType":1,"totalPrice":{total},"paymentMethodType":{},"orderItems":[{}]}}"#,
        chance.u32(1..=5),
        items.join(",")
    )
}

fn item(chance: &mut Rng, quantity: u32, price: u32) -> String {
    format!(
        r#"{{"itemCode":"{}","brand":"{}","type":"{}","size":"{}","colour":"{}","quantity":{quantity},"price":{price},"currencyType":1}}"#,
        chance.u32(10_000_000..10_001_000),
        any(chance, &BRANDS),
        any(chance, &TYPES),
        any(chance, &SIZES),
        any(chance, &COLOURS)
    )
}

/// What somebody types who looks for a customer: the beginning of a name.
pub(super) fn name(chance: &mut Rng) -> String {
    let name = any(chance, &LAST_NAMES);
    let ascii: String = name.chars().take_while(char::is_ascii).collect();
    ascii[..ascii.len().min(chance.usize(1..=4))].to_lowercase()
}

fn any<'a>(chance: &mut Rng, of: &[&'a str]) -> &'a str {
    of[chance.usize(0..of.len())]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_purchase_is_json_and_its_total_is_that_of_its_items() {
        let mut bodies: Vec<String> = Vec::new();
        for seed in 0..500 {
            let body = body(&mut Rng::with_seed(seed));
            let purchase: Value = serde_json::from_str(&body).unwrap();
            let items = purchase["orderItems"].as_array().unwrap();
            assert!((1..=4).contains(&items.len()));
            let cost =
                |item: &Value| item["quantity"].as_u64().unwrap() * item["price"].as_u64().unwrap();
            assert_eq!(purchase["totalPrice"], items.iter().map(cost).sum::<u64>());
            bodies.push(body);
        }
        bodies.sort_unstable();
        bodies.dedup();
        assert_eq!(bodies.len(), 500, "each differs from the others");
    }

    #[test]
    fn who_searches_types_the_beginning_of_a_name() {
        for seed in 0..100 {
            let name = name(&mut Rng::with_seed(seed));
            assert!(
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()),
                "{name}"
            );
        }
    }
}
