//! The side file of what can't become a request.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use traffic_archive::Location;

/// Bytes of a rejected record that are kept.
const RAW_BYTES_MAX: usize = 64 << 10;

/// Where the rejects of an archive go if nobody names a file: beside its folder; of an archive in an
/// object store, into the current folder.
pub(crate) fn default_path(archive: &Location) -> PathBuf {
    let mut name = match (archive.as_folder(), archive.split_last()) {
        (Some(folder), _) => folder.components().collect::<PathBuf>().into_os_string(),
        (None, Some((_, last))) => last.into(),
        (None, None) => "archive".into(),
    };
    name.push(".rejects.jsonl");
    name.into()
}

/// As much of a record as is kept.
pub(crate) fn beginning(raw: &str) -> &str {
    &raw[..raw.floor_char_boundary(RAW_BYTES_MAX)]
}

/// JSON Lines, each with the reason and where the record stands. The file is made with the first.
pub(crate) struct Rejects {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    /// One that is left of an earlier run is removed.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { path: path.to_owned(), file: None, count: 0 })
    }

    pub(crate) fn add(&mut self, reject: &impl Serialize) -> io::Result<()> {
        let out = match &mut self.file {
            Some(out) => out,
            None => self.file.insert(BufWriter::new(File::create(&self.path)?)),
        };
        serde_json::to_writer(&mut *out, reject)?;
        out.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }

    /// Where they are.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Everything is in the file when it returns.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}
