//! Real brokers for the tests: the one that the test command has started, and private ones to kill.

use std::path::PathBuf;
use std::process::Command;

use event_log::LogSettings;
use tempfile::TempDir;

/// The URL of the broker that the test command has started. Set by `setup/services env`.
const URL: &str = "SERIATIM_TEST_KAFKA";
/// Says that there is no Kafka here and that its tests may be skipped.
const SKIP: &str = "SERIATIM_SKIP_KAFKA";

/// Whether the tests over Kafka are to be skipped; says so where they are.
pub fn skipped(test: &str) -> bool {
    let skipped = std::env::var(SKIP).is_ok_and(|value| value == "1");
    if skipped {
        println!("skipped: {test}, since {SKIP}=1");
    }
    skipped
}

/// The shared broker.
pub fn shared_url() -> String {
    std::env::var(URL).unwrap_or_else(|_| {
        panic!(
            "{URL} is not set: run the test command setup/test, or \
             eval \"$(setup/services start kafka)\", or set {SKIP}=1 to go without Kafka"
        )
    })
}

/// A broker that belongs to one test.
pub struct PrivateBroker {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl PrivateBroker {
    /// Starts it and waits until it is ready.
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut broker = Self { folder, environment: Vec::new() };
        let printed = broker.services("start", options);
        broker.environment = printed.lines().filter_map(parse_export).collect();
        broker
    }

    /// A line of `setup/services env`.
    pub fn variable(&self, name: &str) -> &str {
        let found = self.environment.iter().find(|(own, _)| own == name);
        &found.unwrap_or_else(|| panic!("no {name} in {:?}", self.environment)).1
    }

    pub fn settings(&self) -> LogSettings {
        LogSettings::new(self.variable(URL))
    }

    /// Ends it as a crash would.
    pub fn kill(&self) {
        self.services("kill", &[]);
    }

    pub fn stop(&self) {
        self.services("stop", &[]);
    }

    /// Starts it on the same port and data.
    pub fn start_again(&self) {
        self.services("start", &[]);
    }

    fn services(&self, command: &str, options: &[&str]) -> String {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../setup/services");
        let output = Command::new(script)
            .args([command, "kafka", "--dir"])
            .arg(self.folder.path().join("services"))
            .args(options)
            .output()
            .expect("setup/services runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "setup/services {command} kafka: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for PrivateBroker {
    fn drop(&mut self) {
        self.services("remove", &[]);
    }
}

/// `export NAME=VALUE`.
fn parse_export(line: &str) -> Option<(String, String)> {
    let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
    Some((name.to_owned(), value.to_owned()))
}
