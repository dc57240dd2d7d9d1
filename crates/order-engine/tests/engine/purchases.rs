//! Given what happened before, when a purchase comes, then this is what is decided.

use crate::given_when_then::{Given, purchase};
use order_domain::event::Outcome;
use order_domain::purchase::ITEMS_MAX;
use order_domain::{Currency, Event, Money, Offset, RejectionReason, Timestamp};

fn euros(cents: i64) -> Money {
    Money::from_minor(cents, Currency::Eur)
}

#[test]
fn a_purchase_that_keeps_all_rules_is_accepted() {
    Given::nothing().when(purchase(1)).then_accepted();
}

#[test]
fn free_goods_are_no_error() {
    let mut order = purchase(1);
    order.items[0].price = euros(0);
    order.items[1].price = euros(0);
    order.total = euros(0);
    Given::nothing().when(order).then_accepted();
}

#[test]
fn an_order_without_items_is_rejected() {
    let mut order = purchase(1);
    order.items.clear();
    Given::nothing().when(order).then_rejected(RejectionReason::NoItems, "the order has no item");
}

#[test]
fn an_order_may_have_as_many_items_as_the_bound_and_no_more() {
    let mut order = purchase(1);
    let item = order.items[0].clone();
    order.items = vec![item; ITEMS_MAX];
    order.total = euros(order.items[0].price.minor() * 2 * i64::try_from(ITEMS_MAX).unwrap());
    Given::nothing().when(order.clone()).then_accepted();

    order.items.push(order.items[0].clone());
    Given::nothing()
        .when(order)
        .then_rejected(RejectionReason::TooManyItems, "the order has 501 items, 500 are allowed");
}

#[test]
fn a_quantity_below_one_is_rejected() {
    let mut order = purchase(1);
    order.items[1].quantity = 0;
    Given::nothing()
        .when(order)
        .then_rejected(RejectionReason::QuantityBelowOne, "the quantity of item 1 is 0");
}

#[test]
fn a_negative_price_is_rejected() {
    let mut order = purchase(1);
    order.items[0].price = euros(-1);
    Given::nothing()
        .when(order)
        .then_rejected(RejectionReason::NegativePrice, "the price of item 0 is -0.01 EUR");
}

#[test]
fn two_currencies_in_one_order_are_rejected() {
    let mut order = purchase(1);
    order.items[1].price = Money::from_minor(1_150, Currency::Usd);
    Given::nothing().when(order).then_rejected(
        RejectionReason::MixedCurrencies,
        "item 1 is priced in USD, the order is in EUR",
    );
}

#[test]
fn a_total_that_is_not_the_sum_of_the_items_is_rejected() {
    let mut order = purchase(1);
    order.total = euros(order.total.minor() + 1);
    Given::nothing().when(order).then_rejected(
        RejectionReason::TotalMismatch,
        "the items come to 31.50 EUR, the total says 31.51 EUR",
    );
}

#[test]
fn amounts_at_the_end_of_their_range_do_not_overflow() {
    let mut order = purchase(1);
    for item in &mut order.items {
        item.price = euros(i64::MAX);
        item.quantity = u32::MAX;
    }
    order.total = euros(i64::MAX);
    Given::nothing().when(order).then_rejected(
        RejectionReason::TotalMismatch,
        "the items come to more than any amount that can be paid, the total says 92233720368547758.07 EUR",
    );
}

#[test]
fn the_same_purchase_again_gets_the_first_outcome() {
    let order = purchase(1);
    let mut rejected = purchase(2);
    rejected.total = euros(1);
    let given = Given::purchases([order.clone(), rejected.clone()]);
    given.when(order).then_repeated(Offset(0), Outcome::Accepted);
    let outcome = Outcome::Rejected { reason: RejectionReason::TotalMismatch };
    given.when(rejected).then_repeated(Offset(1), outcome);
}

#[test]
fn a_used_id_with_another_body_conflicts_and_the_first_stands() {
    let order = purchase(1);
    let mut other = order.clone();
    other.shipping_address = "Elsewhere 1".into();
    let given = Given::purchases([order.clone()]);
    given.when(other).then_conflicted(Offset(0));
    given.when(order).then_repeated(Offset(0), Outcome::Accepted);
}

#[test]
fn trace_and_key_do_not_make_another_body() {
    let mut order = purchase(1);
    let given = Given::purchases([order.clone()]);
    order.trace_parent = None;
    given.when(order).then_repeated(Offset(0), Outcome::Accepted);
}

#[test]
fn an_order_older_than_the_window_is_new_again() {
    let orders = (1..=5).map(purchase);
    let given = Given::purchases_with_window(4, orders);
    given.when(purchase(2)).then_repeated(Offset(1), Outcome::Accepted);
    given.when(purchase(1)).then_accepted();
}

#[test]
fn a_venue_remembers_its_own_orders_only() {
    let mut elsewhere = purchase(1);
    elsewhere.venue = order_domain::VenueId::new("shop/9").unwrap();
    Given::purchases([purchase(1)]).when(elsewhere).then_accepted();
}

#[test]
fn time_never_runs_backwards() {
    let mut engine = Given::purchases([purchase(1)]).engine();
    let late = engine.decide(Offset(1), Timestamp(5_000), purchase_command(2));
    engine.evolve(&late);
    let earlier_record = engine.decide(Offset(2), Timestamp(4_000), purchase_command(3));
    assert_eq!(earlier_record.at, Timestamp(5_000));
}

#[test]
fn a_record_that_is_no_command_has_a_decision_too() {
    let mut engine = Given::nothing().engine();
    let decision = engine.dead_letter(Offset(0), Timestamp(1), "malformed".into());
    assert!(
        matches!(&decision.events[..], [Event::CommandDeadLettered(event)] if event.cause == "malformed")
    );
    engine.evolve(&decision);
    assert_eq!(engine.next_source(), Offset(1));
}

fn purchase_command(number: u32) -> order_domain::Command {
    order_domain::Command::NewOrder(purchase(number))
}
