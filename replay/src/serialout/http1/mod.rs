//! HTTP/1.1 as a client that sends recorded requests (RFC 9112): a request is bytes that were made
//! before, and an answer is read only as far as it must be.
//!
//! Why not a library's client: strict order leaves one thread to send, so what a request costs there
//! bounds the rate. Heads and chunk sizes are parsed by `httparse`.

mod answer;
mod body;
mod connection;

pub(super) use answer::Answer;
pub(super) use connection::{Connection, Unanswered};
