//! The same records give the same state: from the beginning, from any snapshot, after a crash, and
//! with a deposed engine that repeats what is there. The records are of shops and of a market, and
//! some are no commands.

use std::num::NonZeroU32;

use crate::given_when_then::purchase;
use crate::market::random::{opening, request};
use crate::market::words::venue;
use order_domain::trading::{CommandId, Request};
use order_domain::{
    Command, Decision, Money, NewOrder, Offset, Partition, Timestamp, TradingCommand, VenueId,
};
use order_engine::{Engine, EngineSettings, Evolved, MarketBounds, SnapshotError};
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

const WINDOW: u32 = 6;

fn new_engine() -> Engine {
    Engine::new(Partition(3), settings())
}

/// Everything that is remembered is soon forgotten.
fn settings() -> EngineSettings {
    let few = |number| NonZeroU32::new(number).unwrap();
    let market = MarketBounds {
        commands_remembered: few(20),
        closed_orders_remembered: few(5),
        ..MarketBounds::DEFAULT
    };
    EngineSettings { idempotency_window_orders: few(WINDOW), market }
}

/// One record of `orders`.
#[derive(Clone, Debug)]
enum Sent {
    /// A purchase that may repeat, conflict or break a rule.
    Purchase { number: u32, shard: u8, cents_off: i64 },
    /// A command of a market, of this id.
    Trading(u128, Request),
    /// No command.
    Garbage,
}

impl Sent {
    fn command(&self) -> Option<Command> {
        match self {
            Self::Purchase { number, shard, cents_off } => {
                Some(Command::NewOrder(of_shard(*number, *shard, *cents_off)))
            }
            Self::Trading(id, request) => Some(Command::Trading(TradingCommand {
                command_id: CommandId(Uuid::from_u128(*id)),
                venue: venue(),
                idempotency_key: None,
                trace_parent: None,
                request: request.clone(),
            })),
            Self::Garbage => None,
        }
    }
}

fn of_shard(number: u32, shard: u8, cents_off: i64) -> NewOrder {
    let mut order = purchase(number);
    order.venue = VenueId::new(format!("shop/{shard}")).unwrap();
    order.total = Money::from_minor(order.total.minor() + cents_off, order.total.currency());
    order
}

/// A record and its time.
type Record = (Sent, i64);

/// A log of at least `least` records behind those that make the market. Its trading commands have the
/// numbers from 1 on as ids, and amend and cancel by them; some come again.
fn log(least: usize) -> impl Strategy<Value = Vec<Record>> {
    let purchase = (0_u32..12, 0_u8..3, 0_i64..3)
        .prop_map(|(number, shard, cents_off)| Sent::Purchase { number, shard, cents_off });
    let sent = prop_oneof![
        4 => purchase.prop_map(Ok),
        8 => request().prop_map(|request| Ok(Sent::Trading(0, request))),
        1 => Just(Ok(Sent::Garbage)),
        1 => any::<Index>().prop_map(Err),
    ];
    prop::collection::vec((sent, 0_i64..1_000), least..80).prop_map(|records| {
        let opening = (1_000..).zip(opening());
        let mut log: Vec<Record> =
            opening.map(|(id, request)| (Sent::Trading(id, request), 0)).collect();
        for (id, (sent, at)) in (1..).zip(records) {
            let sent = match sent {
                Ok(Sent::Trading(_, request)) => Sent::Trading(id, request),
                Ok(other) => other,
                Err(again) => again.get(&log).0.clone(),
            };
            log.push((sent, at));
        }
        log
    })
}

fn decide(engine: &Engine, offset: usize, (sent, at): &Record) -> Decision {
    let (source, at) = (Offset(offset as u64), Timestamp(*at));
    match sent.command() {
        Some(command) => engine.decide(source, at, command),
        None => engine.dead_letter(source, at, "no command".into()),
    }
}

fn run(log: &[Record]) -> (Engine, Vec<Decision>) {
    let mut engine = new_engine();
    let mut decisions = Vec::new();
    for (offset, record) in log.iter().enumerate() {
        let decision = decide(&engine, offset, record);
        assert_eq!(engine.evolve(&decision), Evolved::Applied);
        decisions.push(decision);
    }
    (engine, decisions)
}

fn restored(engine: &Engine) -> Engine {
    Engine::restore(Partition(3), settings(), &engine.snapshot()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_second_run_decides_the_same(log in log(0)) {
        let (first, decisions) = run(&log);
        let (second, again) = run(&log);
        prop_assert_eq!(decisions, again);
        prop_assert_eq!(first.state_hash(), second.state_hash());
    }

    /// Whenever a snapshot is taken: who goes on from it decides the same, and who follows the
    /// decisions of others from it comes to the same.
    #[test]
    fn an_engine_restored_from_any_snapshot_goes_on_as_one_from_the_beginning(
        log in log(1),
        every in 1_usize..25,
    ) {
        let (mut whole, mut deciding) = (new_engine(), new_engine());
        let mut following: Vec<Engine> = Vec::new();
        for (offset, record) in log.iter().enumerate() {
            if offset.is_multiple_of(every) {
                prop_assert_eq!(deciding.snapshot(), whole.snapshot());
                deciding = restored(&deciding);
                prop_assert_eq!(deciding.next_source(), Offset(offset as u64));
                prop_assert_eq!(deciding.outcomes(), whole.outcomes());
                following.push(deciding.clone());
            }
            let decision = decide(&whole, offset, record);
            prop_assert_eq!(&decide(&deciding, offset, record), &decision);
            let read = Decision::from_json(&decision.to_json()).unwrap();
            whole.evolve(&decision);
            deciding.evolve(&decision);
            for engine in &mut following {
                engine.evolve(&read);
            }
        }
        for engine in following.iter().chain([&deciding]) {
            prop_assert_eq!(engine.state_hash(), whole.state_hash());
            prop_assert_eq!(engine.snapshot(), whole.snapshot());
        }
    }

    /// What a deposed engine publishes late or twice changes nothing.
    #[test]
    fn the_first_decision_wins(
        log in log(1),
        repeats in prop::collection::vec((any::<Index>(), any::<Index>()), 0..20),
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
    fn a_damaged_snapshot_is_refused(at in any::<Index>(), flip in 1_u8..) {
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
