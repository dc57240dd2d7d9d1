//! What holds when a simulation has come to rest.

mod dead_letters;
mod decisions;
mod money;
mod projection;
mod state;

use event_log::Record;
use event_log::topics::{ORDER_EVENTS, ORDERS};
use order_domain::wire::DecodeError;
use order_domain::{Command, Decision, Offset};
use order_engine::{Engine, EngineSettings};

use super::run::Simulation;

/// What the log says.
struct Story {
    /// The records of `orders`, and the command that each is.
    orders: Vec<(Record, Result<Command, DecodeError>)>,
    /// The decision on each: the first in the log on its source, with its offset in `order-events`.
    effective: Vec<(Offset, Decision)>,
    /// An engine that nothing ever disturbed, behind all of it.
    engine: Engine,
    settings: EngineSettings,
}

/// Panics where something does not hold.
pub async fn check(simulation: &Simulation) {
    let story = Story::of(simulation);
    decisions::check(&story);
    money::check(&story);
    dead_letters::check(&story, simulation);
    state::check(&story, simulation).await;
    projection::check(&story, simulation).await;
}

impl Story {
    fn of(simulation: &Simulation) -> Self {
        let topics = simulation.world.topics();
        let read = |record: &Record| (record.clone(), Command::from_json(&record.payload));
        let orders: Vec<_> = topics.all(&ORDERS).iter().map(read).collect();
        let settings = EngineSettings {
            idempotency_window_orders: simulation.settings.engine.idempotency_window_orders,
            ..EngineSettings::DEFAULT
        };
        let effective = decisions::effective(topics.all(&ORDER_EVENTS));
        let engine = decisions::undisturbed(&orders, &effective, settings);
        Self { orders, effective, engine, settings }
    }
}
