//! What a purchase must keep to be accepted.

use order_domain::purchase::ITEMS_MAX;
use order_domain::{Currency, Money, NewOrder, RejectionReason};

/// The first rule that `order` breaks, and in which way; `None` where it keeps all. The order of
/// the rules is fixed: the same order is always refused for the same reason.
pub(crate) fn broken_rule(order: &NewOrder) -> Option<(RejectionReason, String)> {
    let currency = order.currency();
    if order.items.is_empty() {
        return Some((RejectionReason::NoItems, "the order has no item".to_owned()));
    }
    if order.items.len() > ITEMS_MAX {
        let detail = format!("the order has {} items, {ITEMS_MAX} are allowed", order.items.len());
        return Some((RejectionReason::TooManyItems, detail));
    }
    for (index, item) in order.items.iter().enumerate() {
        if item.quantity < 1 {
            let detail = format!("the quantity of item {index} is 0");
            return Some((RejectionReason::QuantityBelowOne, detail));
        }
        if item.price.minor() < 0 {
            let detail = format!("the price of item {index} is {}", item.price);
            return Some((RejectionReason::NegativePrice, detail));
        }
        if item.price.currency() != currency {
            let other = item.price.currency();
            let detail = format!("item {index} is priced in {other}, the order is in {currency}");
            return Some((RejectionReason::MixedCurrencies, detail));
        }
    }
    let sum = sum_of_items(order);
    if sum == i128::from(order.total.minor()) {
        return None;
    }
    let detail =
        format!("the items come to {}, the total says {}", shown(sum, currency), order.total);
    Some((RejectionReason::TotalMismatch, detail))
}

/// In minor units. Cannot overflow: at most 500 items of less than 2^32 * 2^63.
fn sum_of_items(order: &NewOrder) -> i128 {
    let line = |quantity: u32, price: Money| i128::from(quantity) * i128::from(price.minor());
    order.items.iter().map(|item| line(item.quantity, item.price)).sum()
}

fn shown(minor: i128, currency: Currency) -> String {
    match i64::try_from(minor) {
        Ok(minor) => Money::from_minor(minor, currency).to_string(),
        Err(_) => "more than any amount that can be paid".to_owned(),
    }
}
