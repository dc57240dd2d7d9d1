//! HTTP/1.1 as a client that sends requests made beforehand (RFC 9112): a request is bytes, and an
//! answer is read only as far as it must be.
//!
//! Why not a library's client: what a request costs on the one thread that sends bounds the rate of a
//! replay in strict order, and of a load. Heads and chunk sizes are parsed by `httparse`.
//!
//! Architecture Invariant: it spawns nothing and tries nothing again. Who waits for an answer moves
//! the connection on; what becomes of a failure is its users' affair.

mod answer;
mod body;
mod client;
mod connection;
mod failure;
mod request;
mod target;
mod tls;

pub use answer::{Answer, BODY_BYTES_MAX, Keep};
pub use client::{Client, Exchanged};
pub use connection::{Connection, Unanswered};
pub use failure::Failure;
pub use request::{Prepared, Unsendable, Wire};
pub use target::{TargetError, TargetUrl};
pub use tls::{Tls, tls_config, tls_trusting_nobody};
