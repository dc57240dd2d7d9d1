//! What this program counts.

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};

const ACCEPTED: &str = "seriatim_orders_accepted_total";
const REPEATED: &str = "seriatim_orders_repeated_total";
const REFUSED: &str = "seriatim_orders_refused_total";
const APPEND: &str = "seriatim_append_duration_seconds";
const OUTCOME: &str = "seriatim_outcome_wait_duration_seconds";

/// Handles to the metrics, looked up once.
pub(crate) struct Meters {
    pub(crate) accepted: Counter,
    pub(crate) repeated: Counter,
    pub(crate) append: Histogram,
    pub(crate) outcome: Histogram,
}

impl Meters {
    pub(crate) fn new() -> Self {
        describe_counter!(
            ACCEPTED,
            "Orders that the log has made durable and a client was told of"
        );
        describe_counter!(
            REPEATED,
            "Requests answered from memory: same idempotency key, same body"
        );
        describe_counter!(REFUSED, "Requests that became no command, by kind of problem");
        describe_histogram!(APPEND, Unit::Seconds, "From the append to the log's acknowledgement");
        describe_histogram!(OUTCOME, Unit::Seconds, "From the acknowledgement to the outcome");
        Self {
            accepted: counter!(ACCEPTED),
            repeated: counter!(REPEATED),
            append: histogram!(APPEND),
            outcome: histogram!(OUTCOME),
        }
    }
}

/// Counts a request that became no command.
pub(crate) fn count_refused(kind: &'static str) {
    counter!(REFUSED, "kind" => kind).increment(1);
}
