//! The events projected anew, into a store of their own: what the real one must hold.

use std::path::Path;

use event_log::Record;
use event_log::topics::ORDER_EVENTS;
use order_domain::Decision;
use order_store::content::ContentView;
use order_store::{OrderStore, ProjectionBatch, StoreError, projection};
use tempfile::TempDir;

use super::kind::Kind;
use super::report::Report;
use crate::dlt::place::Place;

/// The most decisions of one SQL transaction.
const BATCH_DECISIONS: usize = 2_000;

/// A store in a temporary folder, which goes with it.
pub(super) struct Fold {
    store: OrderStore,
    /// Decisions that are not written yet, each with where it stands.
    waiting: Vec<(Place, ProjectionBatch)>,
    folder: TempDir,
}

impl Fold {
    /// An empty one, in `scratch` or where the system has its temporary files.
    pub(super) async fn new(scratch: Option<&Path>) -> anyhow::Result<Self> {
        let folder = match scratch {
            Some(scratch) => TempDir::with_prefix_in("seriatim-check-", scratch)?,
            None => TempDir::with_prefix("seriatim-check-")?,
        };
        let file = folder.path().join("events.sqlite");
        let store = order_store::open(&format!("sqlite:{}", file.display())).await?;
        store.projections.migrate().await?;
        Ok(Self { store, waiting: Vec::new(), folder })
    }

    /// Adds what a decision writes.
    pub(super) async fn add(
        &mut self,
        record: &Record,
        decision: &Decision,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let place = Place::new(&ORDER_EVENTS, record.position);
        let market = match projection::market_change(decision) {
            Ok(market) => market,
            Err(error) => {
                report.found(Kind::UnfitDecision, place, error.to_string());
                return Ok(());
            }
        };
        let orders = projection::rows_of(decision).collect();
        let trading = market.into_iter().collect();
        self.waiting.push((place, ProjectionBatch { orders, trading, ..Default::default() }));
        if self.waiting.len() >= BATCH_DECISIONS { self.write(report).await } else { Ok(()) }
    }

    /// Writes what is left of a partition.
    pub(super) async fn finish_partition(&mut self, report: &mut Report) -> Result<(), StoreError> {
        self.write(report).await
    }

    /// Writes what waits: at once, or where the store refuses that, one by one.
    async fn write(&mut self, report: &mut Report) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut together = ProjectionBatch::default();
        for (_, batch) in &waiting {
            together.orders.extend_from_slice(&batch.orders);
            together.trading.extend_from_slice(&batch.trading);
        }
        match self.store.projections.apply(&together).await {
            Err(StoreError::Refused(_)) => {}
            applied => return applied,
        }
        for (place, batch) in waiting {
            match self.store.projections.apply(&batch).await {
                Err(StoreError::Refused(why)) => report.found(Kind::UnfitDecision, place, why),
                applied => applied?,
            }
        }
        Ok(())
    }

    /// All that was added, and the folder that must outlive it.
    pub(super) async fn view(self) -> Result<(ContentView, TempDir), StoreError> {
        Ok((self.store.content.view().await?, self.folder))
    }
}
