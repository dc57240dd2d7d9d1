//! What librdkafka says by the way: its log, and its last error.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

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

/// The facility of lost and refused connections. Every client of the process repeats them many times
/// a second while a broker is away; whoever waits for the broker says so, once.
const CONNECTION_FAILURES: &str = "FAIL";

impl ClientContext for Reporting {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            _ if facility == CONNECTION_FAILURES => {
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
