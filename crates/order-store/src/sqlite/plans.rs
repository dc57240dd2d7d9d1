//! How SQLite finds what is asked of a market: always by an index, however much there is.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::SqliteStore;
use crate::multi_row::Sql;
use crate::rows::Columns as _;
use crate::trading::dialect::Dialect;
use crate::trading::explained::{ask_for_everything, ask_for_what_is_sorted, everything, more};
use crate::trading::session::{Session, Value};
use crate::trading::write;
use crate::{ProjectionStore as _, StoreError};

/// A session that first asks how a statement would be done, and makes sure that no table is walked.
struct Explained<'a> {
    connection: &'a mut SqliteConnection,
    /// The tables that were looked into, and how.
    seen: Vec<String>,
}

/// What a plan may walk: rows that come with the statement, or that it has found already.
const WALKED: [&str; 10] = [
    "SCAN asked",
    "SCAN given",
    "SCAN stretch",
    "SCAN candle",
    "SCAN t",
    "SCAN CONSTANT ROW",
    "SCAN 2 CONSTANT ROWS",
    "SCAN taking",
    "SCAN making",
    "SCAN (subquery",
];

impl Explained<'_> {
    async fn explain(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<(), StoreError> {
        let text = format!("explain query plan {}", sql.0);
        let plan = self.connection.fetch(sqlx::AssertSqlSafe(text.into()), values.to_vec()).await?;
        for row in &plan {
            let step = row.text(3)?;
            let may_walk = |may: &&str| {
                step.strip_prefix(may).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            };
            let walks = step.starts_with("SCAN") && !WALKED.iter().any(may_walk);
            assert!(!walks, "{step}\n{}", sql.0);
            self.seen.push(step.to_owned());
        }
        Ok(())
    }
}

impl Session for Explained<'_> {
    type Row = SqliteRow;

    const DIALECT: Dialect = SqliteConnection::DIALECT;

    async fn fetch(
        &mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.explain(&sql, &values).await?;
        self.connection.fetch(sql, values).await
    }

    async fn execute(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<u64, StoreError> {
        self.explain(&sql, &values).await?;
        self.connection.execute(sql, values).await
    }
}

#[tokio::test]
async fn no_statement_about_markets_walks_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/store.db", folder.path().display());
    let store = SqliteStore::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let mut connection = store.writer.acquire().await.unwrap();
    let mut session = Explained { connection: &mut connection, seen: Vec::new() };
    for change in [everything(), more()] {
        write::write(&mut session, &[change]).await.unwrap();
    }
    ask_for_everything(&mut session).await;
    let sorted = session.seen.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
    assert!(!sorted, "the indexes give every list in its order");
    ask_for_what_is_sorted(&mut session).await;
    for index in [
        "market_orders_by_time",
        "market_orders_by_account",
        "market_orders_by_symbol",
        "market_orders_by_status",
        "market_orders_open_by_account",
        "COVERING INDEX market_orders_book",
        "COVERING INDEX trades_by_time",
        "trades_by_maker",
        "trades_by_taker",
    ] {
        assert!(session.seen.iter().any(|step| step.contains(index)), "{index} is never used");
    }
}
