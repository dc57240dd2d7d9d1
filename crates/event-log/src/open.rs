//! From a URL to a log.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::kafka::KafkaLog;
use crate::sqlite::SqliteLog;
use crate::{EventLog, LogError};

/// How to reach the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `sqlite:<directory>` or `kafka://host:port[,host:port]`.
    pub url: String,
    /// How long an append may take, queueing included, before it fails.
    pub append_timeout: Duration,
    /// Replicas of the topics that this process creates on Kafka.
    pub kafka_replication: u16,
    /// Further librdkafka properties for every Kafka client, such as `security.protocol`.
    pub kafka_properties: BTreeMap<String, String>,
}

impl LogSettings {
    /// `url` with the defaults of everything else.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            append_timeout: Duration::from_secs(5),
            kafka_replication: 1,
            kafka_properties: BTreeMap::new(),
        }
    }
}

/// Opens the log that the settings' URL names.
pub async fn open(settings: &LogSettings) -> Result<Arc<dyn EventLog>, LogError> {
    if let Some(directory) = settings.url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        return Ok(Arc::new(SqliteLog::open(&PathBuf::from(directory), settings).await?));
    }
    if let Some(brokers) = settings.url.strip_prefix("kafka://") {
        return Ok(Arc::new(KafkaLog::connect(brokers, settings)?));
    }
    Err(LogError::Configuration(format!(
        "{:?} is neither sqlite:<directory> nor kafka://host:port[,host:port]",
        settings.url
    )))
}
