//! A real Kafka and a real Postgres of a test's own, by `setup/services`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Services in a private folder on private ports; removed when dropped.
pub struct Services {
    directory: tempfile::TempDir,
    kafka: String,
    postgres: String,
}

impl Services {
    /// Starts both and waits until they are ready.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a private folder");
        // Postgres does not run as root, so its own user has to get to its folder.
        Command::new("chmod").arg("755").arg(directory.path()).status().expect("chmod runs");
        let lines = run(directory.path(), &["start", "kafka", "postgres"]);
        let value = |name: &str| {
            let prefix = format!("export {name}=");
            let line = lines.lines().find_map(|line| line.strip_prefix(&prefix));
            line.expect("setup/services prints it").trim_matches(['\'', '"']).to_owned()
        };
        let (kafka, postgres) = (value("SERIATIM_TEST_KAFKA"), value("SERIATIM_TEST_POSTGRES"));
        Self { directory, kafka, postgres }
    }

    /// `kafka://host:port`.
    pub fn kafka(&self) -> &str {
        &self.kafka
    }

    /// `postgres://user:password@host:port/database`.
    pub fn postgres(&self) -> &str {
        &self.postgres
    }

    /// kill -9, as a crash would.
    pub fn kill(&self, service: &str) {
        run(self.directory.path(), &["kill", service]);
    }

    /// Starts it again on the same port and data.
    pub fn start_again(&self, service: &str) {
        run(self.directory.path(), &["start", service]);
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        run(self.directory.path(), &["remove"]);
    }
}

fn run(directory: &Path, arguments: &[&str]) -> String {
    let script = workspace().join("setup/services");
    let output = Command::new(&script)
        .args(arguments)
        .arg("--dir")
        .arg(directory)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("setup/services runs");
    assert!(output.status.success(), "setup/services {arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("it speaks UTF-8")
}

/// The root of the checkout.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
