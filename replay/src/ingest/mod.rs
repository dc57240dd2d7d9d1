//! `replay ingest`: files of orders, tables and access logs become an archive.
//!
//! A [`mapping`] says how a record becomes a request. What is no request goes, with the reason, to
//! a side file; nothing is dropped in silence. Memory is bounded whatever the source's size: sorting
//! by time goes through temporary files.

mod access_log;
mod files;
pub mod mapping;
mod parse;
mod record;
mod rejects;
mod template;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use self::files::Files;
use self::mapping::{Mapping, MappingError, Order};
use self::parse::Take;
use self::record::Record;
use self::rejects::Rejects;
use self::template::Reason;
use crate::archive::{
    ArchiveError, ArchiveReader, ArchiveWriter, Chain, Entry, Exchange, Location, Manifest,
    Sequence, WriterSettings,
};
use crate::progress;
use crate::sort::Sorter;

/// Requests that wait for the archive's writer.
const WAITING_MAX: usize = 256;

/// Makes an archive of order files, tables or access logs.
#[derive(Args, Debug)]
#[command(long_about = include_str!("help.txt"))]
pub struct IngestArgs {
    /// A file, a folder, or an `s3://` prefix.
    #[arg(required_unless_present = "print_mapping")]
    source: Option<Location>,

    /// Where the archive is to be: a folder, or an `s3://` prefix.
    #[arg(long, value_name = "ARCHIVE", required_unless_present = "print_mapping")]
    to: Option<Location>,

    /// A mapping's file, or one of cdnow, orders, combined.
    #[arg(long, value_name = "FILE|NAME", required_unless_present = "print_mapping")]
    mapping: Option<String>,

    /// Where rejected records go [default: beside the archive's folder, its name with
    /// .rejects.jsonl; for `s3://` its last part, in the current folder].
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Stop at the first rejected record.
    #[arg(long)]
    strict: bool,

    /// Continue an archive that an earlier run of the same source and mapping began.
    #[arg(long)]
    resume: bool,

    /// Size of the archive's segments before compression, in MiB; 1 to 1024. What was not yet in a
    /// whole segment is lost with a killed ingest, and read again by --resume.
    #[arg(long, value_name = "MIB", default_value = "32",
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    segment_mib: u64,

    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,

    /// Print a built-in mapping, to copy from, and do nothing else.
    #[arg(long, value_name = "NAME", exclusive = true)]
    print_mapping: Option<String>,
}

/// Why nothing, or not everything, was ingested.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The source can't be read.
    #[error("source {location}: {reason}")]
    Source {
        /// Which one.
        location: String,
        /// What is wrong.
        reason: String,
    },
    /// The mapping can't be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The archive can't be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file can't be read, a temporary one or the rejects can't be written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// A record was rejected, and that was not to happen.
    #[error("{file}, line {line}: {reason}")]
    Rejected {
        /// The record's file.
        file: String,
        /// The record's line in it.
        line: u64,
        /// Why it is no request.
        reason: String,
    },
    /// The archive has other entries than the source gives.
    #[error(
        "the archive was not begun with this source and mapping: its first {entries} entries differ"
    )]
    OtherSource {
        /// How many entries the archive has.
        entries: u64,
    },
    /// The reading thread was told that nobody listens.
    #[error("the archive's writer stopped")]
    WriterStopped,
}

impl IngestError {
    fn source(location: &Location, reason: impl fmt::Display) -> Self {
        Self::Source { location: location.to_string(), reason: reason.to_string() }
    }
}

/// What an ingest did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ingested {
    /// What the archive holds now.
    #[serde(skip)]
    pub manifest: Manifest,
    /// Files that were read.
    pub files: u64,
    /// Files of the folder that the mapping does not read.
    pub other_files: u64,
    /// Records that are no requests.
    pub rejected: u64,
    /// Where they are, if there are any.
    pub rejects: PathBuf,
    /// Entries that the archive had already.
    pub resumed_after: u64,
}

/// What is to be ingested.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// A file, a folder, or a prefix of an object store.
    pub source: Location,
    /// Where the archive is to be.
    pub to: Location,
    /// A mapping's file, or the name of a shipped one.
    pub mapping: String,
    /// Where rejected records go.
    pub rejects: PathBuf,
    /// Whether the first rejected record is an error.
    pub strict: bool,
    /// Whether the archive is there already, begun by the same ingest.
    pub resume: bool,
    /// How the archive is written.
    pub writer: WriterSettings,
}

/// Runs the subcommand.
pub async fn run(args: &IngestArgs) -> anyhow::Result<ExitCode> {
    if let Some(name) = &args.print_mapping {
        let text = mapping::shipped(name);
        let names = "one of cdnow, orders, combined";
        print!("{}", text.ok_or_else(|| anyhow::anyhow!("there is no mapping {name:?}; {names}"))?);
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(source), Some(to), Some(mapping)) = (&args.source, &args.to, &args.mapping) else {
        unreachable!("clap requires them");
    };
    let ingest = Ingest {
        source: source.clone(),
        to: to.clone(),
        mapping: mapping.clone(),
        rejects: args.rejects.clone().unwrap_or_else(|| default_rejects(to)),
        strict: args.strict,
        resume: args.resume,
        writer: WriterSettings {
            segment_bytes: args.segment_mib << 20,
            ..WriterSettings::default()
        },
    };
    let ingested = ingest.run().await?;
    print(&ingested, args.json);
    Ok(ExitCode::SUCCESS)
}

