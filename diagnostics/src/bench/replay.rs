//! Running `replay`, and the sink that it sends to.

use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use measure::Report;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::Bench;
use super::http;
use super::memory::{self, Memory};
use super::server::Server;
use super::traffic::Archive;

/// The sink tells its verdict within this time.
const VERDICT_TIME_MAX: Duration = Duration::from_secs(30);

/// What became of a command.
pub struct Ran {
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it took.
    pub memory: Option<Memory>,
}

/// Runs a command of `replay` to its successful end.
pub async fn run<A: AsRef<OsStr>>(
    bench: &Bench,
    arguments: impl IntoIterator<Item = A>,
) -> anyhow::Result<Ran> {
    let mut command = Command::new(&bench.programs.replay);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().context("starting replay")?;
    let mut pipe = child.stdout.take().context("replay has no stdout")?;
    let reading = tokio::spawn(async move {
        let mut stdout = Vec::new();
        pipe.read_to_end(&mut stdout).await.map(|_| stdout)
    });
    let memory = memory::watch(&mut child).await?;
    let (status, stdout) = (child.wait().await?, reading.await??);
    ensure!(status.success(), "replay ended with {status}");
    Ok(Ran { stdout, memory })
}

/// `replay load-sink`, new: it watches order, so it takes one run.
pub struct Sink(Server);

/// The part of a sink's verdict that is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    in_order: bool,
    applied: u64,
}

impl Sink {
    /// Starts one that demands this order of `serialout`.
    pub async fn start(bench: &Bench, order: &str) -> anyhow::Result<Self> {
        let arguments = ["load-sink", "--status", "202", "--order", order];
        Server::start(&bench.programs.replay, bench.folder.path(), arguments, &[]).await.map(Self)
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Ends it. Fails unless so many requests came, all in the demanded order.
    async fn confirm(self, requests: u64) -> anyhow::Result<()> {
        let url = format!("{}/load-sink/verdict", self.url());
        let answer = http::client(VERDICT_TIME_MAX)?.get(url).send().await?;
        let verdict: Verdict = serde_json::from_slice(&answer.bytes().await?)?;
        ensure!(verdict.in_order, "the order was not kept");
        let applied = verdict.applied;
        ensure!(applied == requests, "{applied} of {requests} requests reached the sink");
        self.0.stop().await
    }
}

/// How much of an archive is sent, and how.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// `--order`.
    pub order: &'a str,
    /// `--max`, or `--pace` and a value.
    pub pace: &'a [&'a str],
    /// The first requests only.
    pub requests: u64,
}

/// Sends an archive to a sink of its own, which confirms the order.
pub async fn serialout(
    bench: &Bench,
    archive: &Archive,
    sending: Sending<'_>,
) -> anyhow::Result<(Report, Option<Memory>)> {
    let sink = Sink::start(bench, sending.order).await?;
    let mut arguments = vec!["serialout".into(), archive.path().into_os_string()];
    let requests = sending.requests.to_string();
    let to = ["--target", sink.url(), "--order", sending.order, "--to", &requests];
    let flags = ["--json", "--quiet"].iter().chain(&to).chain(sending.pace);
    arguments.extend(flags.map(Into::into));
    let Ran { stdout, memory } = run(bench, arguments).await?;
    let report = Report::from_json(std::str::from_utf8(&stdout)?)?;
    ensure!(report.requests.failed == 0, "{} requests failed", report.requests.failed);
    sink.confirm(sending.requests).await?;
    Ok((report, memory))
}

/// What `serialin` tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Copied {
    complete: bool,
    appended: u64,
    elapsed_ms: u64,
}

/// Copies an archive into a new topic; entries a second.
pub async fn serialin(
    bench: &Bench,
    archive: &Archive,
    log_url: &str,
    topic: &str,
) -> anyhow::Result<(f64, Option<Memory>)> {
    let mut arguments = vec!["serialin".into(), archive.path().into_os_string()];
    let flags = ["--to", log_url, "--topic", topic, "--json", "--quiet"];
    arguments.extend(flags.map(Into::into));
    let Ran { stdout, memory } = run(bench, arguments).await?;
    let copied: Copied = serde_json::from_slice(&stdout)?;
    ensure!(copied.complete, "not all of the archive is in the topic");
    let time = Duration::from_millis(copied.elapsed_ms);
    Ok((super::oha::rate(copied.appended, time.as_secs_f64()), memory))
}
