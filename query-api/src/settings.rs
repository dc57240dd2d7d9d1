//! The section `[query]` of the configuration.

use std::time::Duration;

use serde::Deserialize;
use service_kit::config::{ConfigError, Settings, millis};

/// The section `[query]`; `seriatim.default.toml` describes each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuerySettings {
    /// The longest that a read waits for its `Seriatim-Position`.
    #[serde(rename = "wait_max_ms", deserialize_with = "millis")]
    pub wait_max: Duration,
    /// How many reads may wait at once.
    pub waiters_max: usize,
}

impl QuerySettings {
    /// Reads the section.
    pub fn of(settings: &Settings) -> Result<Self, ConfigError> {
        settings.section("query")
    }
}

#[cfg(test)]
mod tests {
    use service_kit::config::CommonArgs;

    use super::*;

    #[test]
    fn the_default_file_has_every_key() {
        let settings = Settings::load_with(&CommonArgs::default(), "127.0.0.1:8002", []).unwrap();
        let query = QuerySettings::of(&settings).unwrap();
        assert_eq!(query.wait_max, Duration::from_secs(5));
        assert_eq!(query.waiters_max, 1_024);
    }
}
