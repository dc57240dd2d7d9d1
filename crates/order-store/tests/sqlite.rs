//! The contract over SQLite, and what is SQLite's own.

mod contract;

use contract::TestDatabase;
use contract::rows::{batch, order, order_id, page};
use order_store::{OrderStore, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, query, query_scalar, raw_sql};
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
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        query_scalar(sql).fetch_one(&mut self.connect().await).await.unwrap()
    }
}

contract!(File);

#[tokio::test]
async fn a_read_only_store_can_be_read() {
    let file = File::create().await.unwrap();
    file.migrated().await.projections.apply(&batch(vec![order(1)])).await.unwrap();
    let store = order_store::open(&format!("{}?mode=ro", file.url())).await.unwrap();
    for error in [
        store.projections.check().await.unwrap_err(),
        store.projections.apply(&batch(vec![order(2)])).await.unwrap_err(),
    ] {
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("readonly"), "{error}");
    }
    store.queries.check_readable().await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for() {
    let file = File::create().await.unwrap();
    let store = file.migrated().await;
    let mut other = file.connect().await;
    raw_sql("begin immediate").execute(&mut other).await.unwrap();
    let check = store.projections.check().await.unwrap_err();
    assert!(check.is_retryable(), "{check}");
    let projections = store.projections.clone();
    let waiting = tokio::spawn(async move { projections.apply(&batch(vec![order(1)])).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    raw_sql("rollback").execute(&mut other).await.unwrap();
    waiting.await.unwrap().unwrap();
    store.projections.check().await.unwrap();
}

#[tokio::test]
async fn more_readers_than_connections_all_get_their_turn() {
    let file = File::create().await.unwrap();
    let store = file.migrated().await;
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    let readers: Vec<_> = (0..order_store::sqlite::READ_CONNECTIONS_MAX * 10)
        .map(|_| {
            let queries = store.queries.clone();
            tokio::spawn(async move { queries.search_customers("ada", page(1)).await })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), [order(1)]);
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_a_matter_of_configuration() {
    let file = File::create().await.unwrap();
    let store = file.open().await;
    let path = file.url().strip_prefix("sqlite:").unwrap().to_owned();
    std::fs::write(path, "This is a letter, not a database. ".repeat(100)).unwrap();
    let error = store.projections.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Configuration(_)), "{error}");
}

#[tokio::test]
async fn urls_that_can_not_work_are_refused_at_once() {
    for url in ["sqlite::memory:", "sqlite:", "mysql://x", "", "sqlite:x?mode=memory"] {
        let error = order_store::open(url).await.err().unwrap();
        assert!(matches!(error, StoreError::Configuration(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn no_offered_query_reads_the_whole_table() {
    let file = File::create().await.unwrap();
    file.migrated().await;
    let mut connection = file.connect().await;
    let page = "and order_key between 1 and 99 and (placed_at_ms, order_id) < (9, x'00')
                order by placed_at_ms desc, order_id desc limit 50";
    let last = "and order_key < 99 order by order_key desc limit 1 offset 49";
    let words = "order_key in (select rowid from order_words
                               where order_words match '\"a\"*' and rowid between 1 and 99)";
    for (condition, step, index) in [
        ("order_id = x'00'", "", "(order_id=?)"),
        ("true", last, "PRIMARY KEY (rowid<?)"),
        ("true", page, "PRIMARY KEY (rowid>? AND rowid<?)"),
        ("status = 'x'", last, "orders_by_status (status=? AND rowid<?)"),
        ("customer_id = 1", last, "orders_by_customer (customer_id=? AND rowid<?)"),
        ("customer_id = 1", page, "orders_by_customer (customer_id=? AND rowid>? AND rowid<?)"),
        ("+status = 'x' and customer_id = 1", last, "orders_by_customer (customer_id=?"),
        ("+status = 'x' and customer_id = 1", page, "orders_by_customer (customer_id=?"),
        (words, "and (placed_at_ms, order_id) < (9, x'00') order by 1 limit 9", "PRIMARY KEY"),
    ] {
        let sql = format!("explain query plan select * from orders where {condition} {step}");
        let plan = query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{condition} {step}\n{plan:?}");
        assert!(!plan.iter().any(|line| line == "SCAN orders"), "{condition} {step}\n{plan:?}");
    }
}
