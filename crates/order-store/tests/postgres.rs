//! The contract over Postgres, and what is Postgres's own.

mod contract;
#[path = "postgres/plans.rs"]
mod plans;
#[path = "postgres/proxy.rs"]
mod proxy;

use std::str::FromStr;
use std::time::{Duration, Instant};

use contract::TestDatabase;
use contract::generations::Rebuildable;
use contract::rows::{batch, order, order_id, step, stream};
use order_store::{Checkpoint, OrderStore, ProjectionBatch, StoreError};
use proxy::Proxy;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, query_scalar, raw_sql};
use uuid::Uuid;

/// A database of its own on the server that `SERIATIM_TEST_POSTGRES` names.
struct Database {
    server: PgConnectOptions,
    name: String,
}

impl Database {
    fn url_at(&self, host: &str, port: u16) -> String {
        let mut url = self.server.clone().host(host).port(port).database(&self.name).to_url_lossy();
        url.set_query(None);
        url.to_string()
    }

    fn url(&self) -> String {
        self.url_at(self.server.get_host(), self.server.get_port())
    }

    async fn connect(&self) -> PgConnection {
        self.server.clone().database(&self.name).connect().await.unwrap()
    }

    async fn proxied(&self) -> (Proxy, OrderStore) {
        let proxy = Proxy::start(self.server.get_host(), self.server.get_port()).await;
        let url = self.url_at("127.0.0.1", proxy.port());
        (proxy, order_store::open(&url).await.unwrap())
    }
}

impl TestDatabase for Database {
    async fn create() -> Option<Self> {
        let Ok(url) = std::env::var("SERIATIM_TEST_POSTGRES") else {
            assert_eq!(
                std::env::var("SERIATIM_SKIP_POSTGRES").as_deref(),
                Ok("1"),
                "SERIATIM_TEST_POSTGRES names no server: run the README's test command, which \
                 starts one, or set SERIATIM_SKIP_POSTGRES=1"
            );
            println!("skipped: SERIATIM_SKIP_POSTGRES=1");
            return None;
        };
        let server = PgConnectOptions::from_str(&url).unwrap();
        let name = format!("seriatim_{}", Uuid::now_v7().simple());
        let create = AssertSqlSafe(format!("create database {name}"));
        raw_sql(create).execute(&mut server.connect().await.unwrap()).await.unwrap();
        Some(Self { server, name })
    }

    async fn open(&self) -> OrderStore {
        order_store::open(&self.url()).await.unwrap()
    }

    async fn refuse_poison(&self) {
        self.execute(
            "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'no poison'; end $$;
             create trigger no_poison before insert on orders
             for each row when (new.customer_name = 'poison') execute function refuse();",
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

impl Drop for Database {
    fn drop(&mut self) {
        let drop = AssertSqlSafe(format!("drop database {} with (force)", self.name));
        let server = self.server.clone();
        // A destructor can't wait inside the test's own runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                raw_sql(drop).execute(&mut server.connect().await.unwrap()).await.unwrap();
            });
        });
        let dropped = dropping.join();
        assert!(dropped.is_ok() || std::thread::panicking(), "the test's database is left over");
    }
}

impl Rebuildable for Database {
    fn store_url(&self) -> String {
        self.url()
    }

    async fn indexes(&self) -> Vec<String> {
        let sql = "select cast(indexname as text) from pg_indexes
                   where schemaname = current_schema() order by indexname";
        query_scalar(sql).fetch_all(&mut self.connect().await).await.unwrap()
    }
}

