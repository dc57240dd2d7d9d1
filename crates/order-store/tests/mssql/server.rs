//! Databases on a real server.

use std::time::Duration;

use order_store::OrderStore;
use order_store::generations::Generation;
use tiberius::{Client, Row};
use tokio::net::TcpStream;
use tokio_util::compat::Compat;
use url::Url;
use uuid::Uuid;

use crate::connecting::{connect, rows};
use crate::contract::TestDatabase;
use crate::contract::generations::Rebuildable;
use crate::servers::ServerDatabase;
use crate::servers::read_only::ReadOnly;

/// A database of its own on the server that `SERIATIM_TEST_MSSQL` names.
pub struct Database {
    /// The server, and the database that it was told.
    server: Url,
    name: String,
}

impl Database {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection to a database of the server, beside any store.
    pub async fn connect(&self, database: &str) -> Client<Compat<TcpStream>> {
        connect(&self.server, database).await
    }

    pub async fn rows(&self, sql: &str) -> Vec<Row> {
        rows(&mut self.connect(&self.name).await, sql).await
    }

    fn url(&self) -> Url {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        // A server that was started for tests has made its certificate itself.
        if !url.query_pairs().any(|(name, _)| name == "trust" || name == "ca-file") {
            url.query_pairs_mut().append_pair("trust", "anything");
        }
        url
    }
}

/// The first generation of the store at `url`, whichever is live: nobody asks first which that is.
pub async fn open_first(url: &str) -> OrderStore {
    let generations = order_store::open_generations(url).unwrap();
    generations.open(Generation::FIRST).await.unwrap().store
}

/// Tries until nobody is in it any more: a store's last connection may come in between.
async fn remove(server: &Url, name: &str) {
    let sql = format!(
        "alter database {name} set single_user with rollback immediate; drop database {name}"
    );
    for _ in 0..50 {
        let mut client = connect(server, "master").await;
        let removed = match client.simple_query(&sql).await {
            Ok(answers) => answers.into_results().await.is_ok(),
            Err(_) => false,
        };
        if removed {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{name} can't be dropped");
}

/// The steps of the schema.
const STEPS: [&str; 2] = [
    include_str!("../../migrations/mssql/0001_orders.sql"),
    include_str!("../../migrations/mssql/0002_markets.sql"),
];

/// The table of versions as every build has it.
const VERSIONS_TABLE: &str = "create table schema_versions (
    version bigint not null constraint schema_versions_key primary key clustered,
    description nvarchar(200) not null,
    applied_at datetime2(3) not null default sysutcdatetime()
)";

impl TestDatabase for Database {
    const VERSIONS: i64 = 2;

    const OLD_CHECKPOINT: &str = "insert into checkpoints
        (topic, [partition], next_offset, source_next_offset) values ('order-events', 0, 7, 14)";

    const NEWER_SCHEMA: &str =
        "insert into schema_versions (version, description) values (9999, 'from the future')";

    async fn create() -> Option<Self> {
        let Ok(url) = std::env::var("SERIATIM_TEST_MSSQL") else {
            println!("not run: SERIATIM_TEST_MSSQL names no SQL Server (CONTRIBUTING.md says how)");
            return None;
        };
        let server = Url::parse(&url).unwrap();
        let name = format!("seriatim_{}", Uuid::now_v7().simple());
        let mut client = connect(&server, "master").await;
        // Two databases can't be made at one moment.
        for tries in 1.. {
            let made = client.simple_query(format!("create database {name}")).await;
            let made = match made {
                Ok(answers) => answers.into_results().await.map(drop),
                Err(error) => Err(error),
            };
            match made {
                Ok(()) => break,
                Err(error) if tries < 50 && error.code() == Some(1807) => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
        Some(Self { server, name })
    }

    async fn open(&self) -> OrderStore {
        order_store::open(self.url().as_str()).await.unwrap()
    }

    async fn refuse_poison(&self) {
        self.execute(
            "create trigger no_poison on orders after insert as
             begin
                 set nocount on;
                 if exists (select 1 from inserted where customer_name = N'poison')
                 begin
                     throw 50000, N'no poison', 1;
                 end;
             end",
        )
        .await;
    }

    async fn execute(&self, sql: &'static str) {
        self.rows(sql).await;
    }

    async fn count(&self, table: &'static str) -> i64 {
        let found = self.rows(&format!("select count_big(*) from {table}")).await;
        found[0].get::<i64, _>(0).unwrap()
    }

    async fn migrate_to(&self, version: i64) {
        let mut client = self.connect(&self.name).await;
        rows(&mut client, VERSIONS_TABLE).await;
        for (number, sql) in (1..=version).zip(STEPS) {
            rows(&mut client, sql).await;
            let done = format!(
                "insert into schema_versions (version, description) values ({number}, N'')"
            );
            rows(&mut client, &done).await;
        }
    }
}

impl Rebuildable for Database {
    fn store_url(&self) -> String {
        self.url().into()
    }

    async fn indexes(&self) -> Vec<String> {
        let sql = "select i.name from sys.indexes as i
                   join sys.tables as t on t.object_id = i.object_id
                   where i.type > 0 and i.is_disabled = 0 order by i.name";
        let found = self.rows(sql).await;
        found.iter().map(|row| row.get::<&str, _>(0).unwrap().to_owned()).collect()
    }
}

impl ServerDatabase for Database {
    const WRITE_CONNECTIONS_MAX: u32 = order_store::mssql::WRITE_CONNECTIONS_MAX;
    const READ_TIMEOUT: Duration = order_store::mssql::READ_TIMEOUT;

    fn address(&self) -> (String, u16) {
        (self.server.host_str().unwrap().to_owned(), self.server.port().unwrap_or(1433))
    }

    fn url_at(&self, host: &str, port: u16) -> String {
        let mut url = self.url();
        url.set_host(Some(host)).unwrap();
        url.set_port(Some(port)).unwrap();
        // The certificate is another host's.
        url.query_pairs_mut().append_pair("trust", "anything");
        url.into()
    }

    fn url_with_password(&self, password: &str) -> String {
        let mut url = self.url();
        url.set_password(Some(password)).unwrap();
        url.into()
    }

    async fn block_batches(&self) -> Box<dyn Send> {
        let mut other = self.connect(&self.name).await;
        let lock = "begin transaction; select 1 from checkpoints with (tablockx, holdlock)";
        rows(&mut other, lock).await;
        Box::new(other)
    }
}

impl ReadOnly for Database {
    async fn make_read_only(&self) -> OrderStore {
        let sql = format!("alter database {} set read_only with rollback immediate", self.name);
        rows(&mut self.connect("master").await, &sql).await;
        self.open().await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A destructor can't wait inside the test's own runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut client = connect(&server, "master").await;
                // Its generations, too.
                let all = format!("select name from sys.databases where name like N'{name}%'");
                for row in rows(&mut client, &all).await {
                    remove(&server, row.get::<&str, _>(0).unwrap()).await;
                }
            });
        });
        let dropped = dropping.join();
        assert!(dropped.is_ok() || std::thread::panicking(), "the test's database is left over");
    }
}
