//! What a record of `order-events` says.

use event_log::Record;
use order_domain::{Decision, Offset, OrderId};
use order_store::{OrderRow, projection};

/// A record, read as far as it can be.
pub(super) struct Read {
    /// The record itself, to set it aside if need be.
    pub(super) record: Record,
    /// What it says, or why that can't be told.
    pub(super) content: Result<Content, String>,
    /// The orders that it is about: as its content, or failing that its headers, say.
    pub(super) subjects: Vec<OrderId>,
    /// The offset of its command in `orders`; `None` where neither content nor headers tell.
    pub(super) source: Option<Offset>,
}

/// What a decision means for the store.
pub(super) struct Content {
    /// The rows it writes.
    pub(super) rows: Vec<OrderRow>,
}

impl Read {
    /// Reads `record`; never fails, but says in `content` what it could not read.
    pub(super) fn of(record: Record) -> Self {
        match Decision::from_json(&record.payload) {
            Ok(decision) => {
                let mut subjects: Vec<_> =
                    decision.events.iter().filter_map(order_domain::Event::order_id).collect();
                subjects.sort_unstable();
                subjects.dedup();
                let rows = projection::rows_of(&decision).collect();
                let source = Some(decision.source.offset);
                Self { record, content: Ok(Content { rows }), subjects, source }
            }
            Err(error) => {
                let subject = record.headers.get_text("ce_subject").and_then(|id| id.parse().ok());
                let position = record.headers.get_text("ce_id").and_then(|id| id.parse().ok());
                let source = position.map(|position: order_domain::Position| position.offset);
                let subjects = subject.map(OrderId).into_iter().collect();
                Self { record, content: Err(error.to_string()), subjects, source }
            }
        }
    }

    /// The rows to write; none where the record can't be read.
    pub(super) fn rows(&self) -> impl Iterator<Item = &OrderRow> {
        self.content.iter().flat_map(|content| &content.rows)
    }
}
