//! What logs tell of a record, so that it is found again: by its headers, since it may not be readable.

use event_log::Record;
use order_domain::TraceParent;

/// An order and a trace, as far as the record names them.
pub(crate) struct Told<'a> {
    order_id: Option<&'a str>,
    trace: Option<TraceParent>,
}

impl<'a> Told<'a> {
    /// What the headers of `record` name.
    pub(crate) fn of(record: &'a Record) -> Self {
        let trace = record.headers.get_text("traceparent");
        Self {
            order_id: record.headers.get_text("ce_subject"),
            trace: trace.and_then(|trace| TraceParent::new(trace).ok()),
        }
    }

    /// The order's id.
    pub(crate) const fn order_id(&self) -> Option<&str> {
        self.order_id
    }

    /// The trace's id.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.trace.as_ref().map(TraceParent::trace_id)
    }
}
