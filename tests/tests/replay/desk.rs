//! A folder, and the program `replay` in it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tests::{SmallDisk, program};

/// Nothing here takes longer.
const WAIT_MAX: Duration = Duration::from_mins(2);

/// How often is looked whether something has happened.
const POLL: Duration = Duration::from_millis(20);

pub(crate) struct Desk {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Vec::new())
    }

    /// With further environment variables.
    pub(crate) fn with(variables: Vec<(&'static str, String)>) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), variables }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A disk of so many MiB in a folder of this name; `None` where none can be mounted.
    pub(crate) fn disk(&self, name: &str, mib: u32) -> Option<SmallDisk> {
        let at = self.folder.path().join(name);
        std::fs::create_dir(&at).expect("a folder");
        SmallDisk::mount(&at, mib)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("replay"));
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.args(arguments).envs(variables).current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("replay runs")
    }

    pub(crate) fn succeeds(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }

    /// It must fail for this reason.
    pub(crate) fn fails(&self, arguments: &[&str], reason: &str) {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.succeeds(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).expect("it is JSON")
    }

    /// Sends all of a source, one request at a time.
    pub(crate) fn replays(&self, source: &str, target: &str) {
        self.succeeds(&["serialout", source, "--target", target, "--order", "global", "--max"]);
    }

    /// Starts a command that goes on until it is told to stop.
    pub(crate) fn starts(&self, arguments: &[&str]) -> AtWork {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("replay starts");
        let stderr = child.stderr.take().expect("it is piped");
        let said = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                listener.lock().expect("nobody panics").push(line);
            }
        });
        AtWork { child, said }
    }
}

/// A command at work, and what it has said on stderr. Dropping it kills it.
pub(crate) struct AtWork {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl AtWork {
    fn heard(&self) -> Vec<String> {
        self.said.lock().expect("nobody panics").clone()
    }

    /// Waits for a line with `words`; gives what stands behind them up to a space.
    pub(crate) fn says(&self, words: &str) -> String {
        let began = Instant::now();
        loop {
            let heard = self.heard();
            let found = heard.iter().find_map(|line| line.split_once(words));
            if let Some((_, rest)) = found {
                return rest.split(' ').next().unwrap_or_default().to_owned();
            }
            assert!(began.elapsed() < WAIT_MAX, "it did not say {words:?}: {heard:?}");
            std::thread::sleep(POLL);
        }
    }

    pub(crate) fn has_said(&self, words: &str) -> bool {
        self.heard().iter().any(|line| line.contains(words))
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stops(self) -> Ended {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(asked.success());
        self.ends()
    }

    pub(crate) fn is_at_work(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self) -> Ended {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                break status;
            }
            assert!(began.elapsed() < WAIT_MAX, "it does not end: {:?}", self.heard());
            std::thread::sleep(POLL);
        };
        let mut out = String::new();
        self.child.stdout.take().expect("it is piped").read_to_string(&mut out).expect("text");
        Ended { status, out, said: self.heard().join("\n") }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) said: String,
}
