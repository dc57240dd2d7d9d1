//! The reading thread: files to requests, in their order.

use std::io;

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use traffic_archive::{Entry, Exchange, Sequence, check_length};

use super::IngestError;
use super::files::Files;
use super::mapping::{Mapping, Order};
use super::parse::{self, Take};
use super::record::Record;
use super::template::Reason;
use crate::rejects::{self, Rejects};
use crate::sort::Sorter;

/// What the thread works with.
pub(super) struct Reading {
    mapping: Mapping,
    rejects: Rejects,
    outbox: mpsc::Sender<Exchange>,
    strict: bool,
    /// Where the order is that of time; and how many requests it was given.
    sorter: Option<(Sorter, u64)>,
}

/// A record that is no request, and where it stands.
#[derive(Serialize)]
struct Reject<'a> {
    file: &'a str,
    line: u64,
    reason: &'a str,
    record: &'a str,
}

impl Reading {
    pub(super) fn new(
        mapping: Mapping,
        rejects: Rejects,
        strict: bool,
        outbox: mpsc::Sender<Exchange>,
    ) -> Self {
        let by_time = mapping.source.order == Order::Time;
        let sorter = by_time.then(|| (Sorter::new(), 0));
        Self { mapping, rejects, outbox, strict, sorter }
    }

    /// Says how many records are no requests.
    pub(super) fn run(mut self, files: &Files, runtime: &Handle) -> Result<u64, IngestError> {
        let source = self.mapping.source.clone();
        for name in &files.names {
            let opened = files.open(name, runtime).map_err(IngestError::from);
            let read =
                opened.and_then(|mut input| parse::parse(&source, name, &mut input, &mut self));
            read.map_err(|error| error.in_file(name))?;
        }
        let finished = self.rejects.finish();
        finished.map_err(|source| self.rejects_failed(source))?;
        let rejected = self.rejects.count();
        let Some((sorter, _)) = self.sorter.take() else { return Ok(rejected) };
        for item in sorter.finish().map_err(IngestError::temporary)? {
            let (_, json) = item.map_err(IngestError::temporary)?;
            self.send(Entry::from_json(&json)?.exchange)?;
        }
        Ok(rejected)
    }

    fn rejects_failed(&self, source: io::Error) -> IngestError {
        IngestError::Rejects { path: self.rejects.path().to_owned(), source }
    }

    fn send(&self, exchange: Exchange) -> Result<(), IngestError> {
        self.outbox.blocking_send(exchange).map_err(|_| IngestError::WriterStopped)
    }
}

impl Take for Reading {
    type Stop = IngestError;

    fn record(&mut self, record: &Record<'_>) -> Result<(), IngestError> {
        let exchange = match self.mapping.apply(record) {
            Ok(exchange) => exchange,
            Err(reason) => return self.reject(record.file, record.line, record.raw, reason),
        };
        if let Err(error) = check_length(&exchange) {
            return self.reject(record.file, record.line, record.raw, error.to_string());
        }
        let Some((sorter, number)) = &mut self.sorter else { return self.send(exchange) };
        let key = (exchange.at.as_microsecond(), *number);
        *number += 1;
        let mut json = Vec::new();
        Entry { sequence: Sequence::FIRST, exchange }.write_json(&mut json);
        sorter.push(key, &json).map_err(IngestError::temporary)
    }

    fn reject(
        &mut self,
        file: &str,
        line: u64,
        raw: &str,
        reason: Reason,
    ) -> Result<(), IngestError> {
        if self.strict {
            return Err(IngestError::Rejected { file: file.to_owned(), line, reason });
        }
        let record = rejects::beginning(raw);
        let added = self.rejects.add(&Reject { file, line, reason: &reason, record });
        added.map_err(|source| self.rejects_failed(source))
    }
}
