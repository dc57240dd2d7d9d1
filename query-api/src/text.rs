//! How times and positions look as text, in answers and, where clients send them back, in requests.

use std::fmt;

use order_domain::{Position, Timestamp};
use serde::{Serialize, Serializer};

/// A time as RFC 3339 writes it: UTC, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rfc3339(pub(crate) Timestamp);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.0;
        // Years beyond 9999 have no RFC 3339 form: the last time that has one stands for them.
        let beyond = if millis < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(beyond);
        write!(f, "{time:.3}")
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes a position as `<partition>:<offset>`.
pub(crate) fn position<S: Serializer>(
    position: &Position,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_text() {
        for (millis, text) in [
            (0, "\"1970-01-01T00:00:00.000Z\""),
            (1_793_611_800_007, "\"2026-11-02T09:30:00.007Z\""),
            (-1, "\"1969-12-31T23:59:59.999Z\""),
            (i64::MAX, "\"9999-12-30T22:00:00.999Z\""),
        ] {
            assert_eq!(serde_json::to_string(&Rfc3339(Timestamp(millis))).unwrap(), text);
        }
        assert!(serde_json::to_string(&Rfc3339(Timestamp(i64::MIN))).is_ok());
    }
}
