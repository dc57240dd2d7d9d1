//! Times as people type them.

use std::time::Duration;

use jiff::SignedDuration;

/// Reads a time with its unit: `250ms`, `30s`, `2m`, `1h 30m`.
pub fn time(text: &str) -> Result<Duration, String> {
    let time = text.parse::<SignedDuration>().ok().and_then(|time| time.try_into().ok());
    time.ok_or_else(|| format!("`{text}`: expected a time with its unit, such as 30s or 2m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(time("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert!(time("2").is_err() && time("-2s").is_err());
    }
}
