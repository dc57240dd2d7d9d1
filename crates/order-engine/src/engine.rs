//! The engine of one partition: it decides, it evolves, it keeps the venues.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use order_domain::event::CommandDeadLettered;
use order_domain::{
    Command, Decision, Event, Offset, OrderId, Partition, Position, Timestamp, TradingEvent,
    VenueId,
};

use crate::market::Market;
use crate::market::bounds::MarketBounds;
use crate::market::view::MarketView;
use crate::shop::Shop;

/// What an engine is told besides its records. Engines that shall agree need equal settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineSettings {
    /// How many of its newest orders a shop remembers, to know a repeated command. About 70 bytes
    /// of memory each.
    pub idempotency_window_orders: NonZeroU32,
    /// What bounds each market.
    pub market: MarketBounds,
}

impl EngineSettings {
    /// 16,384 orders a shop, and the default bounds of a market.
    pub const DEFAULT: Self = Self {
        idempotency_window_orders: NonZeroU32::new(16_384).expect("not zero"),
        market: MarketBounds::DEFAULT,
    };
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self::DEFAULT
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
    pub(crate) shops: BTreeMap<VenueId, Shop>,
    pub(crate) markets: BTreeMap<VenueId, Market>,
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
            shops: BTreeMap::new(),
            markets: BTreeMap::new(),
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

    /// The time of the last decision; 0 before the first.
    pub const fn clock(&self) -> Timestamp {
        self.clock
    }

    /// Where the command stands that placed this order; `None` where no venue remembers the order.
    pub fn placed_at(&self, order_id: OrderId) -> Option<Offset> {
        let by_shop = self.shops.values().find_map(|shop| shop.placed_at(order_id));
        by_shop.or_else(|| self.markets.values().find_map(|market| market.placed_at(order_id)))
    }

    /// What becomes of `command`, which stands at `source` of `orders` since `recorded_at`. The
    /// state does not change before the decision is given to [`evolve`](Self::evolve).
    pub fn decide(&self, source: Offset, recorded_at: Timestamp, command: Command) -> Decision {
        let events = match command {
            Command::NewOrder(order) => vec![match self.shops.get(&order.venue) {
                Some(shop) => shop.decide(order),
                None => Shop::decide_first(order),
            }],
            Command::Trading(command) => match self.markets.get(&command.venue) {
                Some(market) => market.decide(command),
                None => Market::new(self.settings.market).decide(command),
            },
        };
        self.decision(source, recorded_at, events)
    }

    /// A look at a market; `None` where no command has come to it yet.
    pub fn market(&self, venue: &VenueId) -> Option<MarketView<'_>> {
        self.markets.get(venue).map(MarketView)
    }

    /// The decision on a record that is no command: `cause` says what is wrong with it.
    pub fn dead_letter(&self, source: Offset, recorded_at: Timestamp, cause: String) -> Decision {
        let event = Event::CommandDeadLettered(CommandDeadLettered { cause });
        self.decision(source, recorded_at, vec![event])
    }

    fn decision(&self, source: Offset, recorded_at: Timestamp, events: Vec<Event>) -> Decision {
        let source = Position::new(self.partition, source);
        Decision { source, at: recorded_at.max(self.clock), events }
    }

    /// Takes `decision` into the state, unless its command was decided before: the first decision
    /// wins.
    pub fn evolve(&mut self, decision: &Decision) -> Evolved {
        if decision.source.offset < self.next_source {
            return Evolved::AlreadyDecided;
        }
        self.next_source = decision.source.offset.next();
        self.clock = self.clock.max(decision.at);
        match decision.events.first() {
            Some(Event::Trading(first)) => self.apply_to_market(first, decision),
            _ => self.apply_to_shops(decision),
        }
        Evolved::Applied
    }

    fn apply_to_market(&mut self, first: &TradingEvent, decision: &Decision) {
        let Some(venue) = first.venue() else { return };
        if !self.markets.contains_key(venue) {
            self.markets.insert(venue.clone(), Market::new(self.settings.market));
        }
        if let Some(market) = self.markets.get_mut(venue) {
            market.evolve(decision.source.offset, &decision.events);
        }
    }

    fn apply_to_shops(&mut self, decision: &Decision) {
        for event in &decision.events {
            let venue = match event {
                Event::OrderAccepted(accepted) => &accepted.order.venue,
                Event::OrderRejected(rejected) => &rejected.order.venue,
                _ => continue,
            };
            if !self.shops.contains_key(venue) {
                let shop = Shop::new(self.settings.idempotency_window_orders);
                self.shops.insert(venue.clone(), shop);
            }
            if let Some(shop) = self.shops.get_mut(venue) {
                shop.evolve(decision.source.offset, event);
            }
        }
    }
}
