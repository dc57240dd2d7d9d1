//! Commands to events to SQL; retry; dead letters.
//!
//! Two roles, each a member of a consumer group of its own, each with one worker a partition:
//!
//! - the [`engine`] reads `orders`, decides every command and appends the decision to the same
//!   partition of `order-events`;
//! - the [`projector`] reads `order-events` and writes rows and checkpoint in one SQL transaction.
//!
//! [`rebuild`] fills the projection once more, beside the one that is read.
//!
//! [`partitions`] starts and stops the workers as the group shares the partitions out.
//!
//! Architecture Invariant: this is the only writer of SQL, and no worker knows of another.

mod clock;
pub mod dead_letters;
pub mod engine;
mod lag;
mod member;
mod one_record;
pub mod partitions;
mod patience;
mod processor;
mod program;
pub mod projector;
pub mod rebuild;
mod runs;
mod settings;
mod state;
mod status;
pub mod time_travel;

pub use clock::Clock;
pub use member::Member;
pub use processor::{Processor, ProcessorError};
pub use program::{LISTEN_DEFAULT, RunError, open_store, run};
pub use settings::{
    DeadLetterLimitSettings, EngineRoleSettings, ProjectorSettings, ReadinessSettings,
};
pub use state::openapi;
pub use status::{Role, Status, WorkerState};
