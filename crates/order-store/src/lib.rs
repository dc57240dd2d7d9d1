//! The SQL side: schema, projections, checkpoints, and what readers ask.
//!
//! Ports, and one module a database behind them: [`ProjectionStore`] for the only writer,
//! [`OrderQueries`] and [`trading::TradingQueries`] for readers, [`content::StoreContent`] for who
//! compares stores, [`generations::ProjectionGenerations`] for who rebuilds one. [`open`] picks the
//! adapter by URL. No port assumes sqlx, so that a database with another driver is one more module.
//!
//! What the contract suite checks over every adapter: rows and checkpoints change together or not
//! at all; a checkpoint moves only from where its writer read it; a row is overwritten only by a
//! newer source position; text that is searched for is data, never query syntax.
//!
//! Architecture Invariant: only this crate names sqlx and tiberius.

mod connections;
pub mod content;
mod error;
#[cfg(test)]
mod explained;
pub mod generations;
mod model;
mod moves;
pub mod mssql;
mod multi_row;
pub mod mysql;
mod newest;
mod on_server;
mod open;
mod port;
pub mod postgres;
pub mod projection;
mod reading;
mod rows;
pub mod search;
pub mod sqlite;
mod stored;
pub mod trading;
mod writing;

pub use error::StoreError;
pub use model::{
    Checkpoint, CheckpointMove, Cursor, OrderFilter, OrderRow, OrderStatus, PAGE_ROWS_MAX, Page,
    ParkedSubject, ProjectionBatch, RetryTier, StreamId,
};
pub use moves::Moves;
pub use open::{OrderStore, open, open_generations};
pub use port::{OrderQueries, ProjectionStore};
