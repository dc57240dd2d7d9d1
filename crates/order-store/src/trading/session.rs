//! A connection that speaks SQL in its own [`Dialect`]: that of markets, and what else is said in the same
//! words to every database.

use std::borrow::Cow;

use uuid::Uuid;

use super::dialect::Dialect;
use super::transact_sql;
use crate::multi_row::Sql;
use crate::rows::Columns;
use crate::{Cursor, StoreError};

/// What stands in for a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Number(i64),
    NumberOrNull(Option<i64>),
    Text(Cow<'a, str>),
    TextOrNull(Option<&'a str>),
    Id(Uuid),
}

/// One connection, with a transaction on it.
pub trait Session: Send {
    /// A row of an answer.
    type Row: Columns + Send + Sync;

    /// In what the database's SQL is its own.
    const DIALECT: Dialect;

    /// The rows that `sql` answers with.
    fn fetch(
        &mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
    ) -> impl Future<Output = Result<Vec<Self::Row>, StoreError>> + Send;

    /// Does what `sql` says; tells how many rows it changed.
    fn execute(
        &mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// [`Session`] of a connection of sqlx, whose errors `$classify` judges.
macro_rules! session_of {
    ($connection:ty, $row:ty, $classify:path, $dialect:ident) => {
        impl $crate::trading::session::Session for $connection {
            type Row = $row;

            const DIALECT: $crate::trading::dialect::Dialect =
                $crate::trading::dialect::Dialect::$dialect;

            async fn fetch(
                &mut self,
                sql: $crate::multi_row::Sql,
                values: Vec<$crate::trading::session::Value<'_>>,
            ) -> Result<Vec<$row>, $crate::StoreError> {
                let query = $crate::trading::session::bound!(sql, values);
                query.fetch_all(self).await.map_err($classify)
            }

            async fn execute(
                &mut self,
                sql: $crate::multi_row::Sql,
                values: Vec<$crate::trading::session::Value<'_>>,
            ) -> Result<u64, $crate::StoreError> {
                let query = $crate::trading::session::bound!(sql, values);
                Ok(query.execute(self).await.map_err($classify)?.rows_affected())
            }
        }
    };
}
pub(crate) use session_of;

/// A query of sqlx with its values.
macro_rules! bound {
    ($sql:ident, $values:ident) => {{
        use $crate::trading::session::Value;
        let mut query = sqlx::query($sql);
        for value in &$values {
            query = match value {
                Value::Number(number) => query.bind(*number),
                Value::NumberOrNull(number) => query.bind(*number),
                Value::Text(text) => query.bind(&**text),
                Value::TextOrNull(text) => query.bind(*text),
                Value::Id(id) => query.bind(*id),
            };
        }
        query
    }};
}
pub(crate) use bound;

/// The text of a query, and what stands in for its placeholders.
pub struct Question<'a> {
    sql: String,
    values: Vec<Value<'a>>,
}

impl<'a> Question<'a> {
    /// A query that begins with `sql`, whose placeholders `values` stand in for.
    pub fn new(sql: impl Into<String>, values: Vec<Value<'a>>) -> Self {
        Self { sql: sql.into(), values }
    }

    /// Goes on with `sql` and a placeholder for `value`.
    pub fn and(mut self, sql: &str, value: Value<'a>) -> Self {
        self.values.push(value);
        self.sql.push_str(sql);
        self.sql.push('$');
        self.sql.push_str(&self.values.len().to_string());
        self
    }

    /// Goes on with `sql`.
    pub fn then(mut self, sql: &str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// Goes on with the condition that a row, by its columns `at` and `id`, lies behind `place` in a
    /// list, newest first.
    pub fn and_behind(mut self, dialect: Dialect, at: &str, id: &str, place: Cursor) -> Self {
        self.values.extend([Value::Number(place.placed_at.0), Value::Id(place.order_id.0)]);
        let last = self.values.len();
        let placeholders = [format!("${}", last - 1), format!("${last}")];
        let behind = dialect.behind(at, id, [&placeholders[0], &placeholders[1]]);
        self.then(" and ").then(&behind)
    }

    /// Asks.
    pub async fn ask<S: Session>(self, session: &mut S) -> Result<Vec<S::Row>, StoreError> {
        let (sql, values) = self.spelled(S::DIALECT);
        // Nothing but our own constants is in the text.
        session.fetch(sqlx::AssertSqlSafe(sql.into()), values).await
    }

    /// Does what it says; tells how many rows it changed.
    pub async fn tell<S: Session>(self, session: &mut S) -> Result<u64, StoreError> {
        let (mut sql, values) = self.spelled(S::DIALECT);
        if S::DIALECT == Dialect::SqlServer {
            sql = transact_sql::counted(&sql);
        }
        // As above.
        session.execute(sqlx::AssertSqlSafe(sql.into()), values).await
    }

    /// As the database has it.
    fn spelled(self, dialect: Dialect) -> (String, Vec<Value<'a>>) {
        match dialect {
            Dialect::Sqlite | Dialect::Postgres => (self.sql, self.values),
            Dialect::Mysql => in_order(&self.sql, &self.values),
            Dialect::SqlServer => (transact_sql::translated(&self.sql), self.values),
        }
    }
}

/// The text with question marks for its numbered placeholders, and their values in the order in which
/// they stand there.
fn in_order<'a>(sql: &str, values: &[Value<'a>]) -> (String, Vec<Value<'a>>) {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut ordered = Vec::with_capacity(values.len());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        let number: usize = number.parse().expect("a placeholder has a number");
        ordered.push(values[number - 1].clone());
        text.push('?');
        text.push_str(rest);
    }
    (text, ordered)
}

/// A text as a value.
pub fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_take_their_values_in_the_order_of_the_text() {
        let values = [Value::Number(1), Value::Number(2), text("three")];
        let (sql, values) = in_order("a = $3 and b < $1 + $2 or c = $1", &values);
        assert_eq!(sql, "a = ? and b < ? + ? or c = ?");
        assert_eq!(values, [text("three"), Value::Number(1), Value::Number(2), Value::Number(1)]);
        assert_eq!(in_order("select 1", &[]), ("select 1".to_owned(), Vec::new()));
    }
}
