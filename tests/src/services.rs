//! Real services: a Kafka and a Postgres of a test's own, by `setup/services`, and the Redis and S3
//! that the test command has started for all.

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

/// The URL of the Redis server for all tests; `None` where its tests are to be skipped.
pub fn redis() -> Option<String> {
    shared("REDIS", "SERIATIM_TEST_REDIS")
}

/// The S3 server for all tests.
pub struct S3 {
    endpoint: String,
}

impl S3 {
    /// `None` where its tests are to be skipped.
    pub fn shared() -> Option<Self> {
        shared("S3", "SERIATIM_TEST_S3_ENDPOINT").map(|endpoint| Self { endpoint })
    }

    /// The bucket that is there for tests.
    pub fn bucket(&self) -> String {
        variable("SERIATIM_TEST_S3_BUCKET")
    }

    /// The variables with which a program reaches it.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT", self.endpoint.clone()),
            ("AWS_REGION", variable("SERIATIM_TEST_S3_REGION")),
            ("AWS_ACCESS_KEY_ID", variable("SERIATIM_TEST_S3_ACCESS_KEY_ID")),
            ("AWS_SECRET_ACCESS_KEY", variable("SERIATIM_TEST_S3_SECRET_ACCESS_KEY")),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
        ]
    }
}

/// What the test command says of a service; `None`, with a line that says so, where it could not be
/// had on this machine.
pub(crate) fn shared(service: &str, name: &str) -> Option<String> {
    let skip = format!("SERIATIM_SKIP_{service}");
    if std::env::var_os(&skip).is_some() {
        println!("skipped: {skip} is set");
        return None;
    }
    Some(variable(name))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run setup/test, or eval \"$(setup/services start mariadb redis s3)\"")
    })
}
