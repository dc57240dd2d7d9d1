//! What tells how it is doing, and proves that nothing was lost: `diagnostics top` and `check` beside the
//! real program, and what Prometheus and Grafana are told to ask it.

mod check;
mod damage;
mod monitoring;
#[path = "../dead_letters/poison.rs"]
mod poison;
mod top;
mod unread;
