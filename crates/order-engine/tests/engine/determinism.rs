//! The same records give the same state: from the beginning, from a snapshot, after a crash, and
//! with a deposed engine that repeats what is there.

use std::num::NonZeroU32;

use crate::given_when_then::purchase;
use order_domain::{Command, Decision, Money, Offset, Partition, Timestamp};
use order_engine::{Engine, EngineSettings, Evolved, SnapshotError};
use proptest::prelude::*;

const WINDOW: u32 = 6;

fn new_engine() -> Engine {
    Engine::new(Partition(3), settings())
}

fn settings() -> EngineSettings {
    let idempotency_window_orders = NonZeroU32::new(WINDOW).unwrap();
    EngineSettings { idempotency_window_orders, ..EngineSettings::DEFAULT }
}

/// One record of `orders`: a purchase that may repeat, conflict or break a rule, or no command.
#[derive(Clone, Debug)]
enum Sent {
    Purchase { number: u32, shard: u8, cents_off: i64 },
    Garbage,
}

fn sent() -> impl Strategy<Value = (Sent, i64)> {
    let one = prop_oneof![
        9 => (0_u32..12, 0_u8..3, 0_i64..3)
            .prop_map(|(number, shard, cents_off)| Sent::Purchase { number, shard, cents_off }),
        1 => Just(Sent::Garbage),
    ];
    (one, 0_i64..1_000)
}

fn decide(engine: &Engine, offset: usize, (sent, at): &(Sent, i64)) -> Decision {
    let source = Offset(offset as u64);
    match sent {
        Sent::Garbage => engine.dead_letter(source, Timestamp(*at), "no command".into()),
        Sent::Purchase { number, shard, cents_off } => {
            let mut order = purchase(*number);
            order.venue = order_domain::VenueId::new(format!("shop/{shard}")).unwrap();
            order.total =
                Money::from_minor(order.total.minor() + cents_off, order.total.currency());
            engine.decide(source, Timestamp(*at), Command::NewOrder(order))
        }
    }
}

fn run(log: &[(Sent, i64)]) -> (Engine, Vec<Decision>) {
    let mut engine = new_engine();
    let mut decisions = Vec::new();
    for (offset, record) in log.iter().enumerate() {
        let decision = decide(&engine, offset, record);
        assert_eq!(engine.evolve(&decision), Evolved::Applied);
        decisions.push(decision);
    }
    (engine, decisions)
}

proptest! {
    #[test]
    fn a_second_run_decides_the_same(log in prop::collection::vec(sent(), 0..80)) {
        let (first, decisions) = run(&log);
        let (second, again) = run(&log);
        prop_assert_eq!(decisions, again);
        prop_assert_eq!(first.state_hash(), second.state_hash());
    }

    #[test]
    fn a_snapshot_and_the_events_since_give_the_same_state(
        log in prop::collection::vec(sent(), 1..80),
        at in any::<prop::sample::Index>(),
    ) {
        let (whole, decisions) = run(&log);
        let at = at.index(log.len());
        let (partial, _) = run(&log[..at]);
        let mut restored = Engine::restore(Partition(3), settings(), &partial.snapshot()).unwrap();
        prop_assert_eq!(restored.state_hash(), partial.state_hash());
        prop_assert_eq!(restored.next_source(), Offset(at as u64));
        for decision in &decisions[at..] {
            restored.evolve(decision);
        }
        prop_assert_eq!(restored.state_hash(), whole.state_hash());
        prop_assert_eq!(restored.snapshot(), whole.snapshot());
    }

    /// What a deposed engine publishes late or twice changes nothing.
    #[test]
    fn the_first_decision_wins(
        log in prop::collection::vec(sent(), 1..40),
        repeats in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
    ) {
        let (whole, decisions) = run(&log);
        let mut published: Vec<(usize, Decision)> = decisions.iter().cloned().enumerate().collect();
        for (from, to) in repeats {
            let from = from.index(decisions.len());
            let to = from + to.index(decisions.len() - from);
            let place = published.iter().position(|(number, _)| *number == to).unwrap() + 1;
            published.insert(place, (usize::MAX, decisions[from].clone()));
        }
        let mut reader = new_engine();
        for (_, decision) in &published {
            reader.evolve(decision);
        }
        prop_assert_eq!(reader.state_hash(), whole.state_hash());
    }

    #[test]
    fn a_damaged_snapshot_is_refused(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let (engine, _) = run(&[(Sent::Purchase { number: 1, shard: 0, cents_off: 0 }, 7)]);
        let mut snapshot = engine.snapshot();
        let at = at.index(snapshot.len());
        snapshot[at] ^= flip;
        prop_assert!(Engine::restore(Partition(3), settings(), &snapshot).is_err());
        snapshot[at] ^= flip;
        snapshot.truncate(at);
        prop_assert!(Engine::restore(Partition(3), settings(), &snapshot).is_err());
    }
}

#[test]
fn the_hash_of_a_known_history_is_pinned() {
    let log: Vec<_> = (0..10)
        .map(|number| {
            (Sent::Purchase { number, shard: 1, cents_off: i64::from(number % 2) }, 1_000)
        })
        .collect();
    let (engine, _) = run(&log);
    assert_eq!(
        engine.state_hash().to_string(),
        "1d9d4be4fe894028a159b7b0b95eaeb36bbe4726f588e23d8d3884188c60d125"
    );
}

#[test]
fn a_snapshot_belongs_to_its_partition() {
    let snapshot = new_engine().snapshot();
    let other = Engine::restore(Partition(4), settings(), &snapshot);
    assert!(matches!(other, Err(SnapshotError::OtherPartition(Partition(3)))));
}
