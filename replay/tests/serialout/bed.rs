//! An archive, a sink and the program between them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use replay::load_sink::{LoadSink, SinkSettings};
use replay::outcome::{Outcome, outcomes};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use traffic_archive::{ArchiveWriter, Exchange, Location, WriterSettings};

use crate::small_disk::program_on_small_disk;

/// Between recorded requests.
const GAP: SignedDuration = SignedDuration::from_millis(1);

/// A folder with an archive in it.
pub(crate) struct Bed {
    folder: TempDir,
}

/// The program, started. Dropped, it is killed.
pub(crate) struct Running(Option<Child>);

/// What a run of the program left.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bed {
    /// An archive of so many requests, the keys in turn.
    pub(crate) async fn with_entries(entries: usize, keys: usize) -> Self {
        let exchanges = (0..entries).map(|number| {
            let mut exchange = Exchange::new(at(number), "POST", format!("/api/Order?n={number}"));
            exchange.key = format!("shop/{}", number % keys);
            exchange.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            exchange.body = format!(r#"{{"number":{number}}}"#).into();
            exchange
        });
        Self::with(exchanges).await
    }

    pub(crate) async fn with(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let bed = Self { folder: tempfile::tempdir().unwrap() };
        let location = Location::folder(bed.path("archive"));
        let settings = WriterSettings { segment_bytes: 64 << 10, ..WriterSettings::default() };
        let mut writer = ArchiveWriter::create(&location, settings).await.unwrap();
        for exchange in exchanges {
            writer.append(exchange).await.unwrap();
        }
        writer.finish().await.unwrap();
        bed
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the program; `flags` are parted by spaces, `@name` is a file of the bed.
    pub(crate) fn start(&self, target: &str, flags: &str) -> Running {
        self.start_with(target, flags, &[])
    }

    /// The same, with further environment variables.
    pub(crate) fn start_with(
        &self,
        target: &str,
        flags: &str,
        variables: &[(&str, PathBuf)],
    ) -> Running {
        let command = Command::new(env!("CARGO_BIN_EXE_replay"));
        self.spawn(command, target, flags, variables)
    }

    /// The same, but no file may have more than so many blocks: as if the disk were full.
    pub(crate) fn start_on_small_disk(&self, target: &str, flags: &str, blocks: u32) -> Running {
        self.spawn(program_on_small_disk(blocks), target, flags, &[])
    }

    fn spawn(
        &self,
        mut command: Command,
        target: &str,
        flags: &str,
        variables: &[(&str, PathBuf)],
    ) -> Running {
        command.arg("serialout").arg(self.path("archive")).args(["--target", target, "--json"]);
        for flag in flags.split_whitespace() {
            match flag.strip_prefix('@') {
                Some(name) => command.arg(self.path(name)),
                None => command.arg(flag),
            };
        }
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(command.spawn().unwrap()))
    }

    pub(crate) async fn run(&self, target: &str, flags: &str) -> Finished {
        self.start(target, flags).finish().await
    }

    /// What the outcomes file says.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        let file = std::fs::read(self.path("outcomes")).unwrap();
        outcomes(&*file).map(Result::unwrap).collect()
    }

    /// The lines of the sink's record.
    pub(crate) fn record(&self) -> Vec<Value> {
        let record = std::fs::read_to_string(self.path("record")).unwrap();
        record.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// When the request of this number was recorded.
pub(crate) fn at(number: usize) -> Timestamp {
    let begin: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    begin + GAP * i32::try_from(number).unwrap()
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.0.as_ref().expect("it was not waited for yet").id()
    }

    /// Nobody reads what it prints any more.
    pub(crate) fn hang_up(&mut self) {
        drop(self.0.as_mut().expect("it was not waited for yet").stdout.take());
    }

    /// Lets it no time for anything.
    pub(crate) fn kill(&mut self) {
        self.0.as_mut().expect("it was not waited for yet").kill().unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn finish(mut self) -> Finished {
        let child = self.0.take().expect("it was not waited for yet");
        let output = spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A test that fails leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Finished {
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}", self.told()))
    }

    /// Everything, for a test that fails.
    pub(crate) fn told(&self) -> String {
        format!("exit code {:?}\n{}\n{}", self.code, self.stdout, self.stderr)
    }

    /// Which entries it said might be sent twice.
    pub(crate) fn in_doubt(&self) -> BTreeSet<u64> {
        in_doubt(&self.stderr)
    }
}

/// Reads `entry 5 may be sent twice` and `7 entries may be sent twice: 1-3, 7`.
fn in_doubt(stderr: &str) -> BTreeSet<u64> {
    let Some(line) = stderr.lines().find(|line| line.contains("may be sent twice")) else {
        return BTreeSet::new();
    };
    let (before, after) = line.split_once("may be sent twice").unwrap();
    let stretches = match after.strip_prefix(": ") {
        Some(stretches) => stretches,
        None => before.trim().rsplit(' ').next().unwrap(),
    };
    let numbers = stretches.split(", ").flat_map(|stretch| {
        let (from, to) = stretch.split_once('-').unwrap_or((stretch, stretch));
        from.parse::<u64>().unwrap()..=to.parse().unwrap()
    });
    numbers.collect()
}

pub(crate) async fn sink(settings: SinkSettings) -> LoadSink {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    LoadSink::start(listener, &settings).unwrap()
}

pub(crate) fn url(sink: &LoadSink) -> String {
    format!("http://{}", sink.address())
}
