//! What the end-to-end and fault tests share: a [`House`] to run `seriatim` in, a [`Client`] that
//! speaks the purchasing dialect, and the [`proof`] that nothing was lost, doubled or reordered.

mod client;
mod house;
mod mariadb;
pub mod market;
pub mod proof;
pub mod services;
mod small_disk;
mod sql_server;
mod terminal;

pub use client::{Acknowledged, Client, Refused, purchase};
pub use house::{House, Profile, Running, program};
pub use mariadb::Mariadb;
pub use services::Services;
pub use small_disk::{SmallDisk, noise};
pub use sql_server::SqlServer;
pub use terminal::Terminal;
