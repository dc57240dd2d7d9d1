//! What this program counts.

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};

const ACCEPTED: &str = "seriatim_orders_accepted_total";
const REPEATED: &str = "seriatim_orders_repeated_total";
const REFUSED: &str = "seriatim_orders_refused_total";
const APPEND: &str = "seriatim_append_duration_seconds";
const OUTCOME: &str = "seriatim_outcome_wait_duration_seconds";

/// Whose language a request speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect {
    Purchasing,
    Trading,
}

impl Dialect {
    const fn name(self) -> &'static str {
        match self {
            Self::Purchasing => "purchasing",
            Self::Trading => "trading",
        }
    }
}

/// Handles to the metrics, looked up once.
pub(crate) struct Meters {
    purchasing: OfDialect,
    trading: OfDialect,
    pub(crate) append: Histogram,
    pub(crate) outcome: Histogram,
}

/// What is counted of each dialect.
pub(crate) struct OfDialect {
    pub(crate) accepted: Counter,
    pub(crate) repeated: Counter,
}

impl OfDialect {
    fn new(dialect: Dialect) -> Self {
        Self {
            accepted: counter!(ACCEPTED, "dialect" => dialect.name()),
            repeated: counter!(REPEATED, "dialect" => dialect.name()),
        }
    }
}

impl Meters {
    pub(crate) fn new() -> Self {
        describe_counter!(
            ACCEPTED,
            "Orders and other commands that the log has made durable and a client was told of"
        );
        describe_counter!(
            REPEATED,
            "Requests answered from memory: same idempotency key, same body"
        );
        describe_counter!(REFUSED, "Requests that became no command, by kind of problem");
        describe_histogram!(APPEND, Unit::Seconds, "From the append to the log's acknowledgement");
        describe_histogram!(OUTCOME, Unit::Seconds, "From the acknowledgement to the outcome");
        Self {
            purchasing: OfDialect::new(Dialect::Purchasing),
            trading: OfDialect::new(Dialect::Trading),
            append: histogram!(APPEND),
            outcome: histogram!(OUTCOME),
        }
    }

    pub(crate) const fn of(&self, dialect: Dialect) -> &OfDialect {
        match dialect {
            Dialect::Purchasing => &self.purchasing,
            Dialect::Trading => &self.trading,
        }
    }
}

/// Counts a request that became no command.
pub(crate) fn count_refused(dialect: Dialect, kind: &'static str) {
    counter!(REFUSED, "dialect" => dialect.name(), "kind" => kind).increment(1);
}
