//! The engine's state as bytes, and their hash.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use order_domain::event::Outcome;
use order_domain::{Fingerprint, Offset, OrderId, Partition, RejectionReason, Timestamp, VenueId};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::idempotency_window::{IdempotencyWindow, Remembered};
use crate::shop::Shop;
use crate::{Engine, EngineSettings};

/// Leads every snapshot; the last byte is the version of the format.
const MAGIC: &[u8; 8] = b"seriat\0\x01";

/// SHA-256 over the state in its canonical form. Written as 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StateHash(pub [u8; 32]);

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why bytes are no snapshot that this engine can take. The log still has everything.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not a snapshot, or one of a version that this build does not read.
    #[error("not a snapshot that this build reads")]
    Foreign,
    /// Cut off or changed.
    #[error("the snapshot is damaged")]
    Damaged,
    /// Of another partition.
    #[error("the snapshot is of partition {0}")]
    OtherPartition(Partition),
}

/// The canonical form: venues by name, each venue's orders oldest first.
#[derive(Serialize, Deserialize)]
struct State<V> {
    partition: Partition,
    next_source: Offset,
    clock: Timestamp,
    venues: V,
}

/// Venues as they are written: one by one, because a copy of all would take as much memory again.
struct Venues<'a>(&'a BTreeMap<VenueId, Shop>);

impl Serialize for Venues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(id, shop)| (id, Window(&shop.window))))
    }
}

/// A venue's orders as they are written, oldest first.
struct Window<'a>(&'a IdempotencyWindow);

impl Serialize for Window<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(WindowEntry::from))
    }
}

/// An order of a venue's window.
#[derive(Serialize, Deserialize)]
struct WindowEntry<'a> {
    order_id: OrderId,
    fingerprint: [u8; 16],
    first: Offset,
    /// The reason's code, which never changes its meaning; `None` where the order was accepted.
    #[serde(borrow)]
    rejected: Option<Cow<'a, str>>,
}

impl From<&Remembered> for WindowEntry<'static> {
    fn from(order: &Remembered) -> Self {
        let rejected = match order.outcome {
            Outcome::Accepted => None,
            Outcome::Rejected { reason } => Some(Cow::Borrowed(reason.code())),
        };
        let fingerprint = order.fingerprint.0;
        Self { order_id: order.order_id, fingerprint, first: order.first, rejected }
    }
}

impl WindowEntry<'_> {
    fn remembered(self) -> Result<Remembered, SnapshotError> {
        let outcome = match self.rejected {
            None => Outcome::Accepted,
            Some(code) => Outcome::Rejected {
                reason: RejectionReason::from_code(&code).ok_or(SnapshotError::Foreign)?,
            },
        };
        let fingerprint = Fingerprint(self.fingerprint);
        Ok(Remembered { order_id: self.order_id, fingerprint, first: self.first, outcome })
    }
}

impl Engine {
    /// The state as bytes: 8 of magic and version, the state, and the SHA-256 of the state.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = self.canonical(MAGIC.to_vec());
        let digest = Sha256::digest(&bytes[MAGIC.len()..]);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// Equal for equal histories, on every machine.
    pub fn state_hash(&self) -> StateHash {
        StateHash(Sha256::digest(self.canonical(Vec::new())).into())
    }

    fn canonical(&self, bytes: Vec<u8>) -> Vec<u8> {
        let state = State {
            partition: self.partition,
            next_source: self.next_source,
            clock: self.clock,
            venues: Venues(&self.venues),
        };
        postcard::to_extend(&state, bytes).expect("the state is plain data and a Vec grows")
    }

    /// The engine that [`snapshot`](Self::snapshot) was taken of. Where the window has become
    /// smaller since, the oldest orders are forgotten.
    pub fn restore(
        partition: Partition,
        settings: EngineSettings,
        snapshot: &[u8],
    ) -> Result<Self, SnapshotError> {
        let body = snapshot.strip_prefix(MAGIC).ok_or(SnapshotError::Foreign)?;
        let (state, digest) = body.split_last_chunk::<32>().ok_or(SnapshotError::Damaged)?;
        if <[u8; 32]>::from(Sha256::digest(state)) != *digest {
            return Err(SnapshotError::Damaged);
        }
        let state: State<Vec<(VenueId, Vec<WindowEntry<'_>>)>> =
            postcard::from_bytes(state).map_err(|_| SnapshotError::Damaged)?;
        if state.partition != partition {
            return Err(SnapshotError::OtherPartition(state.partition));
        }
        let mut engine = Self::new(partition, settings);
        engine.next_source = state.next_source;
        engine.clock = state.clock;
        for (venue, orders) in state.venues {
            let mut shop = Shop::new(settings.idempotency_window_orders);
            for order in orders {
                shop.window.remember(order.remembered()?);
            }
            engine.venues.insert(venue, shop);
        }
        Ok(engine)
    }
}
