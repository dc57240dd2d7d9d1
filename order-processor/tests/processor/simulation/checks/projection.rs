//! The rows are what the effective decisions say, but for the orders that the store never takes: their
//! events are dead letters. No other order waits for anything.

use std::collections::BTreeMap;

use event_log::topics::{ORDER_EVENTS, ORDER_EVENTS_DEAD_LETTERS};
use order_domain::{Decision, Event, Offset, OrderId};
use order_store::{OrderRow, ProjectionStore as _, RetryTier, projection};

use super::Story;
use super::dead_letters::by_origin;
use crate::harness::PARTITION;
use crate::simulation::Simulation;

pub async fn check(story: &Story, simulation: &Simulation) {
    let checkpoint = simulation.checkpoint(&ORDER_EVENTS).await;
    assert_eq!(checkpoint.source_next, Offset(story.orders.len() as u64));
    check_rows(story, simulation);
    check_markets(story, simulation);
    check_dead_letters(story, simulation);
    check_parked(simulation).await;
}

fn check_rows(story: &Story, simulation: &Simulation) {
    let mut expected: BTreeMap<OrderId, OrderRow> = BTreeMap::new();
    for (_, decision) in &story.effective {
        for row in projection::rows_of(decision) {
            if !simulation.refused_for_ever.contains(&row.order_id) {
                expected.insert(row.order_id, row);
            }
        }
    }
    let found = simulation.world.store.all_rows();
    for (found, expected) in found.iter().zip(expected.values()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len(), "as many rows as orders");
}

/// Every change of a market was written. The store itself refuses a change of which an earlier one of
/// the same order is missing.
fn check_markets(story: &Story, simulation: &Simulation) {
    let changes = |decision: &&Decision| {
        projection::market_change(decision).expect("it can be projected").is_some()
    };
    let decisions = story.effective.iter().map(|(_, decision)| decision);
    let sources = decisions.filter(changes).map(|decision| decision.source.offset.0);
    assert_eq!(simulation.world.store.market_sources(), sources.collect::<Vec<_>>());
}

/// What can't be read, and what the store never takes, is there; repeated ones are the same.
fn check_dead_letters(story: &Story, simulation: &Simulation) {
    let topics = simulation.world.topics();
    let dead = by_origin(topics.all(&ORDER_EVENTS_DEAD_LETTERS));
    for record in topics.all(&ORDER_EVENTS).iter().filter(|record| record.stands_as_expected()) {
        let offset = record.position.offset.0;
        let unreadable = Decision::from_json(&record.payload).is_err();
        assert!(!unreadable || dead.contains_key(&offset), "{offset} is not a dead letter");
    }
    for (offset, decision) in &story.effective {
        let is_refused = |order| simulation.refused_for_ever.contains(&order);
        if decision.events.iter().filter_map(Event::order_id).any(is_refused) {
            assert!(dead.contains_key(&offset.0), "{decision:?} is not a dead letter");
        }
    }
}

/// Whatever still waits, waits for somebody to mend the store.
async fn check_parked(simulation: &Simulation) {
    let parked = simulation.world.store.parked(PARTITION).await.expect("the store is there");
    for subject in parked {
        assert_eq!(subject.tier, RetryTier::Dead, "{subject:?} waits for nothing");
        assert!(simulation.refused_for_ever.contains(&subject.order_id), "{subject:?}");
    }
}
