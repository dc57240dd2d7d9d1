//! Purchases, and what holds for every type.

use order_domain::event::{
    CommandDeadLettered, NewOrderConflicted, NewOrderRepeated, OrderAccepted, OrderRejected,
    Outcome,
};
use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::wire::DecodeError;
use order_domain::{
    Command, Currency, CustomerId, Decision, Event, Fingerprint, IdempotencyKey, Money, NewOrder,
    Offset, OrderId, Partition, Position, RejectionReason, Timestamp, TraceParent, VenueId,
};

use crate::golden;

fn order() -> NewOrder {
    NewOrder {
        order_id: OrderId("0193456f-0000-7000-8000-00000000002a".parse().unwrap()),
        venue: VenueId::new("shop/3").unwrap(),
        customer: Customer {
            id: CustomerId(23_982_398),
            name: "Ada".into(),
            last_name: "Lovelace".into(),
            email: "ada@example.com".into(),
        },
        shipping_address: "Agricolastrasse 35, München, Germany".into(),
        billing_address: "Agricolastrasse 35, München, Germany".into(),
        total: Money::from_minor(24_000, Currency::Eur),
        payment_method: PaymentMethod::Card,
        items: vec![Item {
            item_code: "10293098".into(),
            brand: "Jack Wolfskin".into(),
            kind: "Parka".into(),
            size: "XL".into(),
            colour: "Black".into(),
            quantity: 1,
            price: Money::from_minor(24_000, Currency::Eur),
        }],
        idempotency_key: Some(IdempotencyKey::new("checkout-17").unwrap()),
        trace_parent: Some(
            TraceParent::new("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap(),
        ),
    }
}

fn decision(events: Vec<Event>) -> Decision {
    let source = Position::new(Partition(2), Offset(41));
    Decision { source, at: Timestamp(1_732_190_400_123), events }
}

/// Every event type, each in a decision of its own.
fn decisions() -> Vec<(&'static str, Decision)> {
    let order_id = order().order_id;
    let fingerprint = Fingerprint::of(&order());
    vec![
        (
            "order-accepted.v1",
            decision(vec![Event::OrderAccepted(OrderAccepted { order: order(), fingerprint })]),
        ),
        (
            "order-rejected.v1",
            decision(vec![Event::OrderRejected(OrderRejected {
                order: order(),
                fingerprint,
                reason: RejectionReason::TotalMismatch,
                detail: "the items come to 239.00 EUR, the total says 240.00 EUR".into(),
            })]),
        ),
        (
            "new-order-repeated.v1",
            decision(vec![Event::NewOrderRepeated(NewOrderRepeated {
                order_id,
                first: Offset(7),
                outcome: Outcome::Rejected { reason: RejectionReason::NoItems },
            })]),
        ),
        (
            "new-order-conflicted.v1",
            decision(vec![Event::NewOrderConflicted(NewOrderConflicted {
                order_id,
                first: Offset(7),
            })]),
        ),
        (
            "command-dead-lettered.v1",
            decision(vec![Event::CommandDeadLettered(CommandDeadLettered {
                cause: "unknown type \"Nonsense\"".into(),
            })]),
        ),
    ]
}

#[test]
fn a_command_is_written_and_read_as_pinned() {
    let command = Command::NewOrder(order());
    let pinned = golden("new-order.v1", &command.to_json());
    assert_eq!(Command::from_json(&pinned).unwrap(), command);
}

#[test]
fn every_event_is_written_and_read_as_pinned() {
    for (name, decision) in decisions() {
        let pinned = golden(name, &decision.to_json());
        assert_eq!(Decision::from_json(&pinned).unwrap(), decision, "{name}");
    }
}

#[test]
fn fields_that_a_later_minor_version_adds_are_passed_over() {
    let json = String::from_utf8(Command::NewOrder(order()).to_json()).unwrap();
    let json = json.replacen("{\"type\"", "{\"later\":[1,{\"x\":null}],\"type\"", 1).replacen(
        "\"data\":{",
        "\"data\":{\"giftWrap\":{\"colour\":\"red\"},",
        1,
    );
    assert_eq!(Command::from_json(json.as_bytes()).unwrap(), Command::NewOrder(order()));
}

#[test]
fn an_unknown_type_and_a_newer_major_version_say_so() {
    let json = String::from_utf8(Command::NewOrder(order()).to_json()).unwrap();
    let unknown = json.replacen("NewOrder", "MintCoin", 1);
    assert!(matches!(
        Command::from_json(unknown.as_bytes()),
        Err(DecodeError::UnknownType(name)) if name == "MintCoin"
    ));
    for version in ["0", "2", "4294967295"] {
        let other = json.replacen("\"version\":1", &format!("\"version\":{version}"), 1);
        assert!(matches!(
            Command::from_json(other.as_bytes()),
            Err(DecodeError::UnsupportedVersion { newest: 1, .. })
        ));
    }
    let (_, decision) = decisions().remove(0);
    let json = String::from_utf8(decision.to_json()).unwrap();
    let unknown = json.replacen("OrderAccepted", "OrderPondered", 1);
    assert!(matches!(Decision::from_json(unknown.as_bytes()), Err(DecodeError::UnknownType(_))));
}

#[test]
fn what_is_no_command_is_malformed() {
    for bytes in [
        &b""[..],
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"{}",
        b"{\"type\":\"NewOrder\",\"version\":1}",
        b"{\"type\":\"NewOrder\",\"version\":1,\"data\":{}}",
        b"{\"type\":\"NewOrder\",\"version\":-1,\"data\":{}}",
        b"{\"type\":7,\"version\":1,\"data\":{}}",
    ] {
        let result = Command::from_json(bytes);
        assert!(matches!(result, Err(DecodeError::Malformed(_))), "{bytes:?}: {result:?}");
    }
    let empty = br#"{"type":"Decision","version":1,"data":{"source":{"partition":0,"offset":0},"at":0,"events":[]}}"#;
    assert!(matches!(Decision::from_json(empty), Err(DecodeError::NoEvents)));
}

mod any_bytes {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Command::from_json(&bytes);
            let _ = Decision::from_json(&bytes);
        }

        /// A golden record with one byte changed is read or refused, never a panic.
        #[test]
        fn one_flipped_byte_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut json = decisions().remove(0).1.to_json();
            let at = at.index(json.len());
            json[at] = byte;
            let _ = Decision::from_json(&json);
        }

        #[test]
        fn every_text_survives(name in any::<String>(), minor in -10_i64.pow(17)..10_i64.pow(17)) {
            let mut order = order();
            order.customer.name = name;
            order.items[0].price = Money::from_minor(minor, Currency::Usd);
            let command = Command::NewOrder(order);
            prop_assert_eq!(Command::from_json(&command.to_json()).unwrap(), command);
        }
    }
}
