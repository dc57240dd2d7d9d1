//! Generations of the projection: a new one is filled beside the one that is read, and takes its place
//! at once.
//!
//! The store's URL names its *home*. Generation 1 is what stands there; every later one has a place of its
//! own beside it (a file, a schema). A small table in the home, which is only there once something was
//! rebuilt, says which generation is live. [`open`](crate::open) gives a store that follows it.
//!
//! - [`home`]: what each database brings, and the table;
//! - [`following`]: the store that goes over to the generation that is live;
//! - [`load`]: filling a generation fast.

mod following;
mod home;
mod load;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

pub(crate) use following::follow;
pub(crate) use home::{Entry, Generations, Home, Statement, TABLE, TABLES};
pub use load::BulkLoad;
pub(crate) use load::DEFERRED;

use crate::{OrderStore, StoreError};

/// How often a store that is in use looks which generation is live. As long after a switch the last
/// reader and projector have gone over, and the time of a query.
pub const FOLLOWED_EVERY: Duration = Duration::from_millis(250);

/// Which filling of the projection, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

impl Generation {
    /// What stands where the store's URL points.
    pub const FIRST: Self = Self(1);
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a generation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GenerationState {
    /// It is being filled, or was when that was interrupted.
    Filling,
    /// It is what everybody reads. There is always exactly one.
    Live,
    /// It was live once, and is kept.
    Retired,
    /// It is being removed, or was when that was interrupted.
    Dropping,
}

impl GenerationState {
    const ALL: [Self; 4] = [Self::Filling, Self::Live, Self::Retired, Self::Dropping];

    /// The state's name in SQL and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filling => "filling",
            Self::Live => "live",
            Self::Retired => "retired",
            Self::Dropping => "dropping",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A generation that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerationEntry {
    /// Which.
    pub generation: Generation,
    /// What it is for.
    pub state: GenerationState,
    /// The version of its schema when it was begun; `None` for the first one, which is brought up to
    /// date by whatever build starts.
    pub schema_version: Option<i64>,
}

/// One generation, whichever is live.
#[derive(Clone)]
pub struct GenerationStore {
    /// Its ports.
    pub store: OrderStore,
    /// For who fills it from the beginning.
    pub load: Arc<dyn BulkLoad>,
}

/// What a rebuild needs of a store. Everything that changes something wants the
/// [lock](Self::lock), which only one process has.
#[async_trait]
pub trait ProjectionGenerations: Send + Sync + 'static {
    /// All generations, oldest first.
    async fn list(&self) -> Result<Vec<GenerationEntry>, StoreError>;

    /// The right to change generations; `None` while another process has it. A process that dies loses
    /// it at once, or when its connection is found dead.
    async fn lock(&self) -> Result<Option<GenerationLock>, StoreError>;

    /// The generation that is to be filled: the one whose filling was interrupted, or a new one.
    async fn begin(&self, lock: &GenerationLock) -> Result<Generation, StoreError>;

    /// The ports of one generation, live or not.
    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError>;

    /// Makes `to`, which is filled or was live before, the live one. All or nothing.
    async fn switch(&self, lock: &GenerationLock, to: Generation) -> Result<(), StoreError>;

    /// Removes a generation that isn't live, with all that it holds. Readers that still ask it go over
    /// to the live one.
    async fn remove(&self, lock: &GenerationLock, generation: Generation)
    -> Result<(), StoreError>;
}

/// The right to change generations. Dropping it gives it back.
pub struct GenerationLock {
    _held: Box<dyn Send + Sync>,
}

impl GenerationLock {
    /// Held as long as `held` is.
    pub(crate) fn new(held: impl Send + 'static) -> Self {
        Self { _held: Box::new(Mutex::new(held)) }
    }
}
