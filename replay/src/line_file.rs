//! A file that lines are appended to, so that a failed write leaves no broken line in its middle.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};

/// Gathers lines; each [`commit`](Self::commit) hands them to the system.
#[derive(Debug)]
pub(crate) struct LineFile {
    file: File,
    /// Bytes of the lines that were handed over.
    whole: u64,
    /// A write has failed: behind them there may be a part of a line.
    torn: bool,
    lines: Vec<u8>,
}

impl LineFile {
    /// Goes on behind the first `whole` bytes; what stands behind them goes away.
    pub(crate) fn behind(whole: u64, file: File) -> io::Result<Self> {
        let mut lines = Self { file, whole, torn: true, lines: Vec::new() };
        lines.mend()?;
        Ok(lines)
    }

    /// Whole lines to be written with the next commit.
    pub(crate) fn lines(&mut self) -> &mut Vec<u8> {
        &mut self.lines
    }

    /// After an error the same lines are written by the next commit.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.mend()?;
        let written = self.file.write_all(&self.lines);
        self.torn = written.is_err();
        written?;
        self.whole += self.lines.len() as u64;
        self.lines.clear();
        Ok(())
    }

    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.whole)?;
            self.file.seek(SeekFrom::Start(self.whole))?;
            self.torn = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_a_failed_write_left_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut file = LineFile::behind(0, File::create(&path).unwrap()).unwrap();
        file.lines().extend_from_slice(b"one\n");
        file.commit().unwrap();
        file.lines().extend_from_slice(b"two\nthree\n");
        // As if the disk had become full in the middle of a line.
        file.file.write_all(b"two\nth").unwrap();
        file.torn = true;
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
    }
}
