//! A place in a list, as the text that clients send back to get what lies behind it.
//!
//! The text is opaque to clients. That of a place in a list of orders is 16 hex digits of the order's
//! time, then 32 of its id.

use std::fmt;
use std::str::FromStr;

use order_domain::{OrderId, Timestamp};
use order_store::Cursor;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// How many of the text's digits are the time.
const TIME_DIGITS: usize = 16;
/// The text's length.
const DIGITS: usize = TIME_DIGITS + 32;

/// The place of the last of `rows`; `None` where they don't fill a page of `limit`, so that nothing
/// lies behind them.
pub(crate) fn last_of<R, C>(rows: &[R], limit: u32, place: impl FnOnce(&R) -> C) -> Option<C> {
    let full = rows.len() >= limit as usize;
    rows.last().filter(|_| full).map(place)
}

/// A place in a list of orders, as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CursorText(pub(crate) Cursor);

/// A text that is no cursor of this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the \"next\" of an earlier page")]
pub(crate) struct InvalidCursor;

impl fmt::Display for CursorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cursor { placed_at, order_id } = self.0;
        write!(f, "{:016x}{:032x}", placed_at.0, order_id.0.as_u128())
    }
}

impl FromStr for CursorText {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() != DIGITS || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InvalidCursor);
        }
        let (time, id) = text.split_at(TIME_DIGITS);
        let time = u64::from_str_radix(time, 16).map_err(|_| InvalidCursor)?;
        let id = u128::from_str_radix(id, 16).map_err(|_| InvalidCursor)?;
        Ok(Self(Cursor {
            placed_at: Timestamp(time.cast_signed()),
            order_id: OrderId(Uuid::from_u128(id)),
        }))
    }
}

impl Serialize for CursorText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_it_was_written(time: i64, id: u128) {
            let cursor = Cursor { placed_at: Timestamp(time), order_id: OrderId(Uuid::from_u128(id)) };
            let text = CursorText(cursor).to_string();
            prop_assert_eq!(text.len(), DIGITS);
            prop_assert_eq!(text.parse(), Ok(CursorText(cursor)));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,60}") {
            let _ = text.parse::<CursorText>();
        }
    }

    #[test]
    fn what_no_page_gave_out_is_no_cursor() {
        for text in ["", "0", &"0".repeat(47), &"0".repeat(49), &"g".repeat(48), &"+f".repeat(24)] {
            assert_eq!(text.parse::<CursorText>(), Err(InvalidCursor), "{text:?}");
        }
    }
}
