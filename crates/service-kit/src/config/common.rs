//! The settings that every program has.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::values::{dotted, millis, optional_bytes, optional_millis, text};
use super::{ConfigError, LogFormat};

/// What stands for the data directory in the URLs of log and store.
const DATA_DIR: &str = "{data_dir}";

/// The settings that every program has; `seriatim.default.toml` describes each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Common {
    /// Where HTTP is answered, `host:port`.
    #[serde(deserialize_with = "text")]
    pub listen: String,
    /// Where the embedded log and store live.
    #[serde(deserialize_with = "path")]
    pub data_dir: PathBuf,
    /// The log's URL.
    pub log: String,
    /// The store's URL. May hold a password.
    pub store: String,
    /// How long an append may take, queueing included.
    #[serde(rename = "append_timeout_ms", deserialize_with = "millis")]
    pub append_timeout: Duration,
    /// For a log on Kafka.
    pub kafka: KafkaSettings,
    /// How topics are created.
    pub topics: TopicSettings,
    /// The market of the trading dialect.
    pub trading: TradingSettings,
    /// The HTTP server.
    pub http: HttpSettings,
    /// Logs.
    pub telemetry: TelemetrySettings,
}

/// For a log on Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// Replicas of the topics that are created.
    pub replication: NonZeroU16,
    /// Properties for librdkafka, by their own names. May hold passwords.
    #[serde(deserialize_with = "dotted")]
    pub properties: BTreeMap<String, String>,
}

/// How topics are created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicSettings {
    /// Partitions of each.
    pub partitions: NonZeroU32,
    /// Into how many venues the shop is split; the domain bounds it.
    pub shop_shards: u32,
    /// How long records stay; `None` is for ever.
    #[serde(rename = "retention_ms", deserialize_with = "optional_millis")]
    pub retention: Option<Duration>,
    /// Bytes of a partition that stay; `None` is all.
    #[serde(deserialize_with = "optional_bytes")]
    pub retention_bytes: Option<u64>,
}

/// The market of the trading dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradingSettings {
    /// Its venue; the domain bounds what that may be called.
    #[serde(deserialize_with = "text")]
    pub market: String,
    /// A file of what it has from the beginning; empty is none.
    #[serde(deserialize_with = "path")]
    pub seed: PathBuf,
}

/// What the HTTP server allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Open connections.
    pub connections_max: NonZeroUsize,
    /// How long a request's head may take to arrive; also how long an idle connection stays.
    #[serde(rename = "header_read_timeout_ms", deserialize_with = "millis")]
    pub header_read_timeout: Duration,
    /// How long accepted requests may take to finish after the signal to stop.
    #[serde(rename = "shutdown_grace_ms", deserialize_with = "millis")]
    pub shutdown_grace: Duration,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Directives of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// How logs are written.
    pub format: LogFormat,
}

fn path<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    text(deserializer).map(PathBuf::from)
}

impl Common {
    /// Puts the data directory where the URLs have `{data_dir}`. One that would mean something else there is
    /// refused.
    pub(super) fn resolve(mut self) -> Result<Self, ConfigError> {
        let data_dir = self.data_dir.to_string_lossy();
        for url in [&mut self.log, &mut self.store] {
            if url.contains(DATA_DIR) && data_dir.contains(['%', '?']) {
                let cause = format!(
                    "a URL can't hold the '%' or '?' of {data_dir:?}; choose another directory, or give \
                     `log` and `store` in full"
                );
                return Err(ConfigError::invalid("data_dir", cause));
            }
            *url = url.replace(DATA_DIR, &data_dir);
        }
        Ok(self)
    }
}
