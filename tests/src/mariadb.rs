//! A database of a test's own on the MariaDB server that the test command has started for all.

use std::process::{Command, Stdio};

use reqwest::Url;
use uuid::Uuid;

use crate::services::shared;

/// A test makes no more generations than this.
const GENERATIONS_MAX: u32 = 4;

/// An empty database; removed when dropped.
pub struct Mariadb {
    server: Url,
    name: String,
}

impl Mariadb {
    /// A new one; `None` where its tests are to be skipped.
    pub fn create() -> Option<Self> {
        let url = shared("MARIADB", "SERIATIM_TEST_MYSQL")?;
        let server = Url::parse(&url).expect("setup/services prints a URL");
        let database = Self { server, name: format!("house_{}", Uuid::now_v7().simple()) };
        database.client("", &format!("create database {}", database.name));
        Some(database)
    }

    /// `mysql://user:password@host:port/database`.
    pub fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.to_string()
    }

    /// Does what this one statement says, as somebody beside the store.
    pub fn run(&self, sql: &str) {
        self.client(&self.name, sql);
    }

    fn client(&self, database: &str, sql: &str) {
        let done = Command::new("mariadb")
            .env("MYSQL_PWD", self.server.password().expect("the URL has a password"))
            .args(["--no-defaults", "--protocol=tcp", "--delimiter=//"])
            .args(["--host", self.server.host_str().expect("the URL has a host")])
            .args(["--port", &self.server.port().expect("the URL has a port").to_string()])
            .args(["--user", self.server.username(), "--execute", sql, database])
            .stdin(Stdio::null())
            .status()
            .expect("the client mariadb runs");
        assert!(done.success(), "mariadb: {done}: {sql}");
    }
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        self.client("", &format!("drop database {}", self.name));
        for generation in 2..=GENERATIONS_MAX {
            self.client("", &format!("drop database if exists {}_g{generation}", self.name));
        }
    }
}
