//! What is no command is a dead letter, and nothing else is. Crashes may repeat one; the position that it
//! names tells.

use std::collections::BTreeMap;

use event_log::Record;
use event_log::topics::ORDERS_DEAD_LETTERS;
use order_domain::Event;

use super::Story;
use crate::simulation::Simulation;
use crate::simulation::other_build::is_otherwise;

pub fn check(story: &Story, simulation: &Simulation) {
    let topics = simulation.world.topics();
    let dead = by_origin(topics.all(&ORDERS_DEAD_LETTERS));
    for ((record, command), (_, decision)) in story.orders.iter().zip(&story.effective) {
        let offset = record.position.offset.0;
        if is_otherwise(decision) {
            continue;
        }
        let is_dead = matches!(decision.events[..], [Event::CommandDeadLettered(_)]);
        assert_eq!(is_dead, command.is_err(), "the decision on {offset}");
        match dead.get(&offset) {
            Some(letter) => {
                assert!(is_dead, "the command at {offset} is no dead letter");
                assert_eq!(letter.payload, record.payload);
            }
            None => assert!(!is_dead, "the record at {offset} is not among the dead letters"),
        }
    }
    assert!(dead.keys().all(|offset| *offset < story.orders.len() as u64));
}

/// Records that were set aside, by the offset at which they stood first; repeated ones are the same.
pub fn by_origin(set_aside: &[Record]) -> BTreeMap<u64, &Record> {
    let mut by_origin: BTreeMap<u64, &Record> = BTreeMap::new();
    for record in set_aside {
        let offset = record.headers.get("kafka_dlt-original-offset").expect("it names its origin");
        let offset = u64::from_be_bytes(offset.as_ref().try_into().expect("8 bytes"));
        let earlier = by_origin.entry(offset).or_insert(record);
        assert_eq!(earlier.payload, record.payload, "two records of one origin");
    }
    by_origin
}
