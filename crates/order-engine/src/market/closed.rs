//! What is remembered of an order that has ended.

use order_domain::trading::{Instrument, OrderStatus, RefusalReason};

use super::listed::ListedInstrument;
use super::orders::Origin;
use super::refusal::Refusal;
use super::registry::{AccountKey, InstrumentKey};

/// What an order came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClosedOrder {
    pub(crate) origin: Origin,
    pub(crate) account: AccountKey,
    pub(crate) instrument: InstrumentKey,
    pub(crate) status: OrderStatus,
    /// Lots.
    pub(crate) executed: u64,
    /// Units of the quote asset.
    pub(crate) value: u64,
}

impl ClosedOrder {
    /// The answer to a cancel or an amendment that came too late.
    pub(super) fn refuse(&self, listed: &ListedInstrument) -> Refusal {
        let Instrument { base, quote, .. } = &listed.terms;
        let executed = listed.measures.quantity(self.executed);
        let value = listed.measures.quote(self.value);
        let how = match self.status {
            OrderStatus::Executed => "was executed before",
            OrderStatus::Closed => "was closed before, a part of it executed",
            _ => "was cancelled before",
        };
        let (base, quote) = (&base.code, &quote.code);
        let detail = format!("the order {how}: {executed} {base} were filled for {value} {quote}");
        Refusal::new(RefusalReason::NotCancellable, detail)
    }
}
