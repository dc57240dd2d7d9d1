//! A connection that speaks the SQL which SQLite and Postgres have in common.

use std::borrow::Cow;

use uuid::Uuid;

use crate::StoreError;
use crate::multi_row::{MultiRow, Sql};
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

/// In what the SQL of a database is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// It is told which index to take, because it knows little of what is in a table. In a statement
    /// over many rows it finds the name of a placeholder by looking through all of them, which took a
    /// third of the time: there its placeholders are question marks.
    Sqlite,
    /// It knows what is in a table; its placeholders have numbers.
    Postgres,
}

impl Dialect {
    /// Says that a table is to be read by this index, where that must be said.
    pub fn indexed_by(self, index: &str) -> String {
        match self {
            Self::Sqlite => format!(" indexed by {index}"),
            Self::Postgres => String::new(),
        }
    }
}

/// A statement over many rows.
pub struct ManyRows {
    question_marks: MultiRow,
    numbered: MultiRow,
}

impl ManyRows {
    /// `head`, then a group of `columns` placeholders for every row, then `tail`.
    pub fn new(head: &str, columns: usize, tail: &str) -> Self {
        let group = format!("({})", vec!["?"; columns].join(","));
        Self {
            question_marks: MultiRow::new(head, &group, tail),
            numbered: MultiRow::numbered(head, columns, tail),
        }
    }

    /// Splits `rows` into runs, each with the statement that takes it whole.
    pub fn split<'a, S: Session, T>(
        &'a self,
        rows: &'a [T],
    ) -> impl Iterator<Item = (Sql, &'a [T])> {
        let statement = match S::DIALECT {
            Dialect::Sqlite => &self.question_marks,
            Dialect::Postgres => &self.numbered,
        };
        statement.split(rows)
    }
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

            const DIALECT: $crate::trading::session::Dialect =
                $crate::trading::session::Dialect::$dialect;

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
