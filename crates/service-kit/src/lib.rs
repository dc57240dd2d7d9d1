//! What every program needs: configuration, telemetry, health, problems, shutdown.
//!
//! A program's `main` is always the same few lines: parse the flags, [load the
//! settings](config::Settings::load), [start the telemetry](telemetry::start), build a router and
//! [serve](server::serve) it behind the [front door](front_door::front_door) until the [shutdown
//! signal](shutdown::on_signals); what goes wrong on the way [becomes a sentence](exit::exit_code).

mod allocator;
pub mod config;
pub mod docs;
pub mod exit;
pub mod fallback;
pub mod front_door;
pub mod health;
pub mod problem;
pub mod server;
pub mod shutdown;
pub mod telemetry;

pub use problem::Problem;
