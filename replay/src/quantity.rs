//! Times as people type them.

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

/// Reads a time with its unit: `250us`, `2ms`, `1.5s`, `5m`, `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, BadQuantity> {
    let time = text.parse::<SignedDuration>().ok();
    let time = time.and_then(|time| Duration::try_from(time).ok());
    time.ok_or_else(|| BadQuantity::new(text, "a time with its unit, such as 2ms, 1.5s or 5m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        assert!(duration("5").is_err());
        assert!(duration("-5s").is_err());
    }
}
