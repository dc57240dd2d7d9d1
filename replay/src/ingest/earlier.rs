//! Continuing an archive: what it has already is read again, compared, and not written twice.

use traffic_archive::{Chain, Exchange, Sequence};

use super::IngestError;

/// What the archive had before: the source must give it once more.
pub(super) struct Earlier {
    pub(super) entries: u64,
    expected: Chain,
    next: Sequence,
    chain: Chain,
}

impl Earlier {
    pub(super) fn new(entries: u64, expected: Chain) -> Self {
        Self { entries, expected, next: Sequence::FIRST, chain: Chain::START }
    }

    /// Whether the archive has this request already.
    pub(super) fn passes(&mut self, exchange: &Exchange) -> Result<bool, IngestError> {
        if self.next.get() > self.entries {
            self.complete()?;
            return Ok(false);
        }
        self.chain = self.chain.after_entry(self.next, exchange);
        self.next = self.next.next();
        Ok(true)
    }

    /// Fails unless all of it has passed.
    pub(super) fn complete(&self) -> Result<(), IngestError> {
        if self.chain == self.expected {
            return Ok(());
        }
        Err(IngestError::OtherSource { entries: self.entries })
    }
}
