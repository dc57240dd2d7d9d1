//! What this program allows.

use std::time::Duration;

use order_domain::{ShopShards, VenueId};
use serde::Deserialize;
use service_kit::config::{ConfigError, Settings, millis};

use crate::intake::Venues;
use crate::trading::seed::Seed;

/// Bodies up to this size always become records that fit the log; a test holds it against the
/// worst body.
pub const BODY_BYTES_LIMIT: usize = 262_144;

/// The section `[producer]`; `seriatim.default.toml` describes each key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProducerSettings {
    /// The largest request body, at most [`BODY_BYTES_LIMIT`].
    pub body_bytes_max: usize,
    /// How long a body may take to arrive.
    #[serde(rename = "body_read_timeout_ms", deserialize_with = "millis")]
    pub body_read_timeout: Duration,
    /// Requests that are at work at once, from their head to the log's acknowledgement.
    pub requests_max: usize,
    /// How long a further request waits for its turn.
    #[serde(rename = "queue_timeout_ms", deserialize_with = "millis")]
    pub queue_timeout: Duration,
    /// What `Retry-After` says, in seconds.
    pub retry_after_s: u64,
    /// The longest wait for an outcome.
    #[serde(rename = "wait_max_ms", deserialize_with = "millis")]
    pub wait_max: Duration,
    /// Requests that wait for an outcome at once.
    pub waiters_max: usize,
    /// How long the events of a partition are followed after the last request that waited.
    #[serde(rename = "tail_idle_ms", deserialize_with = "millis")]
    pub tail_idle: Duration,
    /// Idempotency keys that are remembered.
    pub idempotency_keys_max: usize,
}

impl ProducerSettings {
    /// Reads and checks the section.
    pub fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let section: Self = settings.section("producer")?;
        if section.body_bytes_max > BODY_BYTES_LIMIT {
            let cause = format!("a record holds the order of at most {BODY_BYTES_LIMIT} bytes");
            return Err(ConfigError::invalid("producer.body_bytes_max", cause));
        }
        Ok(section)
    }
}

/// Where commands go.
pub(crate) fn venues(settings: &Settings) -> Result<Venues, ConfigError> {
    let common = settings.common();
    let shards = ShopShards::new(common.topics.shop_shards)
        .map_err(|error| ConfigError::invalid("topics.shop_shards", error))?;
    let market = VenueId::of_market(common.trading.market.as_str())
        .map_err(|error| ConfigError::invalid("trading.market", error))?;
    Ok(Venues { shards, market })
}

/// What the market is seeded with, if with anything.
pub(crate) fn seed(settings: &Settings) -> Result<Option<Seed>, ConfigError> {
    let path = &settings.common().trading.seed;
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let wrong =
        |error| ConfigError::invalid("trading.seed", format!("{}: {error}", path.display()));
    Seed::read(path).map(Some).map_err(wrong)
}
