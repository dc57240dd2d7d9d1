//! Numbers with units, as people type and read them.

use std::time::Duration;

use jiff::SignedDuration;

/// Text that is not what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: expected {expected}")]
pub struct BadQuantity {
    text: String,
    expected: &'static str,
}

impl BadQuantity {
    /// `text` is not `expected`.
    pub fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.to_owned(), expected }
    }
}

/// Ten years: whatever is timed, a clock can still add it.
const TIME_MAX: Duration = Duration::from_hours(10 * 365 * 24);

/// Reads a time with its unit, as people type it: `250us`, `2ms`, `1.5s`, `5m`, `1h 30m`.
pub fn read_time(text: &str) -> Result<Duration, BadQuantity> {
    let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    match time {
        None => Err(BadQuantity::new(text, "a time with its unit, such as 2ms, 1.5s or 5m")),
        Some(time) if time > TIME_MAX => Err(BadQuantity::new(text, "no more than 87600h")),
        Some(time) => Ok(time),
    }
}

/// Units of time and how many seconds they are.
const TIME_UNITS: [(&str, f64); 7] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("min", 60.0),
    ("h", 3600.0),
];
/// Units of a rate and how often they are a second.
const RATE_UNITS: [(&str, f64); 3] = [("/s", 1.0), ("/min", 1.0 / 60.0), ("/h", 1.0 / 3600.0)];

/// A plain decimal number, not negative: digits, perhaps a point and digits. No exponent, no `inf`.
pub(crate) fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let digit = |end: Option<u8>| end.is_some_and(|byte| byte.is_ascii_digit());
    let whole = digit(text.bytes().next()) && digit(text.bytes().last());
    (plain && whole).then(|| text.parse().ok()).flatten()
}

/// A time with its unit, like `50ms`, in seconds.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    with_unit(text, &TIME_UNITS)
}

/// A rate with its unit, like `5000/s`, a second.
pub(crate) fn rate(text: &str) -> Option<f64> {
    with_unit(text, &RATE_UNITS)
}

fn with_unit(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let end = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(text.len());
    let (count, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number(count).map(|number| number * factor)
}

/// A time with three digits and the unit that suits it: `1.23 ms`.
pub fn show_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (unit, scale) = match seconds {
        ..1e-3 => ("µs", 1e6),
        ..1.0 => ("ms", 1e3),
        _ => ("s", 1.0),
    };
    format!("{} {unit}", three_digits(seconds * scale))
}

/// A rate with three digits: `998/s`.
pub fn show_rate(per_second: f64) -> String {
    format!("{}/s", three_digits(per_second))
}

/// At least three digits: `1.23`, `12.3`, `123`, `1,234`.
pub(crate) fn three_digits(value: f64) -> String {
    match value.abs() {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => grouped(&format!("{value:.0}")),
    }
}

/// A count with a comma before every three digits: `1,000,000`.
pub fn show_count(count: u64) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(read_time("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(read_time("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(read_time("1h 30m"), Ok(Duration::from_mins(90)));
        for text in ["5", "-5s", "soon", ""] {
            let refused = read_time(text).unwrap_err().to_string();
            assert!(refused.ends_with("expected a time with its unit, such as 2ms, 1.5s or 5m"));
        }
        assert_eq!(read_time("87600h"), Ok(TIME_MAX));
        assert!(read_time("87601h").unwrap_err().to_string().ends_with("no more than 87600h"));
    }

    #[test]
    fn numbers_are_plain() {
        for (text, expected) in [("0", 0.0), ("12", 12.0), ("0.25", 0.25), ("007", 7.0)] {
            assert_eq!(number(text), Some(expected), "{text}");
        }
        for text in ["", ".", "1.", ".5", "1.2.3", "-1", "+1", "1e3", "inf", "NaN", "1_000", "٣"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn units_are_needed_and_known() {
        assert_eq!(seconds("50ms"), Some(0.05));
        assert_eq!(seconds("2min"), Some(120.0));
        assert_eq!(seconds("1µs"), seconds("1us"));
        assert_eq!(rate("5000/s"), Some(5_000.0));
        assert_eq!(rate("300/min"), Some(5.0));
        for text in ["50", "ms", "50 ms", "50m", "50MS", "-5ms", "1.ms"] {
            assert_eq!(seconds(text), None, "{text}");
        }
        for text in ["50", "/s", "5/", "5/S", "5/d"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[test]
    fn figures_have_three_digits() {
        let nanos = |nanos| show_time(Duration::from_nanos(nanos));
        assert_eq!(nanos(0), "0.00 µs");
        assert_eq!(nanos(1_234), "1.23 µs");
        assert_eq!(nanos(99_951), "100 µs");
        assert_eq!(nanos(12_345_678), "12.3 ms");
        assert_eq!(nanos(3_600_000_000_000), "3,600 s");
        assert_eq!(three_digits(1_234_567.8), "1,234,568");
        assert_eq!(show_count(0), "0");
        assert_eq!(show_count(999), "999");
        assert_eq!(show_count(1_000_000), "1,000,000");
    }
}
