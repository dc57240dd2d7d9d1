//! A connection that speaks the SQL which SQLite and Postgres have in common.

use std::borrow::Cow;

use uuid::Uuid;

use crate::StoreError;
use crate::multi_row::Sql;
use crate::rows::Columns;

/// What stands in for a placeholder.
#[derive(Clone, Debug)]
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

    /// Whether a query must say which index it means: SQLite knows little of what is in a table.
    const NAMES_INDEXES: bool;

    /// The rows that `sql` answers with. Its placeholders are `$1`, `$2` and so on.
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
    ($connection:ty, $row:ty, $classify:path, names_indexes: $names_indexes:literal) => {
        impl $crate::trading::session::Session for $connection {
            type Row = $row;

            const NAMES_INDEXES: bool = $names_indexes;

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

    /// Asks.
    pub async fn ask<S: Session>(self, session: &mut S) -> Result<Vec<S::Row>, StoreError> {
        // Nothing but our own constants is in the text.
        session.fetch(sqlx::AssertSqlSafe(self.sql.into()), self.values).await
    }
}

/// A text as a value.
pub fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}
