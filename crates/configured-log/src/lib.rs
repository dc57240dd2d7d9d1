//! From the configuration to the log.
//!
//! The log knows of no configuration file, and what reads the configuration knows of no log: this is
//! the one place that knows of both.

use std::path::Path;
use std::sync::Arc;

use event_log::{EventLog, LogError, LogSettings, Retention};
use service_kit::config::{Common, ConfigError, TopicSettings};

/// Why the configured log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no log, or the log can't work as it is configured.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The log itself fails.
    #[error(transparent)]
    Log(LogError),
}

/// Opens the log that the configuration names.
pub async fn open(common: &Common) -> Result<Arc<dyn EventLog>, OpenError> {
    event_log::open(&settings(common)).await.map_err(|error| match error {
        LogError::Configuration(cause) => ConfigError::invalid("log", cause).into(),
        error => OpenError::Log(error),
    })
}

/// [`open`], for who only reads what is there: an embedded log is not begun.
pub async fn open_existing(common: &Common) -> Result<Arc<dyn EventLog>, OpenError> {
    if let Some(directory) = common.log.strip_prefix("sqlite:")
        && !Path::new(directory).is_dir()
    {
        let cause = format!("there is no log in {directory}");
        return Err(ConfigError::invalid("log", cause).into());
    }
    open(common).await
}

fn settings(common: &Common) -> LogSettings {
    LogSettings {
        url: common.log.clone(),
        append_timeout: common.append_timeout,
        kafka_replication: common.kafka.replication.get(),
        kafka_properties: common.kafka.properties.clone(),
    }
}

/// How long the records of topics stay that are created.
pub const fn retention(topics: &TopicSettings) -> Retention {
    Retention { age: topics.retention, bytes: topics.retention_bytes }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use service_kit::config::{CommonArgs, Settings};

    use super::*;

    fn load(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Settings::load_with(&CommonArgs::default(), "127.0.0.1:0", variables).expect("settings")
    }

    #[test]
    fn every_setting_of_the_log_arrives() {
        let loaded = load(&[
            ("SERIATIM_LOG", "kafka://broker:9092"),
            ("SERIATIM_APPEND_TIMEOUT_MS", "70"),
            ("SERIATIM_KAFKA__REPLICATION", "3"),
            ("SERIATIM_KAFKA__PROPERTIES__SECURITY__PROTOCOL", "SSL"),
            ("SERIATIM_TOPICS__RETENTION_MS", "1000"),
        ]);
        let log = settings(loaded.common());
        assert_eq!(log.url, "kafka://broker:9092");
        assert_eq!(log.append_timeout, Duration::from_millis(70));
        assert_eq!(log.kafka_replication, 3);
        assert_eq!(log.kafka_properties["security.protocol"], "SSL");
        let kept = retention(&loaded.common().topics);
        assert_eq!(kept, Retention { age: Some(Duration::from_secs(1)), bytes: None });
    }

    #[tokio::test]
    async fn a_url_that_names_no_log_is_the_configurations_fault() {
        for url in ["carrier-pigeon:coop", "sqlite:", "kafka://", ""] {
            let error = open(load(&[("SERIATIM_LOG", url)]).common()).await.err();
            let error = error.expect("no such log");
            assert!(matches!(error, OpenError::Config(_)), "{error}");
            assert!(error.to_string().starts_with("setting \"log\": "), "{error}");
        }
    }
}
