//! Archives of made-up traffic, made by `replay ingest`.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::Bench;
use super::memory::Memory;
use super::replay;

/// How the table below becomes requests.
const MAPPING: &str = r#"
[source]
format = "csv"
columns = ["at", "key", "body"]

[request]
at = "{at}"
at-format = "unix-us"
key = "{key}"
path = "/api/Order"
body = "{body}"

[request.headers]
content-type = "application/json"
"#;

/// When the first request was recorded, in microseconds since 1970.
const BEGIN_US: u64 = 1_700_000_000_000_000;
/// Gaps are anything up to this, in microseconds: in the mean there are 1,000 requests a second.
const GAP_US_MAX: u64 = 2_000;

/// What an archive holds.
#[derive(Clone, Copy)]
pub struct Traffic {
    /// How many requests.
    pub requests: u64,
    /// Over how many ordering keys, in turn.
    pub keys: u64,
    /// The body of the request of this number.
    pub body: fn(u64) -> String,
}

/// An archive in a folder that is removed when dropped.
pub struct Archive {
    folder: tempfile::TempDir,
    /// Of the program that made it.
    pub memory: Option<Memory>,
}

impl Archive {
    /// Makes one.
    pub async fn make(bench: &Bench, traffic: Traffic) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(bench.folder.path())?;
        let (table, mapping) =
            (folder.path().join("table.csv"), folder.path().join("mapping.toml"));
        std::fs::write(&mapping, MAPPING)?;
        let file = table.clone();
        tokio::task::spawn_blocking(move || traffic.write(&file)).await??;
        let mut archive = Self { folder, memory: None };
        let arguments = ["ingest".into(), table.clone().into(), "--mapping".into(), mapping.into()];
        let to = ["--to".into(), archive.path().into_os_string(), "--strict".into()];
        archive.memory = replay::run(bench, arguments.into_iter().chain(to)).await?.memory;
        std::fs::remove_file(table)?;
        Ok(archive)
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("archive")
    }
}

impl Traffic {
    fn write(self, path: &Path) -> io::Result<()> {
        let mut table = BufWriter::new(File::create(path)?);
        let mut at = BEGIN_US;
        for number in 0..self.requests {
            let key = number % self.keys;
            let body = (self.body)(number).replace('"', "\"\"");
            writeln!(table, "{at},key/{key},\"{body}\"")?;
            at += gap_us(number);
        }
        table.flush()
    }
}

/// Irregular, and the same in every run: the top bits of a multiplicative hash.
fn gap_us(number: u64) -> u64 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % (GAP_US_MAX + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_thousand_requests_a_second() {
        let span: u64 = (0..100_000).map(gap_us).sum();
        assert!((99_000_000..101_000_000).contains(&span), "{span} us");
    }

    #[test]
    fn quotes_in_a_body_survive_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let body = |number| format!(r#"{{"n":{number}}}"#);
        Traffic { requests: 3, keys: 2, body }.write(&path).unwrap();
        let table = std::fs::read_to_string(path).unwrap();
        let first = format!("{BEGIN_US},key/0,\"{{\"\"n\"\":0}}\"");
        assert_eq!(table.lines().next(), Some(first.as_str()));
        assert!(table.lines().nth(1).unwrap().contains(",key/1,"), "{table}");
    }
}
