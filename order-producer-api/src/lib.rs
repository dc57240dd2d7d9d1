//! HTTP in, commands on the log.
//!
//! A request becomes a command of the domain in its *dialect* ([`purchasing`], [`trading`]), which
//! translates and decides nothing. Everything behind is the same for all dialects: the [`Intake`] appends the
//! command, answers when the log has made it durable, and waits for the outcome where the client
//! prefers that.
//!
//! No state is kept that another copy of this program would need: the memory of idempotency keys
//! only lets an answer come sooner that the engine would give later.
//!
//! Architecture Invariant: no SQL, and no way to learn what became of a command but its events.

mod admission;
mod answer;
mod api;
mod body;
mod first_decision;
mod headers;
mod intake;
mod json;
mod meters;
mod outcome;
mod prefer;
pub mod purchasing;
mod recent_keys;
mod run;
mod settings;
mod submission;
mod tail;
pub mod trading;
mod watcher;
mod wishes;

pub use api::ProducerApi;
pub use intake::Intake;
pub use run::{LISTEN_DEFAULT, RunError, run};
pub use settings::{BODY_BYTES_LIMIT, ProducerSettings};
