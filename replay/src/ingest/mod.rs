//! `replay ingest`: files of orders, tables and access logs become an archive.
//!
//! A [`mapping`] says how a record becomes a request. What is no request goes, with the reason, to
//! a side file; nothing is dropped in silence. Memory is bounded whatever the source's size: sorting
//! by time goes through temporary files.

mod access_log;
mod command;
mod earlier;
mod error;
mod files;
pub mod mapping;
mod parse;
mod reading;
mod record;
mod template;

use std::path::PathBuf;

use measure::Progress;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use traffic_archive::{ArchiveWriter, Chain, Location, Manifest, WriterSettings};

use crate::rejects::Rejects;
use earlier::Earlier;
use files::Files;
use mapping::Mapping;
use reading::Reading;

pub use command::{IngestArgs, run};
pub use error::IngestError;

/// Requests that wait for the archive's writer.
const WAITING_MAX: usize = 256;

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

impl Ingest {
    /// Reads the source and writes the archive.
    pub async fn run(&self, progress: &Progress) -> Result<Ingested, IngestError> {
        let mapping = Mapping::load(&self.mapping)?;
        let files = Files::find(&self.source, &mapping.source.extensions).await?;
        if files.has(&self.rejects) {
            return Err(IngestError::RejectsInSource { path: self.rejects.clone() });
        }
        let counts = (files.names.len() as u64, files.others);
        let (mut writer, mut earlier) = self.writer().await?;
        let resumed_after = earlier.entries;

        let rejects = Rejects::at(&self.rejects)
            .map_err(|source| IngestError::Rejects { path: self.rejects.clone(), source })?;
        let (outbox, mut inbox) = mpsc::channel(WAITING_MAX);
        let reading = Reading::new(mapping, rejects, self.strict, outbox);
        let runtime = Handle::current();
        let reader = spawn_blocking(move || reading.run(&files, &runtime));
        while let Some(exchange) = inbox.recv().await {
            progress.advance(1);
            if !earlier.passes(&exchange)? {
                writer.append(exchange).await?;
            }
        }
        // Before the archive is finished: a source that broke off is no whole one.
        let rejected = reader.await.expect("reading does not panic")?;
        earlier.complete()?;
        Ok(Ingested {
            manifest: writer.finish().await?,
            files: counts.0,
            other_files: counts.1,
            rejected,
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
        let writer = ArchiveWriter::resume(&self.to, settings).await?;
        let earlier = Earlier::new(writer.next().get() - 1, writer.chain_before());
        Ok((writer, earlier))
    }
}
