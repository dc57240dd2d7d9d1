//! Structured logs on stderr.

use std::io::{IsTerminal as _, Write, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::fmt;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{ConfigError, LogFormat, TelemetrySettings};

/// Sends the logs of this process to `out`, which is stderr, unless somebody else took them already.
pub(super) fn start<Out, Writer>(settings: &TelemetrySettings, out: Out) -> Result<(), ConfigError>
where
    Out: Fn() -> Writer + Send + Sync + 'static,
    Writer: Write,
{
    // By default a failed write is reported on stderr, and panics where that is what failed.
    let builder =
        fmt().with_env_filter(filter(settings)?).with_writer(out).log_internal_errors(false);
    // `try_init` fails when a subscriber is there already: it stays.
    let _ = match settings.format {
        LogFormat::Text => builder.with_ansi(colours()).finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    };
    Ok(())
}

fn filter(settings: &TelemetrySettings) -> Result<EnvFilter, ConfigError> {
    if std::env::var_os(EnvFilter::DEFAULT_ENV).is_some_and(|value| !value.is_empty()) {
        return EnvFilter::try_from_default_env()
            .map_err(|error| ConfigError::invalid(EnvFilter::DEFAULT_ENV, error));
    }
    EnvFilter::try_new(&settings.filter)
        .map_err(|error| ConfigError::invalid("telemetry.filter", error))
}

/// Colours are for people who did not ask for none (<https://no-color.org>).
fn colours() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
