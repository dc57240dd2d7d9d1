//! The side file of records that are no requests.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Bytes of a rejected record that are kept.
const RAW_BYTES_MAX: usize = 64 << 10;

/// JSON Lines of file, line, reason and record. The file is made with the first of them.
pub(super) struct Rejects {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    pub(super) count: u64,
}

#[derive(Serialize)]
struct Reject<'a> {
    file: &'a str,
    line: u64,
    reason: &'a str,
    record: &'a str,
}

impl Rejects {
    /// One that is left of an earlier run is removed.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { path: path.to_owned(), file: None, count: 0 })
    }

    pub(super) fn add(&mut self, file: &str, line: u64, raw: &str, reason: &str) -> io::Result<()> {
        let out = match &mut self.file {
            Some(out) => out,
            None => self.file.insert(BufWriter::new(File::create(&self.path)?)),
        };
        let record = &raw[..raw.floor_char_boundary(RAW_BYTES_MAX)];
        serde_json::to_writer(&mut *out, &Reject { file, line, reason, record })?;
        out.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }

    /// Everything is in the file when it returns.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}
