//! Lines of a file, of a bounded length.

use std::io::{self, BufRead, Read as _};

use super::{RECORD_BYTES_MAX, Take};
use crate::ingest::template::Reason;

/// Hands the lines of a file over, numbered from 1; rejects those that are no text or too long.
pub(super) fn each_line<T: Take>(
    file: &str,
    input: &mut impl BufRead,
    take: &mut T,
    mut each: impl FnMut(&str, u64, &mut T) -> Result<(), T::Stop>,
) -> Result<(), T::Stop> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        number += 1;
        match read_line(input, &mut line)? {
            Read::End => return Ok(()),
            Read::TooLong => take.reject(file, number, &lossy(&line), too_long())?,
            Read::Line => match std::str::from_utf8(without_end(&line)) {
                Ok(text) => each(text, number, take)?,
                Err(_) => take.reject(file, number, &lossy(&line), not_utf8())?,
            },
        }
    }
}

pub(super) fn too_long() -> Reason {
    format!("it is longer than {RECORD_BYTES_MAX} bytes")
}

pub(super) fn not_utf8() -> Reason {
    "it is not UTF-8".to_owned()
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(without_end(bytes)).into_owned()
}

pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

pub(super) enum Read {
    Line,
    /// `line` holds the beginning; the rest was passed over.
    TooLong,
    End,
}

pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Read> {
    line.clear();
    let read = input.by_ref().take(RECORD_BYTES_MAX as u64).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(Read::End);
    }
    if read < RECORD_BYTES_MAX || line.ends_with(b"\n") {
        return Ok(Read::Line);
    }
    input.skip_until(b'\n')?;
    Ok(Read::TooLong)
}
