//! How the model's values look in SQL, the same in every database.

use std::fmt::Display;

use order_domain::purchase::PaymentMethod;
use order_domain::{Currency, Money, Offset, Partition, RecordMark, RejectionReason};

use crate::{OrderStatus, RetryTier, StoreError};

/// An offset as a signed number, which is all that SQL has.
pub fn offset_to_sql(offset: Offset) -> Result<i64, StoreError> {
    i64::try_from(offset.0)
        .map_err(|_| StoreError::Refused(format!("offset {offset} is beyond 2^63 - 1")))
}

pub fn offset_from_sql(number: i64) -> Result<Offset, StoreError> {
    u64::try_from(number).map(Offset).map_err(|_| foreign("an offset", number))
}

/// A version or a number of a trade as a signed number, which is all that SQL has.
pub fn count_to_sql(count: u64) -> Result<i64, StoreError> {
    i64::try_from(count).map_err(|_| StoreError::Refused(format!("{count} is beyond 2^63 - 1")))
}

pub fn count_from_sql(what: &str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| foreign(what, number))
}

/// A mark's 64 bits as a signed number.
pub fn mark_to_sql(mark: Option<RecordMark>) -> Option<i64> {
    mark.map(|mark| mark.0.cast_signed())
}

pub fn mark_from_sql(bits: Option<i64>) -> Option<RecordMark> {
    bits.map(|bits| RecordMark(bits.cast_unsigned()))
}

pub fn partition_from_sql(number: i64) -> Result<Partition, StoreError> {
    u32::try_from(number).map(Partition).map_err(|_| foreign("a partition", number))
}

pub fn small_from_sql(what: &str, number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| foreign(what, number))
}

pub fn money_from_sql(minor: i64, currency: &str) -> Result<Money, StoreError> {
    let currency = Currency::from_code(currency).ok_or_else(|| foreign("a currency", currency))?;
    Ok(Money::from_minor(minor, currency))
}

pub fn payment_method_from_sql(name: &str) -> Result<PaymentMethod, StoreError> {
    PaymentMethod::from_name(name).ok_or_else(|| foreign("a payment method", name))
}

/// The reason's code; `None` for an order that was taken.
pub const fn reason_to_sql(status: OrderStatus) -> Option<&'static str> {
    match status {
        OrderStatus::Accepted => None,
        OrderStatus::Rejected(reason) => Some(reason.code()),
    }
}

pub fn status_from_sql(name: &str, reason: Option<&str>) -> Result<OrderStatus, StoreError> {
    match (name, reason) {
        ("accepted", None) => Ok(OrderStatus::Accepted),
        ("rejected", Some(code)) => RejectionReason::from_code(code)
            .map(OrderStatus::Rejected)
            .ok_or_else(|| foreign("a reason", code)),
        _ => Err(foreign("a status", name)),
    }
}

/// The tier's place; `None` for the dead letter topic.
pub const fn tier_to_sql(tier: RetryTier) -> Option<u16> {
    match tier {
        RetryTier::Retry(place) => Some(place),
        RetryTier::Dead => None,
    }
}

pub fn tier_from_sql(place: Option<i64>) -> Result<RetryTier, StoreError> {
    let Some(place) = place else { return Ok(RetryTier::Dead) };
    u16::try_from(place).map(RetryTier::Retry).map_err(|_| foreign("a retry tier", place))
}

/// A value that this build never writes: a newer build, or somebody else, did.
pub fn foreign(what: &str, value: impl Display) -> StoreError {
    StoreError::Configuration(format!("the store holds {what} this build doesn't know: {value}"))
}
