//! What every program needs: configuration, telemetry, health, problems, shutdown.
//!
//! A program's `main` only says what is its own and [runs](program::run): flags, [settings](config),
//! [telemetry]. Its work is to build a router and [serve](server::serve) it behind the [front
//! door](front_door::front_door) until the [shutdown signal](shutdown::on_signals); what goes wrong on
//! the way [becomes a sentence](exit::exit_code).

mod allocator;
pub mod config;
pub mod docs;
pub mod exit;
pub mod fallback;
pub mod front_door;
mod head;
pub mod health;
mod open_files;
pub mod parameters;
pub mod prefer;
pub mod problem;
pub mod program;
pub mod server;
pub mod shutdown;
mod stalled;
pub mod telemetry;

pub use problem::Problem;
