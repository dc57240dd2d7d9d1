//! A file to its records, one after the other, in bounded memory.

mod json;
mod lines;
mod rows;
mod table;

use std::io::{self, BufRead};

use super::access_log::LogLine;
use super::mapping::{Format, Source};
use super::record::{Data, Record};
use super::template::Reason;
use lines::each_line;
use table::Table;

/// Bytes that a record may have: a line, or a row with line breaks in its quotes.
pub(super) const RECORD_BYTES_MAX: usize = 16 << 20;

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
        Format::Json if json::has_lines(file) => {
            each_line(file, input, take, |line, number, take| {
                if line.trim().is_empty() { Ok(()) } else { json::record(file, number, line, take) }
            })
        }
        Format::Json => json::documents(file, input, take),
    }
}
