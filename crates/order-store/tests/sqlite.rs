//! The contract over SQLite, and what is SQLite's own.

mod contract;

use contract::TestDatabase;
use order_store::OrderStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, query_scalar, raw_sql};
use tempfile::TempDir;

/// A file in a folder of its own.
struct File {
    folder: TempDir,
}

impl File {
    fn url(&self) -> String {
        format!("sqlite:{}/below/store.db", self.folder.path().display())
    }

    async fn connect(&self) -> SqliteConnection {
        let options: SqliteConnectOptions = self.url().parse().unwrap();
        options.connect().await.unwrap()
    }
}

impl TestDatabase for File {
    async fn create() -> Option<Self> {
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    async fn open(&self) -> OrderStore {
        order_store::open(&self.url()).await.unwrap()
    }

    async fn refuse_poison(&self) {
        self.execute(
            "create trigger no_poison before insert on orders when new.customer_name = 'poison'
             begin select raise(abort, 'no poison'); end",
        )
        .await;
    }

    async fn execute(&self, sql: &'static str) {
        raw_sql(sql).execute(&mut self.connect().await).await.unwrap();
    }

    async fn count(&self, table: &'static str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        query_scalar(sql).fetch_one(&mut self.connect().await).await.unwrap()
    }
}

contract!(File);
