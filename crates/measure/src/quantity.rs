//! Numbers with units, as people type and read them.

use std::time::Duration;

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
pub(crate) fn show_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (unit, scale) = match seconds {
        ..1e-3 => ("µs", 1e6),
        ..1.0 => ("ms", 1e3),
        _ => ("s", 1.0),
    };
    format!("{} {unit}", three_digits(seconds * scale))
}

/// At least three digits: `1.23`, `12.3`, `123`, `1,234`.
pub(crate) fn three_digits(value: f64) -> String {
    match value.abs() {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => grouped(&format!("{value:.0}")),
    }
}

/// A count with a comma before every three digits.
pub(crate) fn show_count(count: u64) -> String {
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
