//! The contract over SQLite, and what is SQLite's own.

mod contract;
#[path = "sqlite/random_market.rs"]
mod random_market;
#[path = "sqlite/sharing.rs"]
mod sharing;

use std::path::Path;

use contract::TestDatabase;
use contract::generations::Rebuildable;
use contract::rows::{batch, order, order_id};
use order_store::generations::Generation;
use order_store::{OrderStore, StoreError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, query_scalar, raw_sql};
use tempfile::TempDir;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");

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
    const VERSIONS: i64 = 3;

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

    async fn migrate_to(&self, version: i64) {
        let folder = self.folder.path().join("below");
        std::fs::create_dir_all(folder).unwrap();
        let options: SqliteConnectOptions = self.url().parse().unwrap();
        let mut connection = options.create_if_missing(true).connect().await.unwrap();
        let steps = Migrator::new(Path::new(MIGRATIONS)).await.unwrap();
        steps.run_to(version, &mut connection).await.unwrap();
    }

    async fn count(&self, table: &'static str) -> i64 {
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        query_scalar(sql).fetch_one(&mut self.connect().await).await.unwrap()
    }
}

impl Rebuildable for File {
    fn store_url(&self) -> String {
        self.url()
    }

    async fn indexes(&self) -> Vec<String> {
        let sql = "select name from sqlite_schema where type = 'index' order by name";
        query_scalar(sql).fetch_all(&mut self.connect().await).await.unwrap()
    }
}

contract!(File);
generations_contract!(File);

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

/// Few large pieces while nobody reads; small ones again afterwards, of which readers have fewer to look
/// at.
#[tokio::test]
async fn words_are_gathered_as_usual_after_a_load() {
    let file = File::create().await.unwrap();
    let store = file.migrated().await;
    let load = file.generations().open(Generation::FIRST).await.unwrap().load;
    let gathering = async || -> Vec<i64> {
        let sql =
            "select v from order_words_config where k in ('hashsize', 'automerge') order by k";
        query_scalar(sql).fetch_all(&mut file.connect().await).await.unwrap()
    };
    load.begin_load().await.unwrap();
    assert_eq!(gathering().await, [0, 16 << 20]);
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    load.end_load().await.unwrap();
    assert_eq!(gathering().await, [4, 1 << 20]);
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
    for url in
        ["sqlite::memory:", "sqlite:", "mysql://x", "oracle://x/y", "", "sqlite:x?mode=memory"]
    {
        let error = order_store::open(url).await.err().unwrap();
        assert!(matches!(error, StoreError::Configuration(_)), "{url}: {error}");
    }
}
