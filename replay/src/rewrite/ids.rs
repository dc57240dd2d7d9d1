//! Ids that the target gave anew: which old one is which new one.

use std::collections::{HashMap, VecDeque};
use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::line_file::LineFile;

/// Pairs that are remembered; the oldest are forgotten first.
pub(super) const IDS_MAX: usize = 1 << 20;

/// Whose id: one of the file's `[[ids]]`, the ordering key, and the id in the recording.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Old {
    ids: String,
    key: String,
    recorded: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    old: Old,
    new: String,
}

/// What was learned, and where it is kept.
#[derive(Debug, Default)]
pub(super) struct Learned {
    new: HashMap<Old, String>,
    by_age: VecDeque<Old>,
    file: Option<LineFile>,
}

impl Learned {
    /// Reads what was learned before, and goes on behind it. A last line that was cut off is left
    /// out: whatever it told was not used yet.
    pub(super) fn keep_in(&mut self, path: &Path) -> io::Result<()> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut lines = BufReader::new(file);
        let (mut line, mut whole) = (Vec::new(), 0);
        while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            let Line { old, new } = serde_json::from_slice(&line)?;
            self.remember(old, new);
            whole += line.len() as u64;
            line.clear();
        }
        self.file = Some(LineFile::behind(whole, lines.into_inner())?);
        Ok(())
    }

    pub(super) fn learn(&mut self, ids: &str, key: &str, old: String, new: String) {
        let old = Old { ids: ids.to_owned(), key: key.to_owned(), recorded: old };
        if let Some(file) = &mut self.file {
            let line = Line { old: old.clone(), new: new.clone() };
            serde_json::to_writer(&mut *file.lines(), &line).expect("two strings are JSON");
            file.lines().push(b'\n');
        }
        self.remember(old, new);
    }

    fn remember(&mut self, old: Old, new: String) {
        if self.new.insert(old.clone(), new).is_none() {
            self.by_age.push_back(old);
        }
        if self.by_age.len() > IDS_MAX
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.new.remove(&oldest);
        }
    }

    pub(super) fn new_of(&self, ids: &str, key: &str, old: &str) -> Option<&str> {
        let old = Old { ids: ids.to_owned(), key: key.to_owned(), recorded: old.to_owned() };
        self.new.get(&old).map(String::as_str)
    }

    /// Hands what was learned to the system.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), LineFile::commit)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn an_id_belongs_to_its_kind_and_key() {
        let mut learned = Learned::default();
        learned.learn("order", "a", "1".to_owned(), "one".to_owned());
        assert_eq!(learned.new_of("order", "a", "1"), Some("one"));
        assert_eq!(learned.new_of("order", "b", "1"), None);
        assert_eq!(learned.new_of("payment", "a", "1"), None);
        learned.learn("order", "a", "1".to_owned(), "uno".to_owned());
        assert_eq!(learned.new_of("order", "a", "1"), Some("uno"));
    }

    #[test]
    fn what_was_learned_outlasts_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids");
        let mut learned = Learned::default();
        learned.keep_in(&path).unwrap();
        learned.learn("order", "a", "1".to_owned(), "one".to_owned());
        learned.commit().unwrap();
        learned.learn("order", "a", "2".to_owned(), "two".to_owned());
        drop(learned);
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"{\"ids\":\"ord").unwrap();

        for _ in 0..2 {
            let mut learned = Learned::default();
            learned.keep_in(&path).unwrap();
            assert_eq!(learned.new_of("order", "a", "1"), Some("one"));
            assert_eq!(learned.new_of("order", "a", "2"), None);
            learned.learn("order", "b", "3".to_owned(), "three".to_owned());
            learned.commit().unwrap();
        }
    }
}
