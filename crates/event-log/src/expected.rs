//! Records that count only where their writer expected them to stand.
//!
//! No log here can append on the condition that a partition still ends where the writer believes. So
//! the writer says in a header where the record is to stand, and every reader passes over one that
//! stands elsewhere: in between, somebody has written of whom the writer did not know when it made the
//! record.

use order_domain::Offset;

use crate::{NewRecord, Record};

/// The header with the expected offset, in decimal digits.
pub const EXPECTED_OFFSET_HEADER: &str = "seriatim-expected-offset";

impl NewRecord {
    /// The same record, which counts only if it comes to stand at `offset` of its partition.
    #[must_use]
    pub fn expected_at(self, offset: Offset) -> Self {
        let headers = self.headers.with(EXPECTED_OFFSET_HEADER, offset.to_string());
        Self { headers, ..self }
    }
}

impl Record {
    /// Whether the record stands where its writer expected it, or its writer expected nothing. A copy
    /// in another topic tells nothing: ask only where the writer has appended it.
    pub fn stands_as_expected(&self) -> bool {
        match self.headers.get_text(EXPECTED_OFFSET_HEADER) {
            Some(expected) => expected.parse() == Ok(self.position.offset.0),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use order_domain::{Partition, Position, Timestamp};

    use super::*;

    fn at(offset: u64, record: NewRecord) -> Record {
        let NewRecord { key, payload, headers } = record;
        let position = Position::new(Partition(0), Offset(offset));
        Record { position, timestamp: Timestamp(0), key, payload, headers }
    }

    #[test]
    fn a_record_counts_only_where_it_was_expected() {
        let expected = || NewRecord::default().expected_at(Offset(7));
        assert!(at(7, expected()).stands_as_expected());
        assert!(!at(8, expected()).stands_as_expected());
        assert!(at(8, NewRecord::default()).stands_as_expected(), "nothing was expected");
    }
}
