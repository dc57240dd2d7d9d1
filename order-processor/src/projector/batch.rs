//! What a record of `order-events` says.

use event_log::Record;
use order_domain::{Decision, Event, Offset, OrderId};
use order_store::trading::MarketChange;
use order_store::{OrderRow, ProjectionBatch, projection};

/// A record, read as far as it can be.
pub(super) struct Read {
    /// The record itself, to set it aside if need be.
    pub(super) record: Record,
    /// What it says, or why that can't be told.
    pub(super) content: Result<Content, String>,
    /// The orders that it is about: as its content, or failing that its headers, say. None where it
    /// is about a market's instruments, accounts or balances alone: of those the newest word stands,
    /// so none of them has to wait for an earlier one.
    pub(super) subjects: Vec<OrderId>,
    /// The offset of its command in `orders`; `None` where neither content nor headers tell.
    pub(super) source: Option<Offset>,
}

/// What a decision means for the store.
#[derive(Default)]
pub(super) struct Content {
    /// The rows of purchases that it writes.
    pub(super) rows: Vec<OrderRow>,
    /// What it changes of a market.
    pub(super) market: Option<Box<MarketChange>>,
}

impl Content {
    fn of(decision: &Decision) -> Result<Self, String> {
        let market = projection::market_change(decision).map_err(|error| error.to_string())?;
        Ok(Self { rows: projection::rows_of(decision).collect(), market: market.map(Box::new) })
    }
}

impl Read {
    /// Reads a record of `order-events`. A decision that does not stand where it was expected says
    /// nothing about anything.
    pub(super) fn of_event(record: Record) -> Self {
        if record.stands_as_expected() {
            return Self::of(record);
        }
        Self { record, content: Ok(Content::default()), subjects: Vec::new(), source: None }
    }

    /// Reads `record`; never fails, but says in `content` what it could not read.
    pub(super) fn of(record: Record) -> Self {
        match Decision::from_json(&record.payload) {
            Ok(decision) => {
                let mut subjects: Vec<_> =
                    decision.events.iter().filter_map(Event::subject).collect();
                subjects.sort_unstable();
                subjects.dedup();
                let source = Some(decision.source.offset);
                Self { record, content: Content::of(&decision), subjects, source }
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

    /// Whether it changes a market; the store makes sure that no order of one overtakes itself.
    pub(super) fn is_about_a_market(&self) -> bool {
        self.content.as_ref().is_ok_and(|content| content.market.is_some())
    }

    /// Adds what it writes to a batch; nothing where the record can't be read.
    pub(super) fn add_to(&self, batch: &mut ProjectionBatch) {
        if let Ok(Content { rows, market }) = &self.content {
            batch.orders.extend_from_slice(rows);
            batch.trading.extend(market.as_deref().cloned());
        }
    }
}
