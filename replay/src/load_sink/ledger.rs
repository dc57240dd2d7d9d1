//! What a sink writes down, in the order in which requests took effect.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;

use super::faults::Fate;
use super::order::{Applied, Demand, OrderWatch, Verdict};

/// A request as far as a sink looks at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) sequence: Option<u64>,
    pub(super) key: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) idempotency_key: Option<&'a str>,
}

/// One place where requests are put in order: who holds its lock comes before who waits.
#[derive(Debug)]
pub(super) struct Ledger(Mutex<Book>);

#[derive(Debug)]
struct Book {
    begin: Instant,
    watch: OrderWatch,
    record: Option<BufWriter<File>>,
    line: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    arrival: u64,
    at_us: u128,
    sequence: Option<u64>,
    key: &'a str,
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<&'a str>,
    fate: &'static str,
    applied: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

impl Ledger {
    pub(super) fn open(demand: Demand, record: Option<&Path>) -> io::Result<Self> {
        let record = record.map(File::create).transpose()?.map(BufWriter::new);
        let watch = OrderWatch::new(demand);
        Ok(Self(Mutex::new(Book { begin: Instant::now(), watch, record, line: Vec::new() })))
    }

    /// Writes a request down. Fails when the record can't be written.
    pub(super) fn enter(&self, seen: Seen<'_>, fate: Fate) -> io::Result<()> {
        self.book().enter(seen, fate)
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.book().watch.verdict()
    }

    /// Everything entered so far can be read from the record.
    pub(super) fn flush(&self) -> io::Result<()> {
        self.book().record.as_mut().map_or(Ok(()), BufWriter::flush)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn enter(&mut self, seen: Seen<'_>, fate: Fate) -> io::Result<()> {
        let arrival = self.watch.arrived();
        let mut again = false;
        if fate.applies() {
            again = self.watch.applied(seen.sequence, seen.key) == Applied::Twice;
        } else {
            self.watch.refused();
        }
        let Some(record) = &mut self.record else { return Ok(()) };
        let line = Line {
            arrival,
            at_us: self.begin.elapsed().as_micros(),
            sequence: seen.sequence,
            key: seen.key,
            method: seen.method,
            path: seen.path,
            idempotency_key: seen.idempotency_key,
            fate: name(fate),
            applied: fate.applies(),
            again,
        };
        self.line.clear();
        serde_json::to_writer(&mut self.line, &line)?;
        self.line.push(b'\n');
        record.write_all(&self.line)
    }
}

fn name(fate: Fate) -> &'static str {
    match fate {
        Fate::Answered => "answered",
        Fate::Error => "error",
        Fate::Unavailable => "unavailable",
        Fate::TooMany => "too many",
        Fate::Reset { .. } => "reset",
        Fate::Hung { .. } => "hung",
    }
}
