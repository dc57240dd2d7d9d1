//! Runs the program and looks at what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use traffic_archive::{ArchiveReader, Entry, Location, Sequence};

use crate::small_disk::program_on_small_disk;

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    Runtime::new().expect("a runtime starts").block_on(work)
}

/// A folder in which the program runs.
pub(crate) struct Desk {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What the program said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with_variables(Vec::new())
    }

    pub(crate) fn with_variables(variables: Vec<(&'static str, String)>) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), variables }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
        command.args(arguments).current_dir(self.folder.path()).env("NO_COLOR", "1");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// No file may have more than so many blocks: as if the disk were full.
    pub(crate) fn run_on_small_disk(&self, arguments: &[&str], blocks: u32) -> Said {
        let mut command = program_on_small_disk(blocks);
        said(command.args(arguments).current_dir(self.folder.path()))
    }

    /// Runs with `--json`; fails if the program does.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        serde_json::from_str(&said.out).expect("it is JSON")
    }

    pub(crate) fn entries(&self, archive: &str) -> Vec<Entry> {
        entries(&Location::folder(self.path(archive)))
    }

    /// Side files have JSON Lines.
    pub(crate) fn json_lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(name)).expect("the file is there");
        text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
    }
}

fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("it speaks UTF-8");
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn entries(location: &Location) -> Vec<Entry> {
    block_on(async {
        let mut entries = ArchiveReader::open(location).await.unwrap().entries(Sequence::FIRST);
        let mut all = Vec::new();
        while let Some(entry) = entries.next().await {
            all.push(entry.unwrap());
        }
        all
    })
}

/// The first 10,000 purchases of CDNOW.
pub(crate) fn cdnow() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/cdnow-first-10000.txt")
}

pub(crate) fn cdnow_text() -> String {
    std::fs::read_to_string(cdnow()).expect("the file is there")
}
