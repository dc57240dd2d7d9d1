//! What librdkafka says by the way: its log, and its last error.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

use super::clients::GAPLESS;
use super::failure;
use crate::{LogError, Topic};

/// The last thing that went wrong in the background, such as "connection refused" or
/// "authentication failed". Calls that fail only by time-out quote it, since it is their cause.
#[derive(Clone, Default)]
pub(super) struct LastError(Arc<Mutex<Option<String>>>);

impl LastError {
    fn set(&self, reason: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }

    /// `what`, with the last error behind it where there is one.
    pub(super) fn annotate(&self, what: impl Into<String>) -> String {
        let what = what.into();
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(reason) => format!("{what} (last error: {reason})"),
            None => what,
        }
    }

    /// The error of a call about `topic`.
    pub(super) fn explain(&self, error: &KafkaError, topic: &Topic) -> LogError {
        match failure::of(error, topic) {
            LogError::Unavailable(what) => LogError::Unavailable(self.annotate(what)),
            other => other,
        }
    }
}

/// Sends librdkafka's log to `tracing` and remembers its errors.
#[derive(Clone, Default)]
pub(super) struct Reporting(pub(super) LastError);

/// Whether nobody needs to hear this, though librdkafka warns of it:
///
/// - lost and refused connections: every client of the process repeats them many times a second while
///   a broker is away, and whoever waits for the broker says so, once;
/// - a property that it calls experimental at every start, and that was chosen with care;
/// - a broker that has just started and is asked again.
fn is_noise(facility: &str, message: &str) -> bool {
    match facility {
        "FAIL" => true,
        "CONFWARN" => message.contains(GAPLESS),
        "GETPID" => message.ends_with("retrying"),
        _ => false,
    }
}

impl ClientContext for Reporting {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            _ if is_noise(facility, message) => {
                tracing::debug!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => {
                tracing::error!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, "{message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "librdkafka", facility, "{message}");
            }
            RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "librdkafka", facility, "{message}");
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // "All brokers are down" follows the error that says why; keep that one.
        if error.rdkafka_error_code() != Some(rdkafka::types::RDKafkaErrorCode::AllBrokersDown) {
            self.0.set(reason);
        }
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }
}

impl ConsumerContext for Reporting {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normal_start_is_quiet_and_other_warnings_are_heard() {
        for (facility, message, noise) in [
            ("FAIL", "[thrd:b1]: b1: Connect to ipv4#127.0.0.1:9092 failed: refused", true),
            (
                "CONFWARN",
                "[thrd:app]: Configuration property enable.gapless.guarantee is experimental: ...",
                true,
            ),
            ("CONFWARN", "[thrd:app]: Configuration property sasl.x is deprecated", false),
            (
                "GETPID",
                "[thrd:main]: Failed to acquire idempotence PID from broker b1: Broker: \
                 Coordinator load in progress: retrying",
                true,
            ),
            ("GETPID", "[thrd:main]: Failed to acquire idempotence PID: fatal", false),
            ("FENCED", "[thrd:main]: another has this id", false),
        ] {
            assert_eq!(is_noise(facility, message), noise, "{facility} {message}");
        }
    }
}
