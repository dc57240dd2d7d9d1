//! Where a record stands in the log, and when it was written.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A partition of a topic, counted from 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Partition(pub u32);

/// The place of a record inside its partition, counted from 0 and growing by 1.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Offset(pub u64);

impl Offset {
    /// The first offset of every partition.
    pub const ZERO: Self = Self(0);

    /// The offset right behind this one. No log comes as far as the last one, which is its own next.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A record's place in a topic. Written `<partition>:<offset>`, for example `3:1042`.
///
/// Positions of one partition are ordered; across partitions the order means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The partition.
    pub partition: Partition,
    /// The offset inside the partition.
    pub offset: Offset,
}

impl Position {
    /// The position of `offset` in `partition`.
    pub const fn new(partition: Partition, offset: Offset) -> Self {
        Self { partition, offset }
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z: the time the log gave a record.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

/// A text that is no `<partition>:<offset>`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is written <partition>:<offset>, for example 3:1042")]
pub struct InvalidPosition;

impl From<ParseIntError> for InvalidPosition {
    fn from(_: ParseIntError) -> Self {
        Self
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (partition, offset) = text.split_once(':').ok_or(InvalidPosition)?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(partition) || !digits(offset) {
            return Err(InvalidPosition);
        }
        Ok(Self::new(Partition(partition.parse()?), Offset(offset.parse()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_as_it_was_written() {
        let position = Position::new(Partition(3), Offset(1042));
        assert_eq!(position.to_string(), "3:1042");
        assert_eq!("3:1042".parse(), Ok(position));
    }

    #[test]
    fn anything_else_is_no_position() {
        for text in
            ["", ":", "3", "3:", ":7", "-1:7", "+1:7", "3:7:9", "a:b", "3:99999999999999999999"]
        {
            assert_eq!(text.parse::<Position>(), Err(InvalidPosition), "{text:?}");
        }
    }
}