fn default_rejects(archive: &Location) -> PathBuf {
    let mut name = match (archive.as_folder(), archive.split_last()) {
        (Some(folder), _) => folder.components().collect::<PathBuf>().into_os_string(),
        (None, Some((_, last))) => last.into(),
        (None, None) => "archive".into(),
    };
    name.push(".rejects.jsonl");
    name.into()
}

fn print(ingested: &Ingested, as_json: bool) {
    let manifest = &ingested.manifest;
    if as_json {
        let mut summary = json!(ingested);
        summary["archiveId"] = json!(manifest.archive_id);
        summary["entries"] = json!(manifest.entries);
        summary["span"] = json!(manifest.span);
        summary["chain"] = json!(manifest.chain);
        println!("{summary}");
        return;
    }
    println!("{} requests of {} files", manifest.entries, ingested.files);
    if let Some(span) = manifest.span {
        println!("from {} to {}", span.earliest, span.latest);
    }
    println!("chain {}", manifest.chain);
    if ingested.other_files > 0 {
        println!("{} files have other endings and were not read", ingested.other_files);
    }
    if ingested.rejected > 0 {
        println!("{} rejected: see {}", ingested.rejected, ingested.rejects.display());
    }
}

impl Ingest {
    /// Reads the source and writes the archive.
    pub async fn run(&self) -> Result<Ingested, IngestError> {
        let mapping = Mapping::load(&self.mapping)?;
        let files = Files::find(&self.source, &mapping.source.extensions).await?;
        let counts = (files.names.len() as u64, files.others);
        let (mut writer, mut earlier) = self.writer().await?;
        let resumed_after = earlier.entries;

        let rejects = Rejects::at(&self.rejects)?;
        let (outbox, mut inbox) = mpsc::channel(WAITING_MAX);
        let rejected = Arc::new(AtomicU64::new(0));
        let reading = Reading { mapping, rejects, outbox, strict: self.strict, sorter: None };
        let runtime = Handle::current();
        let count = Arc::clone(&rejected);
        let reader = spawn_blocking(move || reading.run(&files, &runtime, &count));
        let bar = progress::requests("ingesting", None);
        while let Some(exchange) = inbox.recv().await {
            bar.inc(1);
            if !earlier.passes(&exchange)? {
                writer.append(exchange).await?;
            }
        }
        bar.finish_and_clear();
        // Before the archive is finished: a source that broke off is no whole one.
        reader.await.expect("reading does not panic")?;
        earlier.complete()?;
        Ok(Ingested {
            manifest: writer.finish().await?,
            files: counts.0,
            other_files: counts.1,
            rejected: rejected.load(Ordering::Relaxed),
            rejects: self.rejects.clone(),
            resumed_after,
        })
    }

    async fn writer(&self) -> Result<(ArchiveWriter, Earlier), IngestError> {
        let settings = self.writer;
        if !self.resume {
            let writer = ArchiveWriter::create(&self.to, settings).await?;
            return Ok((writer, Earlier::new(0, Chain::START)));
        }
        let reader = ArchiveReader::open(&self.to).await?;
        let earlier = Earlier::new(reader.manifest().entries, reader.manifest().chain);
        Ok((ArchiveWriter::resume(&self.to, settings).await?, earlier))
    }
}

/// What the archive had before: the source must give it once more.
struct Earlier {
    entries: u64,
    expected: Chain,
    next: Sequence,
    chain: Chain,
}

impl Earlier {
    fn new(entries: u64, expected: Chain) -> Self {
        Self { entries, expected, next: Sequence::FIRST, chain: Chain::START }
    }

    /// Whether the archive has this request already.
    fn passes(&mut self, exchange: &Exchange) -> Result<bool, IngestError> {
        if self.next.get() > self.entries {
            self.complete()?;
            return Ok(false);
        }
        self.chain = self.chain.after_entry(self.next, exchange);
        self.next = self.next.next();
        Ok(true)
    }

    fn complete(&self) -> Result<(), IngestError> {
        if self.chain == self.expected {
            return Ok(());
        }
        Err(IngestError::OtherSource { entries: self.entries })
    }
}

/// The reading thread.
struct Reading {
    mapping: Mapping,
    rejects: Rejects,
    outbox: mpsc::Sender<Exchange>,
    strict: bool,
    sorter: Option<(Sorter, u64)>,
}

impl Reading {
    fn run(
        mut self,
        files: &Files,
        runtime: &Handle,
        rejected: &AtomicU64,
    ) -> Result<(), IngestError> {
        if self.mapping.source.order == Order::Time {
            self.sorter = Some((Sorter::new(), 0));
        }
        let source = self.mapping.source.clone();
        for name in &files.names {
            let mut input = files.open(name, runtime)?;
            parse::parse(&source, name, &mut input, &mut self)?;
        }
        self.rejects.finish()?;
        rejected.store(self.rejects.count, Ordering::Relaxed);
        let Some((sorter, _)) = self.sorter.take() else { return Ok(()) };
        for item in sorter.finish()? {
            let (_, json) = item?;
            self.send(Entry::from_json(&json)?.exchange)?;
        }
        Ok(())
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
        let Some((sorter, number)) = &mut self.sorter else { return self.send(exchange) };
        let key = (exchange.at.as_microsecond(), *number);
        *number += 1;
        let mut json = Vec::new();
        Entry { sequence: Sequence::FIRST, exchange }.write_json(&mut json);
        Ok(sorter.push(key, &json)?)
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
        Ok(self.rejects.add(file, line, raw, &reason)?)
    }
}
