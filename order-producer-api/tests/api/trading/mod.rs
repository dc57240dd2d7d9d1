//! The trading dialect, over a log in memory with the real engine behind it.

mod bad_requests;
mod bodies;
mod changing;
mod idempotency;
mod market;
mod placing;
mod pressure;
mod records;
mod running;
mod seeding;
