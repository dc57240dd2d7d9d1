//! What a record is known by where a place in the log is remembered.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;
use crate::fingerprint::Content;

/// The first 64 bits of a SHA-256 over a record's time, key and payload. 16 hex digits in text.
///
/// Who remembers a place in the log outside of it keeps the mark of the record before that place,
/// and later knows by it that the log is still the same: one that was lost and begun anew has other
/// records, however many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordMark(pub u64);

impl RecordMark {
    /// The mark of a record.
    pub fn of(timestamp: Timestamp, key: &[u8], payload: &[u8]) -> Self {
        let mut content = Content::default();
        content.number(timestamp.0.cast_unsigned());
        content.bytes(key);
        content.bytes(payload);
        let [b0, b1, b2, b3, b4, b5, b6, b7, ..] = content.digest();
        Self(u64::from_be_bytes([b0, b1, b2, b3, b4, b5, b6, b7]))
    }
}

impl fmt::Display for RecordMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is no mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record's mark is 16 hex digits")]
pub struct InvalidRecordMark;

impl FromStr for RecordMark {
    type Err = InvalidRecordMark;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).map_err(|_| InvalidRecordMark)?;
        if hex { Ok(Self(number)) } else { Err(InvalidRecordMark) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_key_and_payload_all_count_and_do_not_run_together() {
        let mark = RecordMark::of(Timestamp(7), b"shop/1", b"{}");
        assert_eq!(mark, RecordMark::of(Timestamp(7), b"shop/1", b"{}"));
        for (time, key, payload) in
            [(8, &b"shop/1"[..], &b"{}"[..]), (7, b"shop/", b"1{}"), (7, b"shop/1", b"{} ")]
        {
            assert_ne!(mark, RecordMark::of(Timestamp(time), key, payload));
        }
    }

    #[test]
    fn a_mark_reads_back_as_it_was_written() {
        let mark = RecordMark(0x00ab_cdef_0123_4567);
        assert_eq!(mark.to_string(), "00abcdef01234567");
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for text in ["", "abc", "+0abcdef01234567", "00abcdef012345678"] {
            assert_eq!(text.parse::<RecordMark>(), Err(InvalidRecordMark), "{text:?}");
        }
    }
}
