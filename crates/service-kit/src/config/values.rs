//! How single settings are read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Reads an integer of milliseconds; for fields whose key ends in `_ms`:
/// `#[serde(rename = "tail_idle_ms", deserialize_with = "service_kit::config::millis")]`.
pub fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

/// Reads an integer of milliseconds, where 0 is no bound.
pub fn optional_millis<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Some(millis(deserializer)?).filter(|duration| !duration.is_zero()))
}

/// Reads an integer of bytes, where 0 is no bound.
pub fn optional_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Some(u64::deserialize(deserializer)?).filter(|&bytes| bytes > 0))
}

/// A text, even where it looks like a number or a boolean, as texts from the environment may.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Integer(i64),
    Flag(bool),
    Float(f64),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Integer(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Float(number) => number.to_string(),
        }
    }
}

/// Reads a text, also from what looks like a number.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Scalar::deserialize(deserializer)
        .map(Scalar::into_text)
        .map_err(|_| serde::de::Error::custom("expected a text"))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Nested {
    Leaf(Scalar),
    Table(BTreeMap<String, Nested>),
}

/// Reads a table of dotted names. `"sasl.password" = "x"` and `sasl.password = "x"` mean the same.
pub(super) fn dotted<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let tree = BTreeMap::<String, Nested>::deserialize(deserializer)
        .map_err(|_| serde::de::Error::custom("expected a table of texts"))?;
    let mut flat = BTreeMap::new();
    flatten("", tree, &mut flat);
    Ok(flat)
}

fn flatten(prefix: &str, tree: BTreeMap<String, Nested>, flat: &mut BTreeMap<String, String>) {
    for (name, value) in tree {
        let name = format!("{prefix}{name}");
        match value {
            Nested::Leaf(scalar) => {
                flat.insert(name, scalar.into_text());
            }
            Nested::Table(inner) => flatten(&format!("{name}."), inner, flat),
        }
    }
}
