//! What this program reads of the configuration: the section `[query]`, and the market's name.

use std::time::Duration;

use order_domain::VenueId;
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

/// The market that the trading dialect shows.
pub(crate) fn market(settings: &Settings) -> Result<VenueId, ConfigError> {
    VenueId::of_market(settings.common().trading.market.as_str())
        .map_err(|error| ConfigError::invalid("trading.market", error))
}

#[cfg(test)]
mod tests {
    use service_kit::config::CommonArgs;

    use super::*;

    #[test]
    fn a_market_that_can_be_no_venue_is_refused_by_its_key() {
        for (name, expected) in [
            ("Main Street", "a venue is"),
            ("shop/7", "\"shop/...\" are the shop's"),
            ("market/..", "a market has no name"),
        ] {
            let variable = ("SERIATIM_TRADING__MARKET".to_owned(), name.to_owned());
            let settings = Settings::load_with(&CommonArgs::default(), "", [variable]).unwrap();
            let error = market(&settings).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("setting \"trading.market\": {expected}")),
                "{error}"
            );
        }
    }

    #[test]
    fn the_default_file_has_every_key() {
        let settings = Settings::load_with(&CommonArgs::default(), "127.0.0.1:8002", []).unwrap();
        let query = QuerySettings::of(&settings).unwrap();
        assert_eq!(query.wait_max, Duration::from_secs(5));
        assert_eq!(query.waiters_max, 1_024);
        assert_eq!(market(&settings).unwrap().as_str(), "market/main");
    }
}
