//! Moments of the past: a position, or a time.

use std::str::FromStr;

use order_domain::{Partition, Position, Timestamp};
use order_engine::Engine;

use super::TimeTravelError;
use crate::engine::restore::Until;

/// A moment of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After all that is decided.
    Now,
    /// After the command at this position of `orders` was decided; its partition alone.
    Position(Position),
    /// After all commands of this time, by the log's clock.
    Time(Timestamp),
}

/// A text that is neither a position nor a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is neither a position of orders, such as 3:1042, nor a time, such as 2026-11-20T14:00:00Z"
)]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        let time: jiff::Timestamp = text.parse().map_err(|_| NoMoment)?;
        Ok(Self::Time(Timestamp(time.as_millisecond())))
    }
}

impl Moment {
    pub(super) const fn until(self) -> Until {
        match self {
            Self::Now => Until::Now,
            Self::Position(position) => Until::Source(position.offset),
            Self::Time(time) => Until::Time(time),
        }
    }

    /// The partitions that it is a moment of, of so many.
    pub(super) fn partitions(self, count: u32) -> Result<Vec<Partition>, TimeTravelError> {
        match self {
            Self::Position(Position { partition, .. }) if partition.0 >= count => {
                Err(TimeTravelError::NoPartition { partition, partitions: count })
            }
            Self::Position(position) => Ok(vec![position.partition]),
            Self::Now | Self::Time(_) => Ok((0..count).map(Partition).collect()),
        }
    }

    /// Makes sure that the engine has come as far as the position.
    pub(super) fn is_reached(self, engine: &Engine) -> Result<(), TimeTravelError> {
        let (partition, next) = (engine.partition(), engine.next_source());
        match self {
            Self::Position(position) if next <= position.offset => {
                Err(TimeTravelError::NotDecided { partition, next })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_position_or_a_time() {
        assert_eq!("3:42".parse(), Ok(Moment::Position("3:42".parse().unwrap())));
        assert_eq!("1970-01-01T00:00:01.5Z".parse(), Ok(Moment::Time(Timestamp(1_500))));
        assert_eq!("1970-01-01T02:00:00+02:00".parse(), Ok(Moment::Time(Timestamp(0))));
        for text in ["", "yesterday", "3:", "2026-11-20", "14:00:00"] {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment), "{text}");
        }
    }
}
