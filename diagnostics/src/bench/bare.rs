//! Peers that do only the unavoidable part. Each is a hidden subcommand of this program, so that it
//! is a process like what it is held against.

use std::ffi::OsStr;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::Bench;
use super::oha::rate;

/// What a bare loop tells on stdout.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Done {
    /// How much was done.
    pub count: u64,
    /// In which time.
    pub seconds: f64,
}

impl Done {
    /// Prints it for [`run`].
    pub fn tell(self) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(&self)?);
        Ok(())
    }

    /// So many a second.
    pub fn per_second(self) -> f64 {
        rate(self.count, self.seconds)
    }
}

/// Runs a bare loop to its end.
pub async fn run<A: AsRef<OsStr>>(
    bench: &Bench,
    arguments: impl IntoIterator<Item = A>,
) -> anyhow::Result<Done> {
    let output = Command::new(&bench.programs.diagnostics)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("running a bare loop")?;
    ensure!(output.status.success(), "a bare loop ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("reading what a bare loop told")
}
