//! Every command has exactly one effective decision, that of an engine which nothing ever disturbed; a
//! command that comes again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use event_log::Record;
use order_domain::wire::DecodeError;
use order_domain::{Command, Decision, Event, Offset, TradingEvent};
use order_engine::{Engine, EngineSettings};

use super::Story;
use crate::harness::PARTITION;
use crate::simulation::other_build::is_otherwise;

/// The first decision on every source, of those that stand where they were expected. There is no gap
/// between the sources, because whoever publishes a decision has seen all before it.
pub fn effective(order_events: &[Record]) -> Vec<(Offset, Decision)> {
    let mut effective: Vec<(Offset, Decision)> = Vec::new();
    for record in order_events.iter().filter(|record| record.stands_as_expected()) {
        let Ok(decision) = Decision::from_json(&record.payload) else { continue };
        let (source, next) = (decision.source.offset.0, effective.len() as u64);
        assert!(source <= next, "a decision on {source} stands where one on {next} must");
        if source == next {
            effective.push((record.position.offset, decision));
        }
    }
    effective
}

/// An engine that decides all from the beginning, and decides just so: but for what one of another
/// build decided first, which it follows.
pub fn undisturbed(
    orders: &[(Record, Result<Command, DecodeError>)],
    effective: &[(Offset, Decision)],
    settings: EngineSettings,
) -> Engine {
    assert_eq!(effective.len(), orders.len(), "every command is decided");
    let mut engine = Engine::new(PARTITION, settings);
    for ((record, command), (_, effective)) in orders.iter().zip(effective) {
        let (source, at) = (record.position.offset, record.timestamp);
        if !is_otherwise(effective) {
            let undisturbed = match command {
                Ok(command) => engine.decide(source, at, command.clone()),
                Err(error) => engine.dead_letter(source, at, error.to_string()),
            };
            assert_eq!(*effective, undisturbed);
        }
        engine.evolve(effective);
    }
    engine
}

/// Of all commands of one id the first is decided; the others say so, or that they are not the same.
/// What another build has decided counts for nothing here: its rules are its own.
pub fn check(story: &Story) {
    let mut first_of: BTreeMap<_, (Offset, &Command)> = BTreeMap::new();
    let mut others = BTreeSet::new();
    for ((record, command), (_, decision)) in story.orders.iter().zip(&story.effective) {
        let Ok(command) = command else { continue };
        if is_otherwise(decision) {
            others.insert(command.command_id());
        }
        if others.contains(&command.command_id()) {
            continue;
        }
        let (offset, event) = (record.position.offset, &decision.events[0]);
        assert_eq!(event.command_id(), Some(command.command_id()), "the decision on {offset}");
        let again = Again::of(event);
        match first_of.get(&command.command_id()) {
            None => {
                assert_eq!(again, Again::No, "the command at {offset} comes for the first time");
                first_of.insert(command.command_id(), (offset, command));
            }
            Some((first, same)) if *same == command => assert_eq!(again, Again::Same(*first)),
            Some((first, _)) => assert_eq!(again, Again::Altered(*first)),
        }
    }
}

/// What a decision says of an earlier command of the same id.
#[derive(Debug, PartialEq, Eq)]
enum Again {
    No,
    Same(Offset),
    Altered(Offset),
}

impl Again {
    const fn of(event: &Event) -> Self {
        match event {
            Event::NewOrderRepeated(event) => Self::Same(event.first),
            Event::NewOrderConflicted(event) => Self::Altered(event.first),
            Event::Trading(TradingEvent::CommandRepeated(event)) => Self::Same(event.first),
            Event::Trading(TradingEvent::CommandConflicted(event)) => Self::Altered(event.first),
            _ => Self::No,
        }
    }
}
