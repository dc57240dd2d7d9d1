//! The engine of one partition: it decides, it evolves, it keeps the venues.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use order_domain::event::CommandDeadLettered;
use order_domain::{Command, Decision, Event, Offset, Partition, Position, Timestamp, VenueId};

use crate::shop::Shop;

/// What an engine is told besides its records. Engines that shall agree need equal settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// How many of its newest orders a venue remembers, to know a repeated command. About 70 bytes
    /// of memory each.
    pub idempotency_window_orders: NonZeroU32,
}

impl Default for EngineSettings {
    fn default() -> Self {
        const ORDERS: NonZeroU32 = NonZeroU32::new(16_384).expect("not zero");
        Self { idempotency_window_orders: ORDERS }
    }
}

/// The state of one partition of `orders`.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) settings: EngineSettings,
    pub(crate) partition: Partition,
    /// The first command that has no decision yet.
    pub(crate) next_source: Offset,
    /// The time of the last decision.
    pub(crate) clock: Timestamp,
    pub(crate) venues: BTreeMap<VenueId, Shop>,
}

/// What [`Engine::evolve`] did with a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evolved {
    /// The state changed.
    Applied,
    /// An earlier record had decided this command already; nothing changed.
    AlreadyDecided,
}

impl Engine {
    /// The engine of `partition` before its first record.
    pub const fn new(partition: Partition, settings: EngineSettings) -> Self {
        Self {
            settings,
            partition,
            next_source: Offset::ZERO,
            clock: Timestamp(0),
            venues: BTreeMap::new(),
        }
    }

    /// The partition whose commands this engine decides.
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// The first command that has no decision yet: where to read on.
    pub const fn next_source(&self) -> Offset {
        self.next_source
    }

    /// What becomes of `command`, which stands at `source` of `orders` since `recorded_at`. The
    /// state does not change before the decision is given to [`evolve`](Self::evolve).
    pub fn decide(&self, source: Offset, recorded_at: Timestamp, command: Command) -> Decision {
        let event = match command {
            Command::NewOrder(order) => match self.venues.get(&order.venue) {
                Some(shop) => shop.decide(order),
                None => Shop::decide_first(order),
            },
        };
        self.decision(source, recorded_at, event)
    }

    /// The decision on a record that is no command: `cause` says what is wrong with it.
    pub fn dead_letter(&self, source: Offset, recorded_at: Timestamp, cause: String) -> Decision {
        self.decision(
            source,
            recorded_at,
            Event::CommandDeadLettered(CommandDeadLettered { cause }),
        )
    }

    fn decision(&self, source: Offset, recorded_at: Timestamp, event: Event) -> Decision {
        let source = Position::new(self.partition, source);
        Decision { source, at: recorded_at.max(self.clock), events: vec![event] }
    }

    /// Takes `decision` into the state, unless its command was decided before: the first decision
    /// wins.
    pub fn evolve(&mut self, decision: &Decision) -> Evolved {
        if decision.source.offset < self.next_source {
            return Evolved::AlreadyDecided;
        }
        self.next_source = decision.source.offset.next();
        self.clock = self.clock.max(decision.at);
        for event in &decision.events {
            self.apply(decision.source.offset, event);
        }
        Evolved::Applied
    }

    fn apply(&mut self, source: Offset, event: &Event) {
        let venue = match event {
            Event::OrderAccepted(accepted) => &accepted.order.venue,
            Event::OrderRejected(rejected) => &rejected.order.venue,
            Event::NewOrderRepeated(_)
            | Event::NewOrderConflicted(_)
            | Event::CommandDeadLettered(_) => return,
        };
        if !self.venues.contains_key(venue) {
            let shop = Shop::new(self.settings.idempotency_window_orders);
            self.venues.insert(venue.clone(), shop);
        }
        if let Some(shop) = self.venues.get_mut(venue) {
            shop.evolve(source, event);
        }
    }
}
