//! Pages of orders, newest first.
//!
//! A page is read in two steps, because keys are in the order of time only from one
//! [bucket](super::order_key) to the next: first, how far back the page reaches, by keys alone; then
//! the orders of those whole buckets, sorted, cut off at the page's length. A row that arrives
//! between the steps does no harm: both are in one transaction.

use sqlx::sqlite::{Sqlite, SqliteArguments, SqlitePool};
use sqlx::{Arguments, AssertSqlSafe, Encode, Error, Type, query_scalar_with, query_with};

use super::errors::classify;
use super::order_key::Bucket;
use super::read::with_items;
use crate::rows::ORDER_COLUMNS;
use crate::{Cursor, OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, StoreError, search};

/// Which orders the pages are made of.
pub enum Source {
    /// Those that a filter lets through.
    Filtered(OrderFilter),
    /// Those that an FTS5 query finds.
    Matching(String),
}

pub async fn filtered(
    readers: &SqlitePool,
    filter: OrderFilter,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    read(readers, &Source::Filtered(filter), page).await
}

pub async fn searched(
    readers: &SqlitePool,
    text: &str,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    match match_expression(text) {
        Some(expression) => read(readers, &Source::Matching(expression), page).await,
        None => Ok(Vec::new()),
    }
}

/// All words, each as the beginning of one, in FTS5's own quotes. The words hold letters, digits and
/// marks only, so there is nothing to escape.
fn match_expression(text: &str) -> Option<String> {
    let prefixes = search::prefixes_of(text);
    let quoted: Vec<String> = prefixes.iter().map(|word| format!("\"{word}\"*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

async fn read(
    readers: &SqlitePool,
    source: &Source,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
    let cursor = page.after.unwrap_or(Cursor::NEWEST);
    let newest = Bucket::at(cursor.placed_at);
    let mut transaction = readers.begin().await.map_err(classify)?;

    let mut arguments = source.arguments()?;
    add(&mut arguments, newest.first_key())?;
    add(&mut arguments, i64::from(limit) - 1)?;
    let last_key: Option<i64> = query_scalar_with(AssertSqlSafe(source.last_key_sql()), arguments)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(classify)?;
    let oldest = last_key.map_or(i64::MIN, |key| Bucket::of_key(key).first_key());

    let mut arguments = source.arguments()?;
    add(&mut arguments, oldest)?;
    add(&mut arguments, newest.last_key())?;
    add(&mut arguments, cursor.placed_at.0)?;
    add(&mut arguments, cursor.order_id.0)?;
    add(&mut arguments, i64::from(limit))?;
    let rows = query_with(AssertSqlSafe(source.page_sql()), arguments)
        .fetch_all(&mut *transaction)
        .await
        .map_err(classify)?;
    with_items(&mut transaction, &rows).await
}

impl Source {
    fn condition(&self) -> &'static str {
        match self {
            Self::Matching(_) => "order_words match ?",
            Self::Filtered(OrderFilter { status: None, customer: None }) => "true",
            Self::Filtered(OrderFilter { status: Some(_), customer: None }) => "status = ?",
            Self::Filtered(OrderFilter { status: None, customer: Some(_) }) => "customer_id = ?",
            // The plus keeps SQLite from taking the index over two statuses instead of the one over
            // many customers.
            Self::Filtered(OrderFilter { status: Some(_), customer: Some(_) }) => {
                "+status = ? and customer_id = ?"
            }
        }
    }

    /// What stands in for the placeholders of the condition.
    fn arguments(&self) -> Result<SqliteArguments, StoreError> {
        let mut arguments = SqliteArguments::default();
        match self {
            Self::Matching(expression) => add(&mut arguments, expression.as_str())?,
            Self::Filtered(filter) => {
                if let Some(status) = filter.status {
                    add(&mut arguments, status)?;
                }
                if let Some(customer) = filter.customer {
                    add(&mut arguments, customer.0.cast_signed())?;
                }
            }
        }
        Ok(arguments)
    }

    /// The key of the last order of a page. Its further arguments: the key that all are below, and
    /// how many to leave out first.
    pub fn last_key_sql(&self) -> String {
        let (table, key) = match self {
            Self::Filtered(_) => ("orders", "order_key"),
            Self::Matching(_) => ("order_words", "rowid"),
        };
        let condition = self.condition();
        format!(
            "select {key} from {table} where {condition} and {key} < ?
             order by {key} desc limit 1 offset ?"
        )
    }

    /// A page. Its further arguments: the lowest key, the highest key, the cursor's time and id, and
    /// the limit.
    pub fn page_sql(&self) -> String {
        let condition = self.condition();
        let within = match self {
            Self::Filtered(_) => format!("{condition} and order_key between ? and ?"),
            Self::Matching(_) => format!(
                "order_key in (select rowid from order_words
                               where {condition} and rowid between ? and ?)"
            ),
        };
        format!(
            "select {ORDER_COLUMNS}, order_key from orders
             where {within} and (placed_at_ms, order_id) < (?, ?)
             order by placed_at_ms desc, order_id desc limit ?"
        )
    }
}

fn add<'t, T>(arguments: &mut SqliteArguments, value: T) -> Result<(), StoreError>
where
    T: Encode<'t, Sqlite> + Type<Sqlite>,
{
    arguments.add(value).map_err(|error| classify(Error::Encode(error)))
}
