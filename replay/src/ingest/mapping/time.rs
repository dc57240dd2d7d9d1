//! Times as a source writes them.

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

use crate::ingest::template::Reason;

/// How a source writes times.
#[derive(Debug)]
pub(super) enum TimeFormat {
    Rfc3339,
    /// Units a second.
    Unix(i64),
    Letters {
        letters: String,
        offset: Offset,
    },
}

impl TimeFormat {
    pub(super) fn parse(format: &str, offset: Option<&str>) -> Result<Self, Reason> {
        let unix = match format {
            "unix" => Some(1),
            "unix-ms" => Some(1_000),
            "unix-us" => Some(1_000_000),
            _ => None,
        };
        match (unix, format) {
            (None, letters) if letters.contains('%') => {
                let offset = parse_offset(offset.unwrap_or("+00:00"))?;
                Ok(Self::Letters { letters: letters.to_owned(), offset })
            }
            _ if offset.is_some() => {
                Err(format!("request.at-offset is not for times of format {format:?}"))
            }
            (Some(units), _) => Ok(Self::Unix(units)),
            (None, "rfc3339") => Ok(Self::Rfc3339),
            _ => Err(format!("request.at-format: {format:?} is not known")),
        }
    }

    pub(super) fn parse_time(&self, text: &str) -> Result<Timestamp, Reason> {
        let time = match self {
            Self::Rfc3339 => text.parse().ok(),
            Self::Unix(units) => text.parse::<i64>().ok().and_then(|number| {
                Timestamp::from_microsecond(number.checked_mul(1_000_000 / units)?).ok()
            }),
            Self::Letters { letters, offset } => with_letters(letters, *offset, text),
        };
        time.ok_or_else(|| format!("{text:?} is no time of the mapping's format"))
    }
}

/// A time without a clock is the beginning of the day.
fn with_letters(letters: &str, offset: Offset, text: &str) -> Option<Timestamp> {
    let parts = BrokenDownTime::parse(letters, text).ok()?;
    if parts.offset().is_some() {
        return parts.to_timestamp().ok();
    }
    let date = parts.to_date().ok()?;
    let time = parts.to_time().unwrap_or(Time::midnight());
    offset.to_timestamp(DateTime::from_parts(date, time)).ok()
}

fn parse_offset(text: &str) -> Result<Offset, Reason> {
    let parts = BrokenDownTime::parse("%:z", text).ok().and_then(|parts| parts.offset());
    parts.ok_or_else(|| format!("request.at-offset: {text:?} is not of the form +01:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_many_ways() {
        for (format, offset, text, expected) in [
            ("rfc3339", None, "2026-11-21T12:00:00+01:00", "2026-11-21T11:00:00Z"),
            ("unix", None, "1", "1970-01-01T00:00:01Z"),
            ("unix-ms", None, "-1", "1969-12-31T23:59:59.999Z"),
            ("unix-us", None, "1", "1970-01-01T00:00:00.000001Z"),
            ("%Y%m%d", None, "19970101", "1997-01-01T00:00:00Z"),
            ("%Y%m%d", Some("-05:00"), "19970101", "1997-01-01T05:00:00Z"),
            ("%d.%m.%Y %H:%M", Some("+01:00"), "02.01.1997 00:30", "1997-01-01T23:30:00Z"),
            ("%d/%b/%Y:%H:%M:%S %z", None, "10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z"),
        ] {
            let time = TimeFormat::parse(format, offset).unwrap().parse_time(text);
            assert_eq!(time, Ok(expected.parse().unwrap()), "{format} {text}");
        }
        let wrong = TimeFormat::parse("%Y%m%d", None).unwrap().parse_time("19971301");
        assert_eq!(wrong.unwrap_err(), "\"19971301\" is no time of the mapping's format");
        assert!(TimeFormat::parse("unix", Some("+01:00")).is_err());
        assert!(TimeFormat::parse("sometimes", None).is_err());
        assert!(TimeFormat::parse("%Y", Some("CET")).is_err());
    }
}
