//! The contract over MariaDB, and what is MySQL's own.

mod contract;
#[path = "mysql/own_server.rs"]
mod own_server;
mod servers;

use std::path::Path;
use std::time::Duration;

use contract::TestDatabase;
use contract::generations::Rebuildable;
use contract::rows::{batch, order, order_id};
use order_store::{OrderStore, StoreError};
use own_server::OwnServer;
use servers::ServerDatabase;
use sqlx::migrate::Migrator;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, query_scalar, raw_sql};
use uuid::Uuid;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/mysql");

/// A database of its own on the server that `SERIATIM_TEST_MYSQL` names.
struct Database {
    server: MySqlConnectOptions,
    name: String,
}

impl Database {
    async fn on(server: MySqlConnectOptions) -> Self {
        let name = format!("seriatim_{}", Uuid::now_v7().simple());
        run(&mut server.connect().await.unwrap(), &format!("create database {name}")).await;
        Self { server, name }
    }

    fn url_of(&self, server: MySqlConnectOptions) -> String {
        server.database(&self.name).to_url_lossy().to_string()
    }

    async fn connect(&self) -> MySqlConnection {
        self.server.clone().database(&self.name).connect().await.unwrap()
    }
}

async fn run(connection: &mut MySqlConnection, sql: &str) {
    raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

impl TestDatabase for Database {
    const VERSIONS: i64 = 2;

    const OLD_CHECKPOINT: &str = "insert into checkpoints
        (topic, `partition`, next_offset, source_next_offset) values ('order-events', 0, 7, 14)";

    async fn create() -> Option<Self> {
        let Ok(url) = std::env::var("SERIATIM_TEST_MYSQL") else {
            assert_eq!(
                std::env::var("SERIATIM_SKIP_MARIADB").as_deref(),
                Ok("1"),
                "SERIATIM_TEST_MYSQL names no server: run the README's test command, which starts \
                 one, or set SERIATIM_SKIP_MARIADB=1"
            );
            println!("skipped: SERIATIM_SKIP_MARIADB=1");
            return None;
        };
        Some(Self::on(url.parse().unwrap()).await)
    }

    async fn open(&self) -> OrderStore {
        order_store::open(&self.url_of(self.server.clone())).await.unwrap()
    }

    async fn refuse_poison(&self) {
        self.execute(
            "create trigger no_poison before insert on orders for each row
             begin
                 if new.customer_name = 'poison' then
                     signal sqlstate '45000' set message_text = 'no poison';
                 end if;
             end",
        )
        .await;
    }

    async fn execute(&self, sql: &'static str) {
        run(&mut self.connect().await, sql).await;
    }

    async fn migrate_to(&self, version: i64) {
        let mut steps = Migrator::new(Path::new(MIGRATIONS)).await.unwrap();
        // MariaDB knows no lock that is waited for without end, which is what sqlx asks for.
        steps.set_locking(false).run_to(version, &mut self.connect().await).await.unwrap();
    }

    async fn count(&self, table: &'static str) -> i64 {
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        query_scalar(sql).fetch_one(&mut self.connect().await).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A destructor can't wait inside the test's own runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut connection = server.connect().await.unwrap();
                // Its generations, too.
                let names: Vec<String> = query_scalar(
                    "select cast(schema_name as char) from information_schema.schemata",
                )
                .fetch_all(&mut connection)
                .await
                .unwrap();
                for name in names.iter().filter(|other| other.starts_with(&name)) {
                    run(&mut connection, &format!("drop database {name}")).await;
                }
            });
        });
        let dropped = dropping.join();
        assert!(dropped.is_ok() || std::thread::panicking(), "the test's database is left over");
    }
}

impl ServerDatabase for Database {
    const WRITE_CONNECTIONS_MAX: u32 = order_store::mysql::WRITE_CONNECTIONS_MAX;
    const READ_TIMEOUT: Duration = order_store::mysql::READ_TIMEOUT;

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
        run(&mut other, "lock tables checkpoints write").await;
        Box::new(other)
    }
}

impl Rebuildable for Database {
    fn store_url(&self) -> String {
        self.url_of(self.server.clone())
    }

    async fn indexes(&self) -> Vec<String> {
        let sql = "select distinct cast(concat(table_name, '.', index_name) as char) as name
                   from information_schema.statistics
                   where table_schema = database() order by name";
        query_scalar(sql).fetch_all(&mut self.connect().await).await.unwrap()
    }
}

contract!(Database);
generations_contract!(Database);
server_contract!(Database);
server_contract!(@cases OwnServer, read_only:
    a_read_only_server_is_read_and_not_ready_for_writes);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_has_no_more_connections_is_told_so() {
    let Some(database) = Database::create().await else { return };
    database.migrated().await;
    let name = &database.name;
    let user = format!("u{}", &name[name.len() - 12..]);
    let mut connection = database.connect().await;
    let limit = "identified by 'secret' with max_user_connections 1";
    run(&mut connection, &format!("create user {user}@'127.0.0.1' {limit}")).await;
    run(&mut connection, &format!("grant select on {name}.* to {user}@'127.0.0.1'")).await;
    let own = database.server.clone().username(&user).password("secret");
    let taken = own.clone().database(name).connect().await.unwrap();
    let store = order_store::open(&database.url_of(own)).await.unwrap();
    let error = store.queries.order(order_id(1)).await.unwrap_err();
    drop(taken);
    run(&mut connection, &format!("drop user {user}@'127.0.0.1'")).await;
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("max_user_connections"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

/// MySQL commits every table as it is made, so a step may have been done in part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_was_cut_off_is_begun_again() {
    let first_step = include_str!("../migrations/mysql/0001_orders.sql");
    let statements = first_step.matches(";\n").count();
    for done in [1, statements] {
        let Some(database) = Database::create().await else { return };
        let mut connection = database.connect().await;
        let part: String = first_step.split_inclusive(";\n").take(done).collect();
        run(&mut connection, &part).await;
        let store = database.migrated().await;
        store.projections.apply(&batch(vec![order(1)])).await.unwrap();
        assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_migration_is_refused() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    database.execute("update _sqlx_migrations set checksum = 'x' where version = 2").await;
    let error = store.projections.migrate().await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Configuration(text) if text.contains("migration 2")),
        "{error}"
    );
}

/// Whatever the server does with texts that are too long, for others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_too_long_is_refused_whole() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    let mut row = order(2);
    row.items[1].colour = "x".repeat(70_000);
    let error = store.projections.apply(&batch(vec![order(1), row])).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert_eq!(database.count("orders").await, 0);
}

#[tokio::test]
async fn a_url_without_a_database_is_refused_at_once() {
    let error = order_store::open("mysql://me@localhost").await.err().unwrap();
    assert!(matches!(&error, StoreError::Configuration(text) if text.contains("database")));
}
