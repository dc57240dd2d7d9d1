//! The store as one worker sees it.

use std::sync::Arc;

use async_trait::async_trait;
use order_domain::Partition;
use order_store::{
    Checkpoint, ParkedSubject, ProjectionBatch, ProjectionStore, StoreError, StreamId,
};

use super::calls::{Call, Caller};
use super::fate::Fate;
use super::world::World;

pub struct SimulatedStore {
    pub world: Arc<World>,
    pub caller: Caller,
}

impl SimulatedStore {
    async fn fate_of(&self, call: Call) -> Fate {
        self.world.calls.fate_of(self.caller, call).await
    }

    async fn answers(&self, call: Call) -> Result<(), StoreError> {
        match self.fate_of(call).await {
            Fate::Works => Ok(()),
            _ => Err(away()),
        }
    }
}

fn away() -> StoreError {
    StoreError::Unavailable("the simulation wants it so".to_owned())
}

#[async_trait]
impl ProjectionStore for SimulatedStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        unreachable!("the schema is there")
    }

    async fn set_partitions(&self, _: &str, _: u32) -> Result<(), StoreError> {
        unreachable!("the schema is there")
    }

    async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        self.answers(Call::Checkpoint).await?;
        self.world.store.checkpoint(stream).await
    }

    async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError> {
        self.answers(Call::Parked).await?;
        self.world.store.parked(partition).await
    }

    async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        let fate = self.fate_of(Call::Apply).await;
        if fate == Fate::Fails {
            return Err(away());
        }
        let done = self.world.store.apply(batch).await;
        if fate == Fate::FailsAfterwards {
            return Err(away());
        }
        self.fate_of(Call::Answer).await;
        done
    }

    async fn check(&self) -> Result<(), StoreError> {
        unreachable!("a worker asks for no probe")
    }
}
