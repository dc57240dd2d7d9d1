//! The contract over Postgres, and what is Postgres's own.

mod contract;
mod servers;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use contract::TestDatabase;
use contract::generations::Rebuildable;
use contract::rows::{batch, order, order_id, step, stream};
use order_store::{Checkpoint, OrderStore, ProjectionBatch, StoreError};
use servers::ServerDatabase;
use servers::read_only::ReadOnly;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, query_scalar, raw_sql};
use uuid::Uuid;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");

/// A database of its own on the server that `SERIATIM_TEST_POSTGRES` names.
struct Database {
    server: PgConnectOptions,
    name: String,
}

impl Database {
    fn url(&self) -> String {
        self.url_of(self.server.clone())
    }

    fn url_of(&self, server: PgConnectOptions) -> String {
        let mut url = server.database(&self.name).to_url_lossy();
        url.set_query(None);
        url.to_string()
    }

    async fn connect(&self) -> PgConnection {
        self.server.clone().database(&self.name).connect().await.unwrap()
    }
}

impl TestDatabase for Database {
    const VERSIONS: i64 = 3;

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

    async fn migrate_to(&self, version: i64) {
        let steps = Migrator::new(Path::new(MIGRATIONS)).await.unwrap();
        steps.run_to(version, &mut self.connect().await).await.unwrap();
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

impl ServerDatabase for Database {
    const WRITE_CONNECTIONS_MAX: u32 = order_store::postgres::WRITE_CONNECTIONS_MAX;
    const READ_TIMEOUT: Duration = order_store::postgres::READ_TIMEOUT;

    fn address(&self) -> (String, u16) {
        (self.server.get_host().to_owned(), self.server.get_port())
    }

    fn url_at(&self, host: &str, port: u16) -> String {
        self.url_of(self.server.clone().host(host).port(port))
    }

    fn url_with_password(&self, password: &str) -> String {
        self.url_of(self.server.clone().password(password))
    }

    async fn block_batches(&self) -> Box<dyn Send> {
        let mut other = self.connect().await;
        raw_sql("begin; lock table checkpoints").execute(&mut other).await.unwrap();
        Box::new(other)
    }
}

impl ReadOnly for Database {
    async fn make_read_only(&self) -> OrderStore {
        let name = &self.name;
        let sql = format!("alter database {name} set default_transaction_read_only = on");
        raw_sql(AssertSqlSafe(sql)).execute(&mut self.connect().await).await.unwrap();
        self.open().await
    }
}

contract!(Database);
generations_contract!(Database);
server_contract!(Database);
server_contract!(@cases Database, read_only:
    a_read_only_server_is_read_and_not_ready_for_writes);

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
