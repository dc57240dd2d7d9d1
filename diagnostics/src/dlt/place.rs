//! Where a record stands: topic, partition and offset.

use std::fmt;
use std::str::FromStr;

use event_log::Topic;
use order_domain::Position;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A record's place. Written `<topic>/<partition>:<offset>`, for example `orders-dlt/0:17`; that of
/// a dead letter is its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The topic.
    pub topic: Topic,
    /// The position in it.
    pub position: Position,
}

/// A text that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a place is written <topic>/<partition>:<offset>, for example orders-dlt/0:17")]
pub struct InvalidPlace;

impl Place {
    /// The place of `position` in `topic`.
    pub fn new(topic: &Topic, position: Position) -> Self {
        Self { topic: topic.clone(), position }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Padding is for the whole.
        f.pad(&format!("{}/{}", self.topic, self.position))
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (topic, position) = text.split_once('/').ok_or(InvalidPlace)?;
        let topic = Topic::new(topic).map_err(|_| InvalidPlace)?;
        let position = position.parse().map_err(|_| InvalidPlace)?;
        Ok(Self { topic, position })
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        let place: Place = "orders-dlt/0:17".parse().unwrap();
        assert_eq!(place.to_string(), "orders-dlt/0:17");
        assert_eq!(format!("{place:<17}|"), "orders-dlt/0:17  |");
        for text in ["", "orders-dlt", "orders-dlt/0", "/0:17", "a b/0:17", "orders-dlt/0:17/1"] {
            assert_eq!(text.parse::<Place>(), Err(InvalidPlace), "{text:?}");
        }
    }
}
