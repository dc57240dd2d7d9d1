//! real program, and what Prometheus and Grafana are told to ask it.

mod monitoring;
#[path = "../dead_letters/poison.rs"]
mod poison;
mod terminal;
mod top;
