//! A file to its records, one after the other, in bounded memory.

use std::io::{self, BufRead, Read as _};

use csv_core::ReadRecordResult;
use serde_json::Value;
use serde_json::value::RawValue;

use super::access_log::LogLine;
use super::mapping::{Format, Source};
use super::record::{Data, Record};
use super::template::Reason;

/// Bytes that a record may have: a line, or a row with line breaks in its quotes.
pub(super) const RECORD_BYTES_MAX: usize = 16 << 20;

/// Bytes that a JSON file which is not JSON Lines may have: it is held in memory as a whole.
const JSON_FILE_BYTES_MAX: usize = 256 << 20;

/// Takes what stands in a file: a record, or a place where none could be read.
pub(super) trait Take {
    /// The error that stops the reading.
    type Stop: From<io::Error>;

    fn record(&mut self, record: &Record<'_>) -> Result<(), Self::Stop>;

    fn reject(
        &mut self,
        file: &str,
        line: u64,
        raw: &str,
        reason: Reason,
    ) -> Result<(), Self::Stop>;
}

/// Hands all records of a file over, in order.
pub(super) fn parse<T: Take>(
    source: &Source,
    file: &str,
    input: &mut impl BufRead,
    take: &mut T,
) -> Result<(), T::Stop> {
    match source.format {
        Format::AccessLog => each_line(file, input, take, |line, number, take| {
            if line.is_empty() {
                return Ok(());
            }
            match LogLine::parse(line) {
                Ok(log) => take.record(&Record {
                    file,
                    line: number,
                    raw: line,
                    data: Data::Log(Box::new(log)),
                }),
                Err(reason) => take.reject(file, number, line, reason),
            }
        }),
        Format::Csv => Table::new(source).parse(file, input, take),
        Format::Json if is_json_lines(file) => {
            each_line(file, input, take, |line, number, take| {
                if line.trim().is_empty() { Ok(()) } else { json_record(file, number, line, take) }
            })
        }
        Format::Json => json_file(file, input, take),
    }
}

fn is_json_lines(file: &str) -> bool {
    let mut endings = file.rsplit('.');
    let last = endings.next();
    let last = if matches!(last, Some("gz" | "zst")) { endings.next() } else { last };
    matches!(last, Some("jsonl" | "ndjson"))
}

fn each_line<T: Take>(
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

fn too_long() -> Reason {
    format!("it is longer than {RECORD_BYTES_MAX} bytes")
}

fn not_utf8() -> Reason {
    "it is not UTF-8".to_owned()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(without_end(bytes)).into_owned()
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

enum Read {
    Line,
    /// `line` holds the beginning; the rest was passed over.
    TooLong,
    End,
}

fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Read> {
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

fn json_record<T: Take>(file: &str, line: u64, raw: &str, take: &mut T) -> Result<(), T::Stop> {
    match serde_json::from_str::<Value>(raw) {
        Ok(value) => take.record(&Record { file, line, raw, data: Data::Json(&value) }),
        Err(error) => take.reject(file, line, raw, error.to_string()),
    }
}

/// One document after the other, or an array of them. What can't be read ends the file: where the
/// next document would begin is unknown.
fn json_file<T: Take>(file: &str, input: &mut impl BufRead, take: &mut T) -> Result<(), T::Stop> {
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
                    json_record(file, lines.of(element.get()), element.get(), take)?;
                }
            }
            Some(Ok(document)) => {
                json_record(file, lines.of(document.get()), document.get(), take)?;
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

/// A table of rows.
struct Table {
    /// `None`: any amount of whitespace.
    separator: Option<u8>,
    names: Option<Vec<String>>,
}

impl Table {
    fn new(source: &Source) -> Self {
        let separator = match source.separator.as_deref() {
            None => Some(b','),
            Some("whitespace") => None,
            Some(one) => one.bytes().next(),
        };
        Self { separator, names: source.columns.clone() }
    }

    fn parse<T: Take>(
        mut self,
        file: &str,
        input: &mut impl BufRead,
        take: &mut T,
    ) -> Result<(), T::Stop> {
        let Some(separator) = self.separator else {
            return each_line(file, input, take, |line, number, take| {
                let values: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
                self.row(file, number, line, &values, take)
            });
        };
        let mut rows = Rows::new(separator);
        loop {
            match rows.next(input)? {
                Row::End => return Ok(()),
                Row::Rejected { line, reason } => {
                    take.reject(file, line, &lossy(&rows.raw), reason)?;
                }
                Row::Values { line, values } => {
                    let raw = String::from_utf8_lossy(without_end(&rows.raw));
                    self.row(file, line, &raw, &values, take)?;
                }
            }
        }
    }

    fn row<T: Take>(
        &mut self,
        file: &str,
        line: u64,
        raw: &str,
        values: &[String],
        take: &mut T,
    ) -> Result<(), T::Stop> {
        if values.is_empty() {
            return Ok(());
        }
        let Some(names) = &self.names else {
            let first = |name: &String| name.trim_start_matches('\u{feff}').to_owned();
            self.names = Some(values.iter().map(first).collect());
            return Ok(());
        };
        if names.len() != values.len() {
            let reason = format!("it has {} columns instead of {}", values.len(), names.len());
            return take.reject(file, line, raw, reason);
        }
        let data = Data::Columns { names, values };
        take.record(&Record { file, line, raw, data })
    }
}

/// Rows of comma-separated values (RFC 4180); a quoted value may have line breaks.
struct Rows {
    parser: csv_core::Reader,
    /// The row as it is in the file.
    raw: Vec<u8>,
    lines: u64,
    line: Vec<u8>,
    output: Vec<u8>,
    ends: Vec<usize>,
}

enum Row {
    Values { line: u64, values: Vec<String> },
    Rejected { line: u64, reason: Reason },
    End,
}

impl Rows {
    fn new(separator: u8) -> Self {
        Self {
            parser: csv_core::ReaderBuilder::new().delimiter(separator).build(),
            raw: Vec::new(),
            lines: 0,
            line: Vec::new(),
            output: vec![0; 1024],
            ends: vec![0; 32],
        }
    }

    /// The next row that is not an empty line.
    fn next(&mut self, input: &mut impl BufRead) -> io::Result<Row> {
        self.raw.clear();
        self.parser.reset();
        let first = self.lines + 1;
        let (mut written, mut ended) = (0, 0);
        loop {
            let read = read_line(input, &mut self.line)?;
            if matches!(read, Read::End) {
                return Ok(if self.raw.is_empty() { Row::End } else { self.unclosed(first) });
            }
            self.lines += 1;
            self.raw.extend_from_slice(&self.line);
            if matches!(read, Read::TooLong) || self.raw.len() > RECORD_BYTES_MAX {
                return Ok(self.unclosed(first));
            }
            if without_end(&self.raw).is_empty() {
                return Ok(Row::Values { line: first, values: Vec::new() });
            }
            // Without an end of line the parser could not tell an unclosed quote from the last row.
            if !self.line.ends_with(b"\n") {
                self.line.push(b'\n');
            }
            if self.feed(&mut written, &mut ended) {
                return Ok(self.row(first, written, ended));
            }
        }
    }

    /// A row that has no end.
    fn unclosed(&self, first: u64) -> Row {
        let lines = self.lines + 1 - first;
        let reason = if lines == 1 && self.raw.len() >= RECORD_BYTES_MAX {
            too_long()
        } else {
            format!("a quote is not closed: from here on, {lines} lines are one row")
        };
        Row::Rejected { line: first, reason }
    }

    /// Gives the parser the line; whether a row has ended with it.
    fn feed(&mut self, written: &mut usize, ended: &mut usize) -> bool {
        let mut input = &self.line[..];
        loop {
            let (result, took, wrote, ends) = self.parser.read_record(
                input,
                &mut self.output[*written..],
                &mut self.ends[*ended..],
            );
            input = &input[took..];
            *written += wrote;
            *ended += ends;
            match result {
                ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return true,
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return false,
            }
        }
    }

    fn row(&self, line: u64, written: usize, ended: usize) -> Row {
        let Ok(text) = std::str::from_utf8(&self.output[..written]) else {
            return Row::Rejected { line, reason: not_utf8() };
        };
        let mut from = 0;
        let values = self.ends[..ended].iter().map(|&end| {
            let value = text.get(from..end).map(str::to_owned);
            from = end;
            value
        });
        match values.collect() {
            Some(values) => Row::Values { line, values },
            None => Row::Rejected { line, reason: not_utf8() },
        }
    }
}
