//! Between which bounds each number may be. Zero stands only where it has a meaning.

use std::fmt::Display;

use figment::Figment;
use figment::value::{Num, Value};

use super::ConfigError;

/// 100 years: longer than anybody waits.
const FOR_EVER_MS: i64 = 100 * 365 * 24 * HOUR_MS;
const HOUR_MS: i64 = 3_600_000;
/// What a process may be expected to hold of small things.
const MANY: i64 = 1_000_000;
const GIB: i64 = 1 << 30;

/// Every number of the default file, with the least and the largest that is allowed. Of a list, every
/// member is meant.
const BOUNDS: &[(&str, i64, i64)] = &[
    ("append_timeout_ms", 1, HOUR_MS),
    ("kafka.replication", 1, 1_000),
    ("topics.partitions", 1, 4_096),
    ("topics.shop_shards", 1, 65_536),
    // 0: for ever.
    ("topics.retention_ms", 0, FOR_EVER_MS),
    // 0: all.
    ("topics.retention_bytes", 0, i64::MAX),
    ("http.connections_max", 1, MANY),
    ("http.header_read_timeout_ms", 1, HOUR_MS),
    // 0: cut off at once.
    ("http.shutdown_grace_ms", 0, HOUR_MS),
    ("producer.body_bytes_max", 1, GIB),
    ("producer.body_read_timeout_ms", 1, HOUR_MS),
    ("producer.requests_max", 1, MANY),
    // 0: refuse at once.
    ("producer.queue_timeout_ms", 0, HOUR_MS),
    ("producer.retry_after_s", 1, 86_400),
    // 0, and of the waiters: never wait for an outcome.
    ("producer.wait_max_ms", 0, HOUR_MS),
    ("producer.waiters_max", 0, MANY),
    ("producer.tail_idle_ms", 1, 24 * HOUR_MS),
    // 0: leave it to the engine.
    ("producer.idempotency_keys_max", 0, 100 * MANY),
    ("processor.ready_lag_records_max", 1, i64::MAX),
    ("engine.batch_records", 1, MANY),
    ("engine.batch_bytes", 1, GIB),
    ("engine.snapshot_every_commands", 1, i64::MAX),
    ("engine.snapshot_every_ms", 1, FOR_EVER_MS),
    ("engine.idempotency_window_orders", 1, 100 * MANY),
    // 0: stop at the first.
    ("engine.dead_letters.records_max", 0, MANY),
    ("engine.dead_letters.of_last", 1, 100 * MANY),
    ("projector.batch_records", 1, MANY),
    ("projector.batch_bytes", 1, GIB),
    ("projector.retry_delays_ms", 1, 7 * 24 * HOUR_MS),
    ("projector.dead_letters.records_max", 0, MANY),
    ("projector.dead_letters.of_last", 1, 100 * MANY),
    // 0: answer from what is there.
    ("query.wait_max_ms", 0, HOUR_MS),
    ("query.waiters_max", 1, MANY),
];

/// Refuses a number outside its bounds. What is no number at all is told when it is read.
pub(super) fn check(figment: &Figment) -> Result<(), ConfigError> {
    for &(key, least, largest) in BOUNDS {
        let Ok(value) = figment.find_value(key) else { continue };
        let outside = numbers(&value)
            .into_iter()
            .find(|number| !(i128::from(least)..=i128::from(largest)).contains(number));
        if let Some(number) = outside {
            return Err(refused(
                figment,
                key,
                format!("{number} is not within {least} to {largest}"),
            ));
        }
    }
    Ok(())
}

fn refused(figment: &Figment, key: &str, cause: impl Display) -> ConfigError {
    let source_name = figment
        .find_metadata(key)
        .map_or_else(|| "the configuration".to_owned(), |metadata| metadata.name.to_string());
    ConfigError::Value { source_name, key: key.to_owned(), cause: cause.to_string() }
}

/// The numbers of a value; a text that holds one counts, because it would be read as one.
fn numbers(value: &Value) -> Vec<i128> {
    match value {
        Value::Array(_, members) => members.iter().flat_map(numbers).collect(),
        Value::String(_, text) => text.trim().parse().into_iter().collect(),
        Value::Num(_, number) => integer(*number).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn integer(number: Num) -> Option<i128> {
    match number.to_u128() {
        Some(number) => Some(i128::try_from(number).unwrap_or(i128::MAX)),
        None => number.to_i128(),
    }
}

#[cfg(test)]
mod tests {
    use figment::value::Dict;

    use super::super::{CommonArgs, DEFAULTS, Settings};
    use super::*;

    fn numbers_of(prefix: &str, table: &Dict, found: &mut Vec<String>) {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            match value.as_dict() {
                Some(inner) => numbers_of(&format!("{key}."), inner, found),
                None if !numbers(value).is_empty() => found.push(key),
                None => {}
            }
        }
    }

    fn load(key: &str, number: i128) -> Result<(), String> {
        let variable = format!("SERIATIM_{}", key.to_uppercase().replace('.', "__"));
        let text = match key {
            "projector.retry_delays_ms" => format!("[1000, {number}]"),
            _ => number.to_string(),
        };
        Settings::load_with(&CommonArgs::default(), "", [(variable, text)])
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_number_of_the_default_file_has_bounds() {
        let defaults = super::super::settings::parse(DEFAULTS).unwrap();
        let mut found = Vec::new();
        numbers_of("", &defaults, &mut found);
        found.sort();
        let mut bounded: Vec<_> = BOUNDS.iter().map(|&(key, ..)| key.to_owned()).collect();
        bounded.sort();
        assert_eq!(found, bounded);
    }

    #[test]
    fn what_is_outside_is_refused_by_the_name_of_its_key() {
        for &(key, least, largest) in BOUNDS {
            for number in [i128::from(least) - 1, i128::from(largest) + 1] {
                let refused = load(key, number).unwrap_err();
                assert!(refused.contains(&format!("{key:?}: {number} is not within")), "{refused}");
                assert!(refused.starts_with("environment variable SERIATIM_"), "{refused}");
            }
            assert_eq!(load(key, i128::from(least)), Ok(()), "{key}");
        }
    }

    #[test]
    fn a_number_in_quotes_is_no_way_around_its_bounds() {
        let text = "\"0\"".to_owned();
        let variables = [("SERIATIM_PRODUCER__REQUESTS_MAX".to_owned(), text)];
        assert!(Settings::load_with(&CommonArgs::default(), "", variables).is_err());
    }
}
