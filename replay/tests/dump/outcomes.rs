//! What became of commands, by the decisions that stand beside them.

use event_log::{Retention, TopicSpec};
use order_domain::event::{NewOrderRepeated, OrderAccepted, OrderRejected, Outcome};
use order_domain::{
    Decision, Event, Fingerprint, Offset, OrderId, Partition, Position, RejectionReason, Timestamp,
};
use traffic_archive::Entry;

use crate::orders::{Orders, entries, new_order, order, succeed};

fn decision(offset: u64, event: Event) -> Vec<u8> {
    let source = Position::new(Partition(0), Offset(offset));
    Decision { source, at: Timestamp(0), events: vec![event] }.to_json()
}

fn accepted(customer: u64) -> Event {
    let order = new_order(customer, None);
    let fingerprint = Fingerprint::of(&order);
    Event::OrderAccepted(OrderAccepted { order, fingerprint })
}

fn rejected(customer: u64) -> Event {
    let order = new_order(customer, None);
    let (fingerprint, reason) = (Fingerprint::of(&order), RejectionReason::TotalMismatch);
    Event::OrderRejected(OrderRejected { order, fingerprint, reason, detail: "why".to_owned() })
}

fn repeated(first: u64) -> Event {
    let (order_id, outcome) = (new_order(1, None).order_id, Outcome::Accepted);
    Event::NewOrderRepeated(NewOrderRepeated { order_id, first: Offset(first), outcome })
}

impl Orders {
    async fn decide(&self, decisions: &[Vec<u8>]) {
        let topic = event_log::topics::ORDER_EVENTS;
        let retention = Retention::default();
        let spec = TopicSpec { topic: topic.clone(), partitions: 2, retention };
        self.log.create_topics(&[spec]).await.expect("the topic is made");
        for decision in decisions {
            self.append_to(&topic, 0, decision.clone()).await;
        }
    }
}

fn outcomes(entries: &[Entry]) -> Vec<Option<&str>> {
    entries.iter().map(|entry| entry.exchange.outcome.as_deref()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_a_command_is_its_first_decision() {
    let orders = Orders::new().await;
    for customer in 1..=5 {
        orders.append(0, order(customer, None).to_json()).await;
    }
    orders.append(1, order(6, None).to_json()).await;
    let decisions = [
        decision(0, accepted(1)),
        decision(1, rejected(2)),
        b"no decision".to_vec(),
        // An engine that was deposed goes on for a moment, and decides otherwise.
        decision(0, rejected(1)),
        decision(1, accepted(2)),
        decision(2, repeated(0)),
        decision(3, accepted(4)),
    ];
    orders.decide(&decisions).await;
    let archive = |name: &str| orders.folder.path().join(name);
    let summary = succeed(&orders.dump(&archive("all"), &[]));
    assert_eq!((&summary["entries"], &summary["outcomes"]), (&6.into(), &4.into()));
    let expected = [
        Some("accepted"),
        Some("rejected: total-mismatch"),
        Some("repeated: accepted"),
        Some("accepted"),
        None,
        None,
    ];
    assert_eq!(outcomes(&entries(&archive("all")).await), expected);

    let stretch = ["--first", "0:1", "--until", "0:4", "--partition", "0"];
    assert_eq!(succeed(&orders.dump(&archive("part"), &stretch))["outcomes"], 3);
    assert_eq!(outcomes(&entries(&archive("part")).await), expected[1..4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_of_other_commands_are_not_taken_for_outcomes() {
    let orders = Orders::new().await;
    let mut other = new_order(1, None);
    other.order_id = OrderId("0192f0c1-4a7e-7cc0-a1a1-6f1df0a3b002".parse().expect("a UUID"));
    orders.append(0, order(1, None).to_json()).await;
    let fingerprint = Fingerprint::of(&other);
    let accepted = Event::OrderAccepted(OrderAccepted { order: other, fingerprint });
    orders.decide(&[decision(0, accepted)]).await;
    let archive = |name: &str| orders.folder.path().join(name);
    let output = orders.dump(&archive("a"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("it was decided from another topic"), "{error}");
    let output = orders.dump(&archive("b"), &["--decisions", "missing"]);
    assert_eq!(output.status.code(), Some(1), "one that is named must be there");
}
