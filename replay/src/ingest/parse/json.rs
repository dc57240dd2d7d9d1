//! JSON documents: one after the other, in an array, or one a line.

use std::io::{BufRead, Read as _};

use serde_json::Value;
use serde_json::value::RawValue;

use super::Take;
use super::lines::{lossy, not_utf8};
use crate::ingest::record::{Data, Record};

/// Bytes that a JSON file which is not JSON Lines may have: it is held in memory as a whole.
const JSON_FILE_BYTES_MAX: usize = 256 << 20;

/// By the ending of its name, packed or not.
pub(super) fn has_lines(file: &str) -> bool {
    let mut endings = file.rsplit('.');
    let last = endings.next();
    let last = if matches!(last, Some("gz" | "zst")) { endings.next() } else { last };
    matches!(last, Some("jsonl" | "ndjson"))
}

/// One document.
pub(super) fn record<T: Take>(
    file: &str,
    line: u64,
    raw: &str,
    take: &mut T,
) -> Result<(), T::Stop> {
    match serde_json::from_str::<Value>(raw) {
        Ok(value) => take.record(&Record { file, line, raw, data: Data::Json(&value) }),
        Err(error) => take.reject(file, line, raw, error.to_string()),
    }
}

/// One document after the other, or an array of them. What can't be read ends the file: where the
/// next document would begin is unknown.
pub(super) fn documents<T: Take>(
    file: &str,
    input: &mut impl BufRead,
    take: &mut T,
) -> Result<(), T::Stop> {
    let mut bytes = Vec::new();
    input.by_ref().take(JSON_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > JSON_FILE_BYTES_MAX {
        let reason =
            format!("the file is longer than {JSON_FILE_BYTES_MAX} bytes; JSON Lines may be");
        return take.reject(file, 1, "", reason);
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return take.reject(file, 1, &lossy(&bytes), not_utf8());
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = LineCounter { text, at: 0, line: 1 };
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    loop {
        let from = documents.byte_offset();
        match documents.next() {
            None => return Ok(()),
            Some(Ok(document)) if document.get().starts_with('[') => {
                let elements: Result<Vec<&RawValue>, _> = serde_json::from_str(document.get());
                for element in elements.expect("it was JSON before") {
                    record(file, lines.of(element.get()), element.get(), take)?;
                }
            }
            Some(Ok(document)) => {
                record(file, lines.of(document.get()), document.get(), take)?;
            }
            Some(Err(error)) => {
                let rest = &text[from..];
                return take.reject(file, lines.of(rest.trim_start()), rest, error.to_string());
            }
        }
    }
}

/// Counts the lines before parts of a text that come one after the other.
struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    fn of(&mut self, part: &str) -> u64 {
        let at = part.as_ptr().addr() - self.text.as_ptr().addr();
        self.line += memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.at..at]).count() as u64;
        self.at = at;
        self.line
    }
}
