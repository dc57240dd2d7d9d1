//! A program of ours that runs as a child, on a free port of the loopback.

use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tokio::process::{Child, Command};

use super::http;

/// No program may take longer to be ready.
const START_MAX: Duration = Duration::from_mins(1);
/// No program may take longer to stop.
const STOP_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);
/// Our own variables of the caller's environment don't reach the children.
const OUR_VARIABLES: [&str; 2] = ["SERIATIM_", "RUST_LOG"];

/// A running program. Dropping it kills it.
pub struct Server {
    child: Child,
    url: String,
    errors: PathBuf,
}

impl Server {
    /// Starts `program` with `--listen` and the arguments and variables given, and waits until it
    /// answers HTTP. What it writes goes to files in `folder`.
    pub async fn start<A: AsRef<OsStr>>(
        program: &Path,
        folder: &Path,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let errors = folder.join(format!("{name}.stderr"));
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(program);
        command.args(arguments).args(["--listen", &address]);
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if OUR_VARIABLES.iter().any(|prefix| name_text.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&errors)?);
        let child = command.kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("starting {}", program.display()))?;
        let mut server = Self { child, url: format!("http://{address}"), errors };
        server.wait_ready(&name).await?;
        Ok(server)
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process's id, while it runs.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the program has ended")
    }

    async fn wait_ready(&mut self, name: &str) -> anyhow::Result<()> {
        let url = format!("{}/livez", self.url);
        let client = http::client(START_MAX)?;
        let began = Instant::now();
        while began.elapsed() < START_MAX {
            if let Some(status) = self.child.try_wait()? {
                bail!("{name} ended with {status}: {}", self.last_words());
            }
            if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("{name} is not ready after {START_MAX:?}: {}", self.last_words())
    }

    fn last_words(&self) -> String {
        const LINES: usize = 5;
        let text = std::fs::read_to_string(&self.errors).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// Asks it to stop, as Ctrl-C would, and waits until it has.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.pid()?.to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await?;
        ensure!(asked.success(), "kill -TERM {pid} ended with {asked}");
        let status = tokio::time::timeout(STOP_MAX, self.child.wait()).await;
        let status = status.with_context(|| format!("no end after {STOP_MAX:?}"))??;
        ensure!(status.success(), "it ended with {status}: {}", self.last_words());
        Ok(())
    }
}
