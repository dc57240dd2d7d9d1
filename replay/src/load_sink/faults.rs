//! What goes wrong on purpose: which request fails, how, and how long answers take.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use measure::{BadQuantity, read_time};

/// A share of all requests, from 0 to 1. As text: `0.5%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(f64);

impl FromStr for Share {
    type Err = BadQuantity;

    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        let percent: Option<f64> = text.strip_suffix('%').and_then(|number| number.parse().ok());
        let share = percent.filter(|percent| (0.0..=100.0).contains(percent));
        let wrong = || BadQuantity::new(text, "a share, such as 0.5%, from 0% to 100%");
        share.map(|percent| Self(percent / 100.0)).ok_or_else(wrong)
    }
}

/// How long answers take: always the same, or anything between two times. As text: `2ms`,
/// `1ms..5ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    least: Duration,
    most: Duration,
}

impl FromStr for Latency {
    type Err = BadQuantity;

    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (read_time(least)?, read_time(most)?);
        if least > most {
            return Err(BadQuantity::new(text, "a time, or a lower and a higher one: 1ms..5ms"));
        }
        Ok(Self { least, most })
    }
}

/// What a sink does to requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// How long answers take.
    pub latency: Latency,
    /// Answered with 500.
    pub errors: Share,
    /// Answered with 503 or 429.
    pub busy: Share,
    /// The connection is reset, half of them before and half of them after the request took effect.
    pub resets: Share,
    /// Never answered, half of them before and half of them after the request took effect.
    pub hangs: Share,
    /// Where chance begins: the same faults hit the same requests, counted as they come.
    pub seed: u64,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It takes effect and is answered.
    Answered,
    /// 500.
    Error,
    /// 503, to be tried again.
    Unavailable,
    /// 429, to be tried again.
    TooMany,
    /// Reset.
    Reset {
        /// Whether it took effect first.
        applied: bool,
    },
    /// Never answered.
    Hung {
        /// Whether it took effect first.
        applied: bool,
    },
}

impl Fate {
    /// Whether the request takes effect.
    pub fn applies(self) -> bool {
        match self {
            Self::Answered => true,
            Self::Reset { applied } | Self::Hung { applied } => applied,
            Self::Error | Self::Unavailable | Self::TooMany => false,
        }
    }
}

/// Draws fates, one a request.
#[derive(Debug)]
pub struct Fates {
    faults: Faults,
    drawn: AtomicU64,
}

impl Fates {
    /// Of these faults.
    pub fn new(faults: Faults) -> Self {
        Self { faults, drawn: AtomicU64::new(0) }
    }

    /// The next request's fate, and how long it takes.
    pub fn draw(&self) -> (Fate, Duration) {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let bits = scatter(self.faults.seed ^ scatter(number));
        (self.fate(unit(bits), bits & 1 == 0), self.wait(unit(scatter(bits))))
    }

    fn fate(&self, chance: f64, either: bool) -> Fate {
        let faults = &self.faults;
        let fates = [
            (faults.errors, Fate::Error),
            (faults.busy, if either { Fate::Unavailable } else { Fate::TooMany }),
            (faults.resets, Fate::Reset { applied: either }),
            (faults.hangs, Fate::Hung { applied: either }),
        ];
        let mut reached = 0.0;
        for (Share(share), fate) in fates {
            reached += share;
            if chance < reached {
                return fate;
            }
        }
        Fate::Answered
    }

    fn wait(&self, chance: f64) -> Duration {
        let Latency { least, most } = self.faults.latency;
        least + most.saturating_sub(least).mul_f64(chance)
    }
}

/// The finalizer of `SplitMix64`: spreads neighbouring numbers over all 64 bits.
fn scatter(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// From 0, inclusive, to 1, exclusive.
#[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_gets_its_share() {
        let share = |text: &str| text.parse::<Share>().unwrap();
        let faults = Faults {
            latency: "1ms..5ms".parse().unwrap(),
            errors: share("10%"),
            busy: share("20%"),
            resets: share("10%"),
            hangs: share("10%"),
            seed: 7,
        };
        let fates = Fates::new(faults);
        let drawn: Vec<_> = (0..10_000).map(|_| fates.draw()).collect();
        let count = |fate| drawn.iter().filter(|(drawn, _)| *drawn == fate).count();
        let about = |fate, expected: usize| {
            let count = count(fate);
            assert!(count.abs_diff(expected) < 150, "{fate:?}: {count}, expected {expected}");
        };
        about(Fate::Answered, 5_000);
        about(Fate::Error, 1_000);
        about(Fate::Unavailable, 1_000);
        about(Fate::TooMany, 1_000);
        about(Fate::Reset { applied: true }, 500);
        about(Fate::Reset { applied: false }, 500);
        about(Fate::Hung { applied: true }, 500);
        about(Fate::Hung { applied: false }, 500);
        let (least, most) = (Duration::from_millis(1), Duration::from_millis(5));
        assert!(drawn.iter().all(|(_, wait)| (least..=most).contains(wait)));
    }

    #[test]
    fn shares_and_latencies_are_typed_with_units() {
        assert_eq!("0.5%".parse(), Ok(Share(0.005)));
        assert!("0.5".parse::<Share>().is_err());
        assert!("101%".parse::<Share>().is_err());
        let both = Duration::from_millis(2);
        assert_eq!("2ms".parse(), Ok(Latency { least: both, most: both }));
        assert!("5ms..1ms".parse::<Latency>().is_err());
    }
}
