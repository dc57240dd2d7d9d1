//! Rows of comma-separated values.

use std::io::{self, BufRead};

use csv_core::ReadRecordResult;

use super::RECORD_BYTES_MAX;
use super::lines::{Read, not_utf8, read_line, too_long, without_end};
use crate::ingest::template::Reason;

/// Rows of comma-separated values (RFC 4180); a quoted value may have line breaks.
pub(super) struct Rows {
    parser: csv_core::Reader,
    /// The row as it is in the file.
    pub(super) raw: Vec<u8>,
    lines: u64,
    line: Vec<u8>,
    output: Vec<u8>,
    ends: Vec<usize>,
}

pub(super) enum Row {
    Values { line: u64, values: Vec<String> },
    Rejected { line: u64, reason: Reason },
    End,
}

impl Rows {
    pub(super) fn new(separator: u8) -> Self {
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
    pub(super) fn next(&mut self, input: &mut impl BufRead) -> io::Result<Row> {
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
