//! A store in memory that keeps the port's promises and has the troubles it is told to have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use order_domain::{Offset, OrderId, Partition, Position};
use order_store::trading::MarketChange;
use order_store::{
    Checkpoint, OrderRow, ParkedSubject, ProjectionBatch, ProjectionStore, RetryTier, StoreError,
    StreamId,
};

#[derive(Default)]
pub struct TroubledStore(Mutex<Content>);

#[derive(Default)]
struct Content {
    rows: BTreeMap<OrderId, OrderRow>,
    /// How often each row was written.
    writes: BTreeMap<OrderId, u32>,
    checkpoints: BTreeMap<StreamId, Checkpoint>,
    parked: BTreeMap<OrderId, ParkedSubject>,
    refused: BTreeSet<OrderId>,
    market: MarketContent,
    away: bool,
}

/// What there is of markets. Written change by change, of a copy: a batch is written whole or not.
#[derive(Clone, Default)]
struct MarketContent {
    /// Of each order, the source and the version.
    orders: BTreeMap<OrderId, (Position, u64)>,
    /// The sources of the decisions, as they were written.
    sources: Vec<u64>,
    refused: BTreeSet<u64>,
}

impl MarketContent {
    fn write(&mut self, change: &MarketChange) -> Result<(), StoreError> {
        let source = change.source;
        if self.refused.contains(&source.offset.0) {
            return Err(StoreError::Refused("poison".into()));
        }
        for order in &change.orders {
            let standing = self.orders.get(&order.order_id).copied();
            if standing.is_some_and(|(standing, _)| standing >= source) {
                continue;
            }
            let version = standing.map_or(0, |(_, version)| version);
            if order.placed.is_none() && version != order.version_before {
                return Err(StoreError::Refused("an event in between is missing".into()));
            }
            self.orders.insert(order.order_id, (source, order.progress.version));
        }
        self.sources.push(source.offset.0);
        Ok(())
    }
}

impl TroubledStore {
    /// From now on this order's rows are refused, or no more.
    pub fn refuse(&self, order_id: OrderId, refuse: bool) {
        let refused = &mut self.content().refused;
        if refuse {
            refused.insert(order_id)
        } else {
            refused.remove(&order_id)
        };
    }

    /// From now on what the command at this offset changed of a market is refused, or no more.
    pub fn refuse_source(&self, source: Offset, refuse: bool) {
        let refused = &mut self.content().market.refused;
        if refuse {
            refused.insert(source.0)
        } else {
            refused.remove(&source.0)
        };
    }

    /// The sources of the decisions about markets, as they were written.
    pub fn market_sources(&self) -> Vec<u64> {
        self.content().market.sources.clone()
    }

    /// How many orders are parked.
    pub fn parked_orders(&self) -> usize {
        self.content().parked.len()
    }

    /// From now on nothing answers, or it does again.
    pub fn set_away(&self, away: bool) {
        self.content().away = away;
    }

    pub fn has(&self, order_id: OrderId) -> bool {
        self.content().rows.contains_key(&order_id)
    }

    /// Every row, by order.
    pub fn all_rows(&self) -> Vec<OrderRow> {
        self.content().rows.values().cloned().collect()
    }

    pub fn rows(&self) -> usize {
        self.content().rows.len()
    }

    pub fn writes(&self, order_id: OrderId) -> u32 {
        self.content().writes.get(&order_id).copied().unwrap_or(0)
    }

    /// Where the order is parked.
    pub fn parked_in(&self, order_id: OrderId) -> Option<RetryTier> {
        self.content().parked.get(&order_id).map(|parked| parked.tier)
    }

    pub fn source_next(&self) -> u64 {
        let content = self.content();
        let of_events = |(stream, _): &(&StreamId, &Checkpoint)| stream.topic == "order-events";
        content.checkpoints.iter().find(of_events).map_or(0, |(_, at)| at.source_next.0)
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    fn answering(&self) -> Result<MutexGuard<'_, Content>, StoreError> {
        let content = self.content();
        if content.away { Err(StoreError::Unavailable("away".into())) } else { Ok(content) }
    }
}

#[async_trait]
impl ProjectionStore for TroubledStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        self.answering().map(drop)
    }

    async fn set_partitions(&self, _: &str, _: u32) -> Result<(), StoreError> {
        self.answering().map(drop)
    }

    async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        Ok(self.answering()?.checkpoints.get(stream).copied().unwrap_or_default())
    }

    async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError> {
        let content = self.answering()?;
        let here = content.parked.values().filter(|parked| parked.partition == partition);
        Ok(here.cloned().collect())
    }

    async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        let mut content = self.answering()?;
        for step in &batch.moves {
            let now = content.checkpoints.get(&step.stream).copied().unwrap_or_default();
            if now != step.from {
                return Err(StoreError::CheckpointMoved(step.stream.clone()));
            }
        }
        if batch.orders.iter().any(|row| content.refused.contains(&row.order_id)) {
            return Err(StoreError::Refused("poison".into()));
        }
        let mut market = content.market.clone();
        for change in &batch.trading {
            market.write(change)?;
        }
        content.market = market;
        for step in &batch.moves {
            content.checkpoints.insert(step.stream.clone(), step.to);
        }
        for row in &batch.orders {
            let newer = content.rows.get(&row.order_id).is_none_or(|old| row.source > old.source);
            if newer {
                content.rows.insert(row.order_id, row.clone());
                *content.writes.entry(row.order_id).or_default() += 1;
            }
        }
        for subject in &batch.park {
            content.parked.insert(subject.order_id, subject.clone());
        }
        for (_, order_id) in &batch.unpark {
            content.parked.remove(order_id);
        }
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.answering().map(drop)
    }
}
