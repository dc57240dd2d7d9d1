//! A database of a test's own on the SQL Server that `SERIATIM_TEST_MSSQL` names, where it names one.

use std::process::{Command, Stdio};

use reqwest::Url;
use uuid::Uuid;

use crate::services::workspace;

/// An empty database; removed when dropped.
pub struct SqlServer {
    server: Url,
    name: String,
}

impl SqlServer {
    /// A new one; `None`, with a line that says so, where no server is named: none can be had from the
    /// registries.
    pub fn create() -> Option<Self> {
        let Ok(url) = std::env::var("SERIATIM_TEST_MSSQL") else {
            println!("not run: SERIATIM_TEST_MSSQL names no SQL Server (CONTRIBUTING.md says how)");
            return None;
        };
        let server = Url::parse(&url).expect("SERIATIM_TEST_MSSQL is a URL");
        let database = Self { server, name: format!("house_{}", Uuid::now_v7().simple()) };
        database.transact("master", &format!("create database {}", database.name));
        Some(database)
    }

    /// `mssql://user:password@host:port/database?...`.
    pub fn url(&self) -> String {
        let mut url = self.of(&self.name);
        // A server that was started for tests has made its certificate itself.
        if !url.query_pairs().any(|(name, _)| name == "trust" || name == "ca-file") {
            url.query_pairs_mut().append_pair("trust", "anything");
        }
        url.into()
    }

    /// Does what this one batch says, as somebody beside the store.
    pub fn run(&self, sql: &str) {
        self.transact(&self.name, sql);
    }

    fn of(&self, database: &str) -> Url {
        let mut url = self.server.clone();
        url.set_path(database);
        url
    }

    /// The tests link no driver: the store's own example does it.
    fn transact(&self, database: &str, sql: &str) {
        let done = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--locked", "--package", "order-store"])
            .args(["--example", "transact_sql", "--", self.of(database).as_str(), sql])
            .current_dir(workspace())
            .stdin(Stdio::null())
            .status()
            .expect("cargo runs");
        assert!(done.success(), "transact_sql: {done}: {sql}");
    }
}

impl Drop for SqlServer {
    fn drop(&mut self) {
        // Its generations, too.
        let sql = format!(
            "declare @drop nvarchar(max) = N'';
             select @drop += N'alter database ' + quotename(name)
                 + N' set single_user with rollback immediate; drop database ' + quotename(name) + N';'
             from sys.databases where name like N'{}%';
             exec sp_executesql @drop;",
            self.name
        );
        self.transact("master", &sql);
    }
}
