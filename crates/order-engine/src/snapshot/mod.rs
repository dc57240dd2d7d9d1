//! The engine's state as bytes, and their hash.

mod each;
mod window;

use std::fmt;

use order_domain::{Offset, Partition, Timestamp, VenueId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use self::each::Each;
pub(crate) use self::window::WindowEntry;
use crate::market::snapshot::{MarketRecord, written};
use crate::shop::Shop;
use crate::{Engine, EngineSettings};

/// Leads every snapshot; the last byte is the version of the format. (Version 2 was never released.)
const MAGIC: &[u8; 8] = b"seriat\0\x03";
/// Led the snapshots of version 1, which had no markets and ended where those begin now.
const MAGIC_WITHOUT_MARKETS: &[u8; 8] = b"seriat\0\x01";

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

/// The canonical form begins with this; the markets follow, by name.
#[derive(Serialize, Deserialize)]
struct State<S> {
    partition: Partition,
    next_source: Offset,
    clock: Timestamp,
    /// By name, each shop's orders oldest first.
    shops: S,
}

/// As it is read.
type ReadState<'a> = State<Vec<(VenueId, Vec<WindowEntry<'a>>)>>;

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
        let shops = || {
            self.shops.iter().map(|(venue, shop)| {
                let orders = || shop.window.iter().map(WindowEntry::new);
                (venue, Each(shop.window.len(), orders))
            })
        };
        let state = State {
            partition: self.partition,
            next_source: self.next_source,
            clock: self.clock,
            shops: Each(self.shops.len(), shops),
        };
        let markets = || self.markets.iter().map(|(venue, market)| (venue, written(market)));
        let markets = Each(self.markets.len(), markets);
        postcard::to_extend(&(state, markets), bytes)
            .expect("the state is plain data and a Vec grows")
    }

    /// The engine that [`snapshot`](Self::snapshot) was taken of. Where a window has become
    /// smaller since, the oldest entries are forgotten.
    pub fn restore(
        partition: Partition,
        settings: EngineSettings,
        snapshot: &[u8],
    ) -> Result<Self, SnapshotError> {
        let (magic, body) = snapshot.split_first_chunk::<8>().ok_or(SnapshotError::Foreign)?;
        let has_markets = match magic {
            MAGIC => true,
            MAGIC_WITHOUT_MARKETS => false,
            _ => return Err(SnapshotError::Foreign),
        };
        let (state, digest) = body.split_last_chunk::<32>().ok_or(SnapshotError::Damaged)?;
        if <[u8; 32]>::from(Sha256::digest(state)) != *digest {
            return Err(SnapshotError::Damaged);
        }
        let (state, rest): (ReadState<'_>, _) =
            postcard::take_from_bytes(state).map_err(|_| SnapshotError::Damaged)?;
        if state.partition != partition {
            return Err(SnapshotError::OtherPartition(state.partition));
        }
        let mut engine = Self::new(partition, settings);
        engine.next_source = state.next_source;
        engine.clock = state.clock;
        for (venue, orders) in state.shops {
            let mut shop = Shop::new(settings.idempotency_window_orders);
            for order in orders {
                order.remember(&mut shop.window)?;
            }
            engine.shops.insert(venue, shop);
        }
        if has_markets {
            let markets: Vec<(VenueId, MarketRecord<'_>)> =
                postcard::from_bytes(rest).map_err(|_| SnapshotError::Damaged)?;
            for (venue, market) in markets {
                engine.markets.insert(venue, market.restore(settings.market)?);
            }
        }
        Ok(engine)
    }
}
