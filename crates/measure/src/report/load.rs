//! What a report tells of a load beyond what every run has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Times;
use crate::Latencies;

/// What was asked of a target, and what it answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadFigures {
    /// How many requests should have been sent; `None` where each waits for the one before.
    pub asked: Option<u64>,
    /// How much load when, in order.
    pub stages: Vec<StageFigures>,
    /// Answers, by HTTP status.
    pub statuses: BTreeMap<u16, u64>,
    /// Answers that say what is wrong, by the `type` of their problem (RFC 9457).
    pub problems: BTreeMap<String, u64>,
    /// Bytes of requests, heads included; `None` where nobody counted.
    pub bytes_sent: Option<u64>,
    /// Bytes of answers, heads included; where oha counted, of bodies alone.
    pub bytes_received: u64,
    /// The kinds of requests, where there are several.
    pub tasks: Vec<TaskFigures>,
    /// What a reader must know before trusting the figures.
    pub warnings: Vec<String>,
}

/// A stretch of a load, between two moments at which its level is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StageFigures {
    /// As it was typed.
    pub name: String,
    /// When it begins, since the beginning of the run.
    pub from_seconds: f64,
    /// How long it is.
    pub seconds: f64,
    /// The level at its beginning.
    pub from: f64,
    /// The level at its end; between the two it is a straight line.
    pub to: f64,
    /// What the level counts.
    pub unit: LevelUnit,
}

/// What the level of a load counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LevelUnit {
    /// Requests a second that are begun, whatever the answers take.
    PerSecond,
    /// Users, each of whom waits for an answer before the next request.
    Users,
}

/// One kind of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskFigures {
    /// Its name.
    pub name: String,
    /// How many ended.
    pub requests: u64,
    /// How many of those failed.
    pub failed: u64,
    /// From the intended start to the end, of all that ended.
    pub latency_us: Option<Times>,
}

impl TaskFigures {
    /// Of these latencies, failed ones included.
    pub fn new(name: impl Into<String>, failed: u64, latencies: &Latencies) -> Self {
        let (requests, latency_us) = (latencies.count(), Times::of(latencies));
        Self { name: name.into(), requests, failed, latency_us }
    }
}
