//! Would this build decide as it was decided?

use order_domain::{Command, Decision, Event, Partition};
use order_engine::{Engine, EngineSettings};

use super::kind::Kind;
use super::report::Report;
use crate::dlt::place::Place;

/// An engine that decides every command anew, and follows what was decided.
pub(super) struct Redecided(Engine);

impl Redecided {
    pub(super) const fn new(partition: Partition, settings: EngineSettings) -> Self {
        Self(Engine::new(partition, settings))
    }

    /// The decision on `command`, where that can be read.
    pub(super) fn follow(
        &mut self,
        place: &Place,
        command: Option<Command>,
        decision: &Decision,
        report: &mut Report,
    ) {
        if let Some(command) = command {
            // The decision's time is that of the record, or later: deciding anew, it is the same.
            let anew = self.0.decide(decision.source.offset, decision.at, command);
            if anew != *decision {
                let built = env!("CARGO_PKG_VERSION");
                let (anew, decided) = (names(&anew), names(decision));
                let what = format!("this build, {built}, decides {anew}; it was decided {decided}");
                report.found(Kind::DecidedOtherwise, place, what);
            }
        }
        self.0.evolve(decision);
    }
}

/// What a decision says, by the names of its events.
fn names(decision: &Decision) -> String {
    let names: Vec<_> = decision.events.iter().map(Event::type_name).collect();
    names.join(", ")
}
