//! What a state file tells, and its first line.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use traffic_archive::{ArchiveId, Sequence};
use uuid::Uuid;

use super::StateError;
use crate::serialout::done::Done;

const VERSION: u32 = 1;

/// How far above the lowest entry that is not done another may be that is: a file that tells of more was
/// damaged, and would fill the memory.
const DISTANCE_MAX: u64 = 1 << 28;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u32,
    archive: ArchiveId,
    run: Uuid,
    next: Sequence,
    done: Vec<Sequence>,
    sent: Vec<Sequence>,
}

/// What a state file tells.
pub(in crate::serialout) struct State {
    /// Which run it is of.
    pub(in crate::serialout) run: Uuid,
    pub(in crate::serialout) done: Done,
    /// Sent, and not known to be done.
    pub(in crate::serialout) sent: BTreeSet<Sequence>,
}

/// Reads a state file, and leaves it as it is; `None` if there is none.
pub(in crate::serialout) fn look(
    path: &Path,
    archive: ArchiveId,
) -> Result<Option<State>, StateError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StateError::Io { path: path.to_owned(), source }),
    };
    let wrong = |reason| StateError::Unreadable { path: path.to_owned(), reason };
    let (found, state) = read(&bytes).map_err(wrong)?;
    if found != archive {
        let (found, expected) = (found.uuid(), archive.uuid());
        return Err(StateError::OtherArchive { path: path.to_owned(), found, expected });
    }
    Ok(Some(state))
}

/// Fails with the reason.
fn read(bytes: &[u8]) -> Result<(ArchiveId, State), String> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let text = std::str::from_utf8(&bytes[..whole]).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    let header = lines.next().ok_or("it has no first line")?;
    let header: Header = serde_json::from_str(header).map_err(|error| error.to_string())?;
    if header.version != VERSION {
        return Err(format!("its version is {}, this build reads {VERSION}", header.version));
    }
    let mut done = Done::before(header.next);
    header.done.into_iter().try_for_each(|sequence| finish(&mut done, sequence))?;
    let mut sent: BTreeSet<_> = header.sent.into_iter().collect();
    for line in lines {
        let wrong = || format!("{line:?} is neither +<sequence> nor -<sequence>");
        let (sign, number) = line.split_at_checked(1).ok_or_else(wrong)?;
        let sequence: Sequence = number.parse().map_err(|_| wrong())?;
        match sign {
            "+" => drop(sent.insert(sequence)),
            "-" => {
                sent.remove(&sequence);
                finish(&mut done, sequence)?;
            }
            _ => return Err(wrong()),
        }
    }
    Ok((header.archive, State { run: header.run, done, sent }))
}

fn finish(done: &mut Done, sequence: Sequence) -> Result<(), String> {
    let next = done.next();
    if sequence.get().saturating_sub(next.get()) > DISTANCE_MAX {
        return Err(format!("entry {sequence} would be done, and {next} not yet"));
    }
    done.insert(sequence);
    Ok(())
}

/// What a file begins with.
pub(super) fn first_line(
    archive: ArchiveId,
    run: Uuid,
    done: &Done,
    sent: &BTreeSet<Sequence>,
) -> Vec<u8> {
    let header = Header {
        version: VERSION,
        archive,
        run,
        next: done.next(),
        done: done.above().collect(),
        sent: sent.iter().copied().collect(),
    };
    let mut line = serde_json::to_vec(&header).expect("a header is JSON");
    line.push(b'\n');
    line
}
