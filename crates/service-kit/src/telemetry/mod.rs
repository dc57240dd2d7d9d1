//! What a process tells about itself: logs on stderr, metrics at `/metrics`.

mod logs;
mod metrics;

pub use self::metrics::Metrics;

use crate::config::{ConfigError, TelemetrySettings};

/// Starts logs alone, for a program that does its work and ends: nobody asks it for metrics.
pub fn start_logs(settings: &TelemetrySettings) -> Result<(), ConfigError> {
    logs::start(settings)
}

/// Starts logs and metrics for the whole process. Further calls (several programs in one process,
/// tests) change nothing and give the same metrics.
pub fn start(settings: &TelemetrySettings) -> Result<Metrics, ConfigError> {
    logs::start(settings)?;
    Ok(Metrics::install())
}