contract!(Database);
generations_contract!(Database);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_in_the_middle_of_a_batch_leaves_nothing() {
    let Some(database) = Database::create().await else { return };
    database.migrated().await;
    let (proxy, store) = database.proxied().await;
    let whole = ProjectionBatch {
        moves: vec![step(0, 0, 2_000)],
        ..batch((0..2_000).map(order).collect())
    };
    // The batch is about 2 MB; the cut comes when the rows are on their way.
    proxy.cut_after(500_000);
    let error = store.projections.apply(&whole).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(database.count("orders").await, 0);
    assert_eq!(database.count("checkpoints").await, 0);

    proxy.mend();
    store.projections.apply(&whole).await.unwrap();
    assert_eq!(database.count("orders").await, 2_000);
    let again = store.projections.apply(&whole).await.unwrap_err();
    assert!(matches!(again, StoreError::CheckpointMoved(_)), "{again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_that_were_cut_are_replaced() {
    let Some(database) = Database::create().await else { return };
    database.migrated().await;
    let (proxy, store) = database.proxied().await;
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    store.queries.order(order_id(1)).await.unwrap();
    proxy.cut();
    proxy.mend();
    store.projections.apply(&batch(vec![order(2)])).await.unwrap();
    assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_at_the_start_is_there_later() {
    let Some(database) = Database::create().await else { return };
    let (proxy, store) = database.proxied().await;
    proxy.stop_listening().await;
    for error in [
        store.projections.migrate().await.unwrap_err(),
        store.projections.check().await.unwrap_err(),
        store.queries.order(order_id(1)).await.unwrap_err(),
    ] {
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("refused"), "the cause is hidden: {error}");
    }
    proxy.listen_again().await;
    store.projections.migrate().await.unwrap();
    store.projections.check().await.unwrap();
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_gives_up_long_before_a_read_though_the_server_is_silent() {
    let Some(database) = Database::create().await else { return };
    database.migrated().await;
    let (proxy, store) = database.proxied().await;
    store.projections.check().await.unwrap();
    store.queries.check_readable().await.unwrap();
    proxy.swallow();
    for check in [store.projections.check(), store.queries.check_readable()] {
        let started = Instant::now();
        let error = check.await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(started.elapsed() < order_store::postgres::READ_TIMEOUT, "{:?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_up_server_says_so() {
    let Some(database) = Database::create().await else { return };
    database.migrated().await;
    let limit = AssertSqlSafe(format!("alter database {} connection limit 0", database.name));
    raw_sql(limit).execute(&mut database.connect().await).await.unwrap();
    // The limit does not bind a superuser.
    let role = format!("reader_{}", database.name);
    let create = format!("create role {role} login password 'secret'");
    raw_sql(AssertSqlSafe(create)).execute(&mut database.connect().await).await.unwrap();
    let server = database.server.clone().username(&role).password("secret");
    let url = server.database(&database.name).to_url_lossy().to_string();
    let store = order_store::open(&url).await.unwrap();
    let error = store.queries.order(order_id(1)).await.unwrap_err();
    let drop_role = AssertSqlSafe(format!("drop role {role}"));
    raw_sql(drop_role).execute(&mut database.connect().await).await.unwrap();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("too many connections"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_find_every_connection_busy_give_up_in_time() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    // A lock that every batch has to wait for.
    let mut other = database.connect().await;
    raw_sql("begin; lock table checkpoints").execute(&mut other).await.unwrap();
    let waiting: Vec<_> = (0..order_store::postgres::WRITE_CONNECTIONS_MAX)
        .map(|partition| {
            let projections = store.projections.clone();
            let moves = vec![step(partition, 0, 1)];
            tokio::spawn(async move {
                projections.apply(&ProjectionBatch { moves, ..ProjectionBatch::default() }).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let error = store.projections.apply(&batch(vec![order(1)])).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("busy"), "{error}");
    raw_sql("rollback").execute(&mut other).await.unwrap();
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_a_matter_of_configuration_and_stays_secret() {
    let Some(database) = Database::create().await else { return };
    let server = database.server.clone().password("not-the-password");
    let store = order_store::open(server.to_url_lossy().as_str()).await.unwrap();
    for error in [
        store.projections.migrate().await.unwrap_err(),
        store.queries.check_readable().await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Configuration(_)), "{error}");
        assert!(!error.to_string().contains("not-the-password"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_is_not_ready_for_writes() {
    let Some(database) = Database::create().await else { return };
    database.migrated().await.projections.apply(&batch(vec![order(1)])).await.unwrap();
    let sql = format!("alter database {} set default_transaction_read_only = on", database.name);
    raw_sql(AssertSqlSafe(sql)).execute(&mut database.connect().await).await.unwrap();
    let store = database.open().await;
    for error in [
        store.projections.check().await.unwrap_err(),
        store.projections.apply(&batch(vec![order(2)])).await.unwrap_err(),
    ] {
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("read-only"), "{error}");
    }
    store.queries.check_readable().await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nul_in_a_text_is_refused_whole() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    let mut row = order(2);
    row.items[1].colour = "bl\0ck".into();
    let refused = ProjectionBatch { moves: vec![step(0, 0, 1)], ..batch(vec![order(1), row]) };
    let error = store.projections.apply(&refused).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert_eq!(database.count("orders").await, 0);
    assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), Checkpoint::default());
}
