//! Tables: rows of named columns.

use std::io::BufRead;

use super::Take;
use super::lines::{each_line, lossy, without_end};
use super::rows::{Row, Rows};
use crate::ingest::mapping::Source;
use crate::ingest::record::{Data, Record};

/// A table of rows.
pub(super) struct Table {
    /// `None`: any amount of whitespace.
    separator: Option<u8>,
    names: Option<Vec<String>>,
}

impl Table {
    pub(super) fn new(source: &Source) -> Self {
        let separator = match source.separator.as_deref() {
            None => Some(b','),
            Some("whitespace") => None,
            Some(one) => one.bytes().next(),
        };
        Self { separator, names: source.columns.clone() }
    }

    /// Hands all rows over, in order.
    pub(super) fn parse<T: Take>(
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
