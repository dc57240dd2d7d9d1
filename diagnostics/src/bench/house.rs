//! The all-in-one in a data directory of its own, and what it gets done.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Bench;
use super::backlog::Backlog;
use super::oha::{Amount, rate};
use super::server::Server;

/// How many connections load the all-in-one.
pub const CONNECTIONS: u32 = 64;

/// A running `seriatim` over the embedded log and SQLite, seen from inside and outside.
pub struct House {
    server: Server,
    backlog: Backlog,
    data: DataDir,
}

/// A data directory that is removed when dropped.
pub struct DataDir(tempfile::TempDir);

impl DataDir {
    /// An empty one.
    pub fn new(bench: &Bench) -> anyhow::Result<Self> {
        Ok(Self(tempfile::tempdir_in(bench.folder.path())?))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The URL of the log in it.
    pub fn log_url(&self) -> String {
        format!("sqlite:{}", self.path().join("log").display())
    }

    /// The path of the store in it.
    pub fn store_path(&self) -> PathBuf {
        self.path().join("store.sqlite")
    }

    /// The arguments that make a program use it.
    pub fn arguments(&self) -> [std::ffi::OsString; 2] {
        ["--data-dir".into(), self.path().into()]
    }
}

impl House {
    /// Starts it, empty; `partitions` of its topics where it is not the default.
    pub async fn start(bench: &Bench, partitions: Option<u32>) -> anyhow::Result<Self> {
        let data = DataDir::new(bench)?;
        let partitions = partitions.map(|count| ("SERIATIM_TOPICS__PARTITIONS", count.to_string()));
        let variables: Vec<_> = partitions.into_iter().collect();
        let program = &bench.programs.seriatim;
        let server = Server::start(program, data.path(), data.arguments(), &variables).await?;
        let store_url = format!("sqlite:{}", data.store_path().display());
        let backlog = Backlog::open(&data.log_url(), &store_url).await?;
        Ok(Self { server, backlog, data })
    }

    /// The program.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Posts orders for a while, waits until SQL holds them all, and answers orders per second over
    /// the whole time.
    pub async fn sustained(&self, bench: &Bench, time: Duration) -> anyhow::Result<f64> {
        let before = self.backlog.drained().await?;
        let began = Instant::now();
        bench.oha.post(self.server.url(), CONNECTIONS, Amount::For(time)).await?;
        let after = self.backlog.drained().await?;
        Ok(rate(after - before, began.elapsed().as_secs_f64()))
    }

    /// Posts orders until SQL holds at least `orders`.
    pub async fn fill_to(&self, bench: &Bench, orders: u64) -> anyhow::Result<()> {
        let stored = self.backlog.drained().await?;
        let missing = orders.saturating_sub(stored);
        if missing > 0 {
            let amount = Amount::Requests(missing);
            bench.oha.post(self.server.url(), CONNECTIONS, amount).await?;
            self.backlog.drained().await?;
        }
        Ok(())
    }

    /// Stops the program and leaves the data.
    pub async fn stop(self) -> anyhow::Result<DataDir> {
        self.backlog.close().await;
        self.server.stop().await?;
        Ok(self.data)
    }
}
