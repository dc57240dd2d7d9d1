//! The query string of a list of orders.
//!
//! Strict: a parameter that is unknown, that comes twice or that has a bad value is an error. A
//! misspelt filter that was passed over would silently answer with everybody's orders.

use std::borrow::Cow;

use order_domain::{CustomerId, RejectionReason};
use order_store::{Cursor, OrderFilter, OrderStatus, PAGE_ROWS_MAX, Page};

use super::cursor::CursorText;
use crate::error::QueryError;

/// How many orders a page has where the client does not say.
pub(crate) const PAGE_ROWS_DEFAULT: u32 = 50;

const LIMIT: &str = "limit";
const AFTER: &str = "after";
const STATUS: &str = "status";
const CUSTOMER_ID: &str = "customerId";

const STATUSES: [&str; 2] =
    [OrderStatus::Accepted.name(), OrderStatus::Rejected(RejectionReason::NoItems).name()];

/// The parameters of one request: each known, none twice.
pub(crate) struct Parameters<'a> {
    values: Vec<(&'static str, Cow<'a, str>)>,
}

/// What a list of orders is asked for.
#[derive(Clone, Copy)]
pub(crate) struct ListParameters {
    pub(crate) filter: OrderFilter,
    pub(crate) page: Page,
}

impl ListParameters {
    /// Reads `limit`, `after`, `status` and `customerId`.
    pub(crate) fn of_orders(query: Option<&str>) -> Result<Self, QueryError> {
        let parameters = Parameters::read(query, &[LIMIT, AFTER, STATUS, CUSTOMER_ID])?;
        let filter = OrderFilter {
            status: parameters.value(STATUS, status)?,
            customer: parameters.value(CUSTOMER_ID, customer)?,
        };
        Ok(Self { filter, page: parameters.page()? })
    }

    /// Reads `limit` and `after`.
    pub(crate) fn of_search(query: Option<&str>) -> Result<Self, QueryError> {
        let parameters = Parameters::read(query, &[LIMIT, AFTER])?;
        Ok(Self { filter: OrderFilter::default(), page: parameters.page()? })
    }

    /// The query string of the page behind this one, which ends at `cursor`.
    pub(crate) fn query_of_next(&self, cursor: Cursor) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(LIMIT, &self.page.limit.to_string());
        if let Some(status) = self.filter.status {
            query.append_pair(STATUS, status);
        }
        if let Some(customer) = self.filter.customer {
            query.append_pair(CUSTOMER_ID, &customer.to_string());
        }
        query.append_pair(AFTER, &CursorText(cursor).to_string());
        query.finish()
    }
}

impl<'a> Parameters<'a> {
    /// Reads a query string in which only the parameters `known` may occur.
    pub(crate) fn read(
        query: Option<&'a str>,
        known: &'static [&'static str],
    ) -> Result<Self, QueryError> {
        let mut values: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(name) = known.iter().find(|known| **known == name) else {
                return Err(QueryError::UnknownParameter { name: name.into_owned(), known });
            };
            if values.iter().any(|(earlier, _)| earlier == name) {
                return Err(QueryError::parameter(name, "given more than once"));
            }
            values.push((name, value));
        }
        Ok(Self { values })
    }

    fn value<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, QueryError> {
        let given = self.values.iter().find(|(given, _)| *given == name);
        given
            .map(|(_, value)| read(value))
            .transpose()
            .map_err(|wrong| QueryError::parameter(name, wrong))
    }

    fn page(&self) -> Result<Page, QueryError> {
        Ok(Page {
            limit: self.value(LIMIT, limit)?.unwrap_or(PAGE_ROWS_DEFAULT),
            after: self.value(AFTER, after)?,
        })
    }
}

fn limit(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(limit) if (1..=PAGE_ROWS_MAX).contains(&limit) => Ok(limit),
        _ => Err(format!("expected a whole number from 1 to {PAGE_ROWS_MAX}")),
    }
}

fn after(text: &str) -> Result<Cursor, String> {
    text.parse().map(|CursorText(cursor)| cursor).map_err(|invalid| invalid.to_string())
}

fn status(text: &str) -> Result<&'static str, String> {
    STATUSES
        .into_iter()
        .find(|status| *status == text)
        .ok_or_else(|| format!("expected one of {}", STATUSES.join(", ")))
}

fn customer(text: &str) -> Result<CustomerId, String> {
    text.parse().map(CustomerId).map_err(|_| "expected a customer's number".to_owned())
}
