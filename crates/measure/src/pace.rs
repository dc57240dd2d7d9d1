//! How fast requests are sent.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::quantity;

/// How fast requests are sent. As text: `original`, `10x`, `5000/s`, `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// With the gaps of the recording, so many times faster.
    Recorded(Speed),
    /// At a fixed rate, evenly.
    Steady(Rate),
    /// As fast as they can be sent.
    Unlimited,
}

/// How many times faster than recorded: above 0, below 1 is slower. As text: `10x`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Speed(f64);

/// Requests a second, above 0. As text: `5000/s`, `300/min`, `10/h`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// Text that is no pace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaceError {
    /// None of the four forms.
    #[error(
        "`{0}` is no pace: expected `original`, a factor like `10x`, a rate like `5000/s`, or `max`"
    )]
    Pace(String),
    /// Not a factor.
    #[error("`{0}` is no speed: expected a number from 0.001 to 1000000 and an x, like `10x`")]
    Speed(String),
    /// Not a rate.
    #[error(
        "`{0}` is no rate: expected a number and its unit, like `5000/s`, `300/min` or `10/h`, at most 10000000/s and at least 1/h"
    )]
    Rate(String),
}

/// Slowest and fastest [`Speed`].
const SPEEDS: std::ops::RangeInclusive<f64> = 0.001..=1e6;
/// Slowest and fastest [`Rate`] a second.
const RATES: std::ops::RangeInclusive<f64> = (1.0 / 3600.0)..=1e7;
/// When no request is intended any more: far beyond any run, and `Instant` still holds it.
const NEVER: Duration = Duration::from_hours(100 * 365 * 24);

impl Pace {
    /// As it was recorded.
    pub const ORIGINAL: Self = Self::Recorded(Speed::ORIGINAL);
}

impl Speed {
    /// As it was recorded.
    pub const ORIGINAL: Self = Self(1.0);

    /// `None` unless from 0.001 to 1,000,000.
    pub fn new(factor: f64) -> Option<Self> {
        SPEEDS.contains(&factor).then_some(Self(factor))
    }

    /// A time of the recording, at this speed. As recorded, it is exact.
    pub(crate) fn shorten(self, time: Duration) -> Duration {
        if self == Self::ORIGINAL {
            return time.min(NEVER);
        }
        seconds(time.as_secs_f64() / self.0)
    }
}

impl Rate {
    /// `None` unless from one an hour to 10,000,000 a second.
    pub fn per_second(rate: f64) -> Option<Self> {
        RATES.contains(&rate).then_some(Self(rate))
    }

    /// Requests a second.
    pub fn as_per_second(self) -> f64 {
        self.0
    }

    /// When the request of this number is due, counted from 0 and since the first.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 requests")]
    pub(crate) fn time_of(self, number: u64) -> Duration {
        seconds(number as f64 / self.0)
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).map_or(NEVER, |time| time.min(NEVER))
}

impl FromStr for Pace {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Self, PaceError> {
        match text {
            "original" => Ok(Self::ORIGINAL),
            "max" => Ok(Self::Unlimited),
            _ if text.ends_with('x') => text.parse().map(Self::Recorded),
            _ if text.contains('/') => text.parse().map(Self::Steady),
            _ => Err(PaceError::Pace(text.to_owned())),
        }
    }
}

impl FromStr for Speed {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Self, PaceError> {
        let factor = text.strip_suffix('x').and_then(quantity::number);
        factor.and_then(Self::new).ok_or_else(|| PaceError::Speed(text.to_owned()))
    }
}

impl FromStr for Rate {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Self, PaceError> {
        let rate = quantity::rate(text).and_then(Self::per_second);
        rate.ok_or_else(|| PaceError::Rate(text.to_owned()))
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recorded(Speed::ORIGINAL) => f.write_str("original"),
            Self::Recorded(speed) => speed.fmt(f),
            Self::Steady(rate) => rate.fmt(f),
            Self::Unlimited => f.write_str("max"),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x", self.0)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}
