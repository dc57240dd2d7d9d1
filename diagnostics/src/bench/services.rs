//! A real Kafka, Postgres or MariaDB of the benchmark's own, by `setup/services`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use tokio::process::Command;

use super::programs::workspace;

/// A broker that works hard wants Java's second compiler and room; the default of `setup/services` starts
/// fast and stays small.
const KAFKA_JAVA_OPTIONS: (&str, &str) =
    ("SERIATIM_KAFKA_JAVA_OPTIONS", "-Xms256m -Xmx1g -XX:+UseParallelGC");

/// A kind of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Kafka.
    Kafka,
    /// Postgres.
    Postgres,
    /// MariaDB.
    Mariadb,
}

/// A running service in a private folder. It is stopped and its data removed by
/// [`remove`](Service::remove), or when dropped.
pub struct Service {
    folder: PathBuf,
    url: String,
    removed: bool,
}

/// Why there is no such service here; not a failure of the benchmark.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be started: {cause} (try: setup/services install {})", kind.name(), kind.name())]
pub struct Away {
    kind: Kind,
    cause: String,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    /// The variable by which `setup/services` tells where it is.
    const fn variable(self) -> &'static str {
        match self {
            Self::Kafka => "SERIATIM_TEST_KAFKA",
            Self::Postgres => "SERIATIM_TEST_POSTGRES",
            Self::Mariadb => "SERIATIM_TEST_MYSQL",
        }
    }
}

impl Service {
    /// Starts one in `folder`, which others than its owner must be able to enter.
    pub async fn start(kind: Kind, folder: &Path) -> Result<Self, Away> {
        let away = |cause: String| Away { kind, cause };
        // From here on, whatever was started is stopped again.
        let mut service = Self { folder: folder.to_owned(), url: String::new(), removed: false };
        let started = run(folder, &["start", kind.name()]).await;
        let lines = started.map_err(|error| away(format!("{error:#}")))?;
        service.url = url_of(&lines, kind)
            .ok_or_else(|| away(format!("setup/services printed no {}", kind.variable())))?;
        Ok(service)
    }

    /// Where it is: `kafka://...`, `postgres://...` or `mysql://...`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and removes its data.
    pub async fn remove(mut self) -> anyhow::Result<()> {
        self.removed = true;
        run(&self.folder, &["remove"]).await.map(drop)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.removed {
            // Nobody is left to tell that it failed.
            let _ = std::process::Command::new(script())
                .args(["remove", "--dir"])
                .arg(&self.folder)
                .stdout(Stdio::null())
                .status();
        }
    }
}

fn script() -> PathBuf {
    workspace().join("setup/services")
}

async fn run(folder: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(script())
        .args(arguments)
        .arg("--dir")
        .arg(folder)
        .env(KAFKA_JAVA_OPTIONS.0, KAFKA_JAVA_OPTIONS.1)
        .stdin(Stdio::null())
        .output()
        .await
        .context("running setup/services")?;
    if output.status.success() {
        return String::from_utf8(output.stdout).context("reading setup/services");
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words.lines().last().unwrap_or("it did not say why");
    Err(anyhow::anyhow!("{last}"))
}

fn url_of(lines: &str, kind: Kind) -> Option<String> {
    let prefix = format!("export {}=", kind.variable());
    let value = lines.lines().find_map(|line| line.strip_prefix(&prefix))?;
    Some(value.trim_matches(['\'', '"']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_read_from_shell_lines() {
        let lines = "export A=1\nexport SERIATIM_TEST_KAFKA='kafka://127.0.0.1:9'\n";
        assert_eq!(url_of(lines, Kind::Kafka).as_deref(), Some("kafka://127.0.0.1:9"));
        assert_eq!(url_of(lines, Kind::Postgres), None);
    }
}
