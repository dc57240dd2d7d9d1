//! `Prefer: wait` answers with what the engine decided.

use std::time::Duration;

use order_domain::event::{
    CommandDeadLettered, NewOrderConflicted, NewOrderRepeated, OrderAccepted, OrderRejected,
    Outcome,
};
use order_domain::{Event, Fingerprint, NewOrder, Offset, RejectionReason};
use serde_json::json;

use crate::shop::{Shop, parka, parka_with};

const WAIT: [(&str, &str); 1] = [("prefer", "wait=5")];

fn accept(order: &NewOrder) -> Event {
    let fingerprint = Fingerprint::of(order);
    Event::OrderAccepted(OrderAccepted { order: order.clone(), fingerprint })
}

fn reject(order: &NewOrder) -> Event {
    let fingerprint = Fingerprint::of(order);
    let (reason, detail) = (RejectionReason::TotalMismatch, "the total is wrong".to_owned());
    Event::OrderRejected(OrderRejected { order: order.clone(), fingerprint, reason, detail })
}

fn repeat(order: &NewOrder) -> Event {
    let outcome = Outcome::Rejected { reason: RejectionReason::NoItems };
    Event::NewOrderRepeated(NewOrderRepeated {
        order_id: order.order_id,
        first: Offset(0),
        outcome,
    })
}

fn conflict(order: &NewOrder) -> Event {
    Event::NewOrderConflicted(NewOrderConflicted { order_id: order.order_id, first: Offset(0) })
}

fn dead_letter(_: &NewOrder) -> Event {
    Event::CommandDeadLettered(CommandDeadLettered { cause: "unreadable".to_owned() })
}

#[tokio::test]
async fn every_outcome_has_its_answer() {
    for (decide, status, about) in [
        (accept as fn(&NewOrder) -> Event, 201, "accepted"),
        (reject, 422, "total-mismatch"),
        (repeat, 422, "no-items"),
        (conflict, 422, "idempotency-key-reused"),
        (dead_letter, 202, "dead-lettered"),
    ] {
        let shop = Shop::open();
        shop.start_engine(decide);
        let answer = shop.place(&parka(), &WAIT).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let found = if status == 422 { &answer.body["reason"] } else { &answer.body["status"] };
        assert_eq!(found, about, "{answer:?}");
        assert_eq!(answer.header("preference-applied"), Some("wait=5"));
        assert!(answer.header("seriatim-position").is_some());
        // Rejected or not, it is durable and can be read.
        assert!(answer.header("location").is_some_and(|path| path.starts_with("/api/Orders/")));
    }
}

#[tokio::test]
async fn many_wait_side_by_side_and_each_gets_its_own_outcome() {
    fn by_customer(order: &NewOrder) -> Event {
        if order.customer.id.0.is_multiple_of(2) { accept(order) } else { reject(order) }
    }
    let shop = Shop::open();
    shop.start_engine(by_customer);
    let orders: Vec<_> = (0..100).map(|n| parka_with("/customerId", json!(n))).collect();
    let answers =
        futures_util::future::join_all(orders.iter().map(|order| shop.place(order, &WAIT))).await;
    for (customer, answer) in answers.iter().enumerate() {
        assert_eq!(answer.status, if customer % 2 == 0 { 201 } else { 422 }, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_runs_out_is_a_202() {
    let shop = Shop::open();
    let begin = tokio::time::Instant::now();
    let answer = shop.place(&parka(), &WAIT).await;
    assert_eq!(begin.elapsed().as_secs(), 5);
    assert_eq!((answer.status, &answer.body["status"]), (202, &json!("accepted-for-processing")));
    assert_eq!(answer.header("preference-applied"), Some("wait=5"));
}

#[tokio::test(start_paused = true)]
async fn a_tail_is_dropped_when_nobody_waits_and_taken_up_again() {
    let shop = Shop::open();
    shop.start_engine(accept);
    for _ in 0..3 {
        assert_eq!(shop.place(&parka(), &WAIT).await.status, 201);
        assert_eq!(shop.place(&parka(), &WAIT).await.status, 201);
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(shop.log.readers_of_events(), 0);
    }
}

#[tokio::test]
async fn where_too_many_wait_the_next_is_answered_without() {
    let shop = Shop::with(&[("waiters_max", "0")]);
    shop.start_engine(accept);
    let answer = shop.place(&parka(), &WAIT).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.header("preference-applied"), None);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_every_wait() {
    let shop = Shop::open();
    let ending = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        shop.shutdown.cancel();
    };
    let begin = tokio::time::Instant::now();
    let order = parka();
    let (answer, ()) = tokio::join!(shop.place(&order, &WAIT), ending);
    assert_eq!(answer.status, 202);
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_repeated_order_is_appended_again_when_somebody_waits_for_it() {
    let shop = Shop::open();
    shop.start_engine(accept);
    let headers = [("prefer", "wait=5"), ("idempotency-key", "k")];
    for _ in 0..2 {
        assert_eq!(shop.place(&parka(), &headers).await.status, 201);
    }
    assert_eq!(shop.commands().len(), 2);
}
