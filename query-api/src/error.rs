//! What can go wrong with a read, and the problem that the client gets for it.

use axum::response::{IntoResponse, Response};
use order_domain::trading::{AccountId, Symbol};
use order_domain::{OrderId, Position};
use service_kit::Problem;
use service_kit::parameters::ParameterError;
use service_kit::problem::types;

use crate::reader::NoAnswer;
use crate::strong_read::NotPassed;

/// What `Retry-After` says where the store or the projection needs a moment, in seconds.
const RETRY_AFTER_S: u64 = 1;

/// Why a read has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum QueryError {
    /// A parameter of the path or the query string can't be.
    Parameter(ParameterError),
    /// `Seriatim-Position` is no position, or came twice.
    MalformedPosition,
    /// There is no order of this id, or not yet.
    NoSuchOrder(OrderId),
    /// The market has no instrument of this name.
    NoSuchInstrument(Symbol),
    /// The market has no account of this name, or not yet.
    NoSuchAccount(AccountId),
    /// The state that the client wants to read is not there.
    NotPassed {
        /// The position it sent.
        wanted: Position,
        /// Why.
        why: NotPassed,
    },
    /// The store gave no answer.
    NoAnswer(NoAnswer),
}

impl From<ParameterError> for QueryError {
    fn from(error: ParameterError) -> Self {
        Self::Parameter(error)
    }
}

impl From<NoAnswer> for QueryError {
    fn from(failure: NoAnswer) -> Self {
        Self::NoAnswer(failure)
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Parameter(error) => error.into(),
            QueryError::MalformedPosition => Self::new(&types::INVALID_HEADER)
                .detail(
                    "Seriatim-Position is the one position that a write answered with, \
                         <partition>:<offset>, for example 3:1042.",
                )
                .with("header", "Seriatim-Position"),
            QueryError::NoSuchOrder(order_id) => Self::new(&types::ORDER_NOT_FOUND)
                .detail(
                    "No order of this id can be read. One that was just placed can be read a \
                         moment later; send its Seriatim-Position to wait for it.",
                )
                .with("orderId", order_id.to_string()),
            QueryError::NoSuchInstrument(symbol) => Self::new(&types::INSTRUMENT_NOT_FOUND)
                .detail(
                    "The market has no instrument of this name; /api/v3/instruments lists them.",
                )
                .with("symbol", symbol.as_str()),
            QueryError::NoSuchAccount(account) => Self::new(&types::ACCOUNT_NOT_FOUND)
                .detail(
                    "The market has no account of this name. One that was just opened can be read \
                         a moment later; send its Seriatim-Position to wait for it.",
                )
                .with("account", account.as_str()),
            QueryError::NotPassed { wanted, why } => not_passed(wanted, why),
            QueryError::NoAnswer(failure) => no_answer(failure),
        }
    }
}

fn not_passed(wanted: Position, why: NotPassed) -> Problem {
    match why {
        NotPassed::Behind { projected, waited } => {
            // Both ends may be anything that a client sends: up to u64::MAX.
            let lag = wanted.offset.0.saturating_sub(projected.0).saturating_add(1);
            Problem::unavailable(
                &types::PROJECTION_BEHIND,
                format!(
                    "After {} ms the projection had not reached the position yet.",
                    waited.as_millis()
                ),
                RETRY_AFTER_S,
            )
            .with("partition", wanted.partition.0)
            .with("wanted", wanted.offset.0)
            .with("projected", projected.0)
            .with("lag", lag)
        }
        NotPassed::NoSuchPartition { partitions } => Problem::new(&types::NO_SUCH_PARTITION)
            .detail(format!(
                "There are {partitions} partitions, counted from 0: no write can have answered with \
                 the position {wanted}."
            ))
            .with("header", "Seriatim-Position")
            .with("partitions", partitions),
        NotPassed::TooManyWaiters => Problem::unavailable(
            &types::TOO_MANY_WAITING_READS,
            "As many reads as may are waiting for their position.",
            RETRY_AFTER_S,
        ),
        NotPassed::NoAnswer(failure) => no_answer(failure),
    }
}

fn no_answer(failure: NoAnswer) -> Problem {
    match failure {
        NoAnswer::Away => Problem::unavailable(
            &types::STORE_UNAVAILABLE,
            "The store can't be read at the moment.",
            RETRY_AFTER_S,
        ),
        NoAnswer::Broken => Problem::internal(),
    }
}

impl IntoResponse for QueryError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
