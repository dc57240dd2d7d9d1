//! Writing the outcomes file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::line_file::LineFile;
use crate::outcome::Outcome;

/// Bytes that are looked at at once when the last whole line is searched.
const SEARCH_BYTES: u64 = 64 << 10;

/// Appends outcomes; each [`commit`](Self::commit) hands whole lines to the system.
#[derive(Debug)]
pub(super) struct OutcomeLog {
    file: LineFile,
}

impl OutcomeLog {
    /// Begins a file. One that is there already is an error: it is somebody's result.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: LineFile::behind(0, File::create_new(path)?)? })
    }

    /// Goes on behind the last whole line; begins a file if there is none.
    pub(super) fn resume(path: &Path) -> io::Result<Self> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let whole = whole_lines(&mut file)?;
        Ok(Self { file: LineFile::behind(whole, file)? })
    }

    pub(super) fn note(&mut self, outcome: &Outcome) {
        outcome.write_line(self.file.lines());
    }

    pub(super) fn commit(&mut self) -> io::Result<()> {
        self.file.commit()
    }
}

/// Where the last whole line ends.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    while end > 0 {
        let begin = end.saturating_sub(SEARCH_BYTES);
        file.seek(SeekFrom::Start(begin))?;
        let mut piece = Vec::new();
        file.take(end - begin).read_to_end(&mut piece)?;
        if let Some(place) = piece.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + place as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::outcome::outcomes;
    use traffic_archive::Sequence;

    fn outcome(number: u64) -> Outcome {
        Outcome {
            sequence: Sequence::new(number).unwrap(),
            key: "k".repeat(100),
            attempts: 1,
            response: None,
            body_cut: false,
            error: None,
        }
    }

    #[test]
    fn a_torn_line_is_cut_off_before_the_file_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outcomes.jsonl");
        let mut log = OutcomeLog::create(&path).unwrap();
        (1..=1000).for_each(|number| log.note(&outcome(number)));
        log.commit().unwrap();
        drop(log);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(std::iter::repeat_n(b'x', 100_000));
        fs::write(&path, bytes).unwrap();

        let mut log = OutcomeLog::resume(&path).unwrap();
        log.note(&outcome(1001));
        log.commit().unwrap();
        let read: io::Result<Vec<_>> = outcomes(&*fs::read(&path).unwrap()).collect();
        assert_eq!(read.unwrap(), (1..=1001).map(outcome).collect::<Vec<_>>());
    }

    #[test]
    fn results_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outcomes.jsonl");
        OutcomeLog::create(&path).unwrap();
        let again = OutcomeLog::create(&path).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        OutcomeLog::resume(&path).unwrap();
    }
}
