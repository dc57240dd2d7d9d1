//! A server of a test's own, for what would hinder the others on a shared one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use order_store::OrderStore;
use sqlx::ConnectOptions as _;
use tempfile::TempDir;

use crate::contract::TestDatabase;
use crate::servers::read_only::ReadOnly;
use crate::{Database, run};

/// A database on a server that nobody else uses.
pub struct OwnServer {
    // In this order, because a field that comes first is dropped first.
    database: Database,
    _server: Started,
}

/// A server that `setup/services` has started in a folder.
struct Started {
    folder: TempDir,
}

impl Started {
    fn services(folder: &Path, arguments: &[&str]) -> String {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../setup/services");
        let output = Command::new(script)
            .args(arguments)
            .arg("--dir")
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "setup/services {arguments:?}: {}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// The server, and its URL.
    fn start() -> (Self, String) {
        let started = Self { folder: tempfile::tempdir().unwrap() };
        let lines = Self::services(started.folder.path(), &["start", "mariadb"]);
        let url = lines.lines().find_map(|line| line.strip_prefix("export SERIATIM_TEST_MYSQL="));
        let url = url.expect("setup/services prints it").trim_matches(['\'', '"']).to_owned();
        (started, url)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        Self::services(self.folder.path(), &["remove"]);
    }
}

impl TestDatabase for OwnServer {
    const VERSIONS: i64 = Database::VERSIONS;

    async fn create() -> Option<Self> {
        // Where there is no shared server, there can be no other.
        drop(Database::create().await?);
        let (server, url) = Started::start();
        Some(Self { database: Database::on(url.parse().unwrap()).await, _server: server })
    }

    async fn open(&self) -> OrderStore {
        self.database.open().await
    }

    async fn refuse_poison(&self) {
        self.database.refuse_poison().await;
    }

    async fn execute(&self, sql: &'static str) {
        self.database.execute(sql).await;
    }

    async fn migrate_to(&self, version: i64) {
        self.database.migrate_to(version).await;
    }

    async fn count(&self, table: &'static str) -> i64 {
        self.database.count(table).await
    }
}

impl ReadOnly for OwnServer {
    /// As a user who has no right to write all the same.
    async fn make_read_only(&self) -> OrderStore {
        let (server, name) = (&self.database.server, &self.database.name);
        let mut connection = server.connect().await.unwrap();
        run(&mut connection, "create user plain@'127.0.0.1' identified by 'secret'").await;
        run(&mut connection, &format!("grant all on {name}.* to plain@'127.0.0.1'")).await;
        run(&mut connection, "set global read_only = 1").await;
        let plain = server.clone().username("plain").password("secret");
        order_store::open(&self.database.url_of(plain)).await.unwrap()
    }
}
