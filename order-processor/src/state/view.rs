//! The engines' outcomes as JSON.

use order_engine::{OutcomeHash, VenueOutcomes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::live::EngineOutcomes;

/// What the engines of a process came to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = State)]
pub(super) struct StateView {
    /// SHA-256 over the hashes of all venues by name: 64 hex digits.
    #[schema(example = "9b3f1b3c0c2c4b0b8f0a6c3a1d0e5f7a9b3f1b3c0c2c4b0b8f0a6c3a1d0e5f7a")]
    outcome_hash: String,
    /// How many orders that is over.
    orders: usize,
    /// The partitions of this process, ascending.
    partitions: Vec<PartitionView>,
}

/// One partition.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PartitionState)]
struct PartitionView {
    /// The partition of the topic `orders`.
    partition: u32,
    /// The offset of the first command that is not decided.
    next_source: u64,
    /// Its venues, by name.
    venues: Vec<VenueView>,
}

/// One venue.
#[derive(Serialize, ToSchema)]
#[schema(as = VenueState)]
struct VenueView {
    /// The venue's name.
    #[schema(example = "shop/7")]
    venue: String,
    /// How many orders the hash is over.
    orders: usize,
    /// SHA-256 over its orders, oldest first: id, fingerprint, outcome. 64 hex digits.
    #[schema(example = "9b3f1b3c0c2c4b0b8f0a6c3a1d0e5f7a9b3f1b3c0c2c4b0b8f0a6c3a1d0e5f7a")]
    hash: String,
}

impl StateView {
    pub(super) fn of(engines: &[EngineOutcomes]) -> Self {
        let venues = || engines.iter().flat_map(|engine| &engine.venues);
        Self {
            outcome_hash: OutcomeHash::of_venues(venues()).to_string(),
            orders: venues().map(|of| of.orders).sum(),
            partitions: engines.iter().map(PartitionView::of).collect(),
        }
    }
}

impl PartitionView {
    fn of(engine: &EngineOutcomes) -> Self {
        Self {
            partition: engine.partition.0,
            next_source: engine.next_source.0,
            venues: engine.venues.iter().map(VenueView::of).collect(),
        }
    }
}

impl VenueView {
    fn of(of: &VenueOutcomes) -> Self {
        Self { venue: of.venue.to_string(), orders: of.orders, hash: of.hash.to_string() }
    }
}
