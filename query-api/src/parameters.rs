//! The parameters that several reads have.

use order_store::{PAGE_ROWS_MAX, Page};
use service_kit::parameters::{ParameterError, Parameters};

use crate::cursor::CursorText;

/// How many rows a page has where the client does not say.
const PAGE_ROWS_DEFAULT: u32 = 50;

/// How many rows a page has, at most.
pub(crate) const LIMIT: &str = "limit";
/// The `next` of the page before.
pub(crate) const AFTER: &str = "after";
/// A status.
pub(crate) const STATUS: &str = "status";

/// How many rows the page has, at most.
pub(crate) fn limit(parameters: &Parameters<'_>) -> Result<u32, ParameterError> {
    Ok(parameters.count(LIMIT, PAGE_ROWS_MAX)?.unwrap_or(PAGE_ROWS_DEFAULT))
}

/// Which page of orders.
pub(crate) fn page(parameters: &Parameters<'_>) -> Result<Page, ParameterError> {
    let after = parameters.value(AFTER, str::parse)?;
    Ok(Page { limit: limit(parameters)?, after: after.map(|CursorText(cursor)| cursor) })
}

/// Reads the name of one of `all`.
pub(crate) fn one_of<T: Copy>(
    text: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.iter().copied().find(|&one| name(one) == text).ok_or_else(|| {
        let names: Vec<_> = all.iter().copied().map(name).collect();
        format!("expected one of {}", names.join(", "))
    })
}
