//! What a process tells about itself: logs on stderr, metrics at `/metrics`.

mod logs;
mod metrics;
mod own_row;

use std::io::stderr;

pub use self::metrics::Metrics;
use self::own_row::OwnRow;

use crate::config::{ConfigError, TelemetrySettings};

/// Starts logs alone, for a program that does its work and ends: nobody asks it for metrics. In a
/// terminal a line takes the place of the bar that may be drawn there, which comes again below it.
pub fn start_logs(settings: &TelemetrySettings) -> Result<(), ConfigError> {
    logs::start(settings, OwnRow::new)
}

/// Starts logs and metrics for the whole process. Further calls (several programs in one process,
/// tests) change nothing and give the same metrics.
pub fn start(settings: &TelemetrySettings) -> Result<Metrics, ConfigError> {
    logs::start(settings, stderr)?;
    Ok(Metrics::install())
}
