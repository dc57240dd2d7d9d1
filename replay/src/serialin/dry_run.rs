//! What a run would append.

use std::process::ExitCode;

use anyhow::ensure;
use measure::Progress;
use serde::Serialize;
use traffic_archive::{ArchiveId, ArchiveReader, Sequence};

use super::SerialinArgs;
use crate::stream::{StreamAddress, StreamError, There};

/// How often the progress bar is told, in entries.
const SHOW_EVERY: u64 = 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    archive_id: ArchiveId,
    entries: u64,
    /// Whether there is such a topic or Redis stream.
    stream_exists: bool,
    there_before: u64,
    would_append: u64,
    /// The first of them.
    first: Option<Sequence>,
}

/// Reads the archive, so damage shows, and writes nothing.
pub(super) async fn run(args: &SerialinArgs) -> anyhow::Result<ExitCode> {
    let address = args.stream.address(&args.to)?;
    let plan = plan(args, &address).await.map_err(|error| address.locate(error))?;
    if args.json {
        println!("{}", serde_json::to_string(&plan)?);
    } else {
        let Plan { entries, stream_exists, there_before, would_append, .. } = plan;
        let made = if stream_exists { "" } else { ", which would be made" };
        println!(
            "{entries} entries: {there_before} are there, {would_append} would be appended to \
             {address}{made}"
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn plan(args: &SerialinArgs, address: &StreamAddress) -> anyhow::Result<Plan> {
    let reader = ArchiveReader::open(&args.archive).await?;
    let manifest = reader.manifest();
    let there = There::look(address, manifest.archive_id).await?;
    if let Some(last) = there.last() {
        ensure!(Some(last) <= manifest.last(), StreamError::BeyondArchive { last });
    }
    let progress = if args.quiet {
        Progress::hidden()
    } else {
        Progress::new("serialin --dry-run", Some(manifest.entries))
    };
    let (mut read, mut would_append, mut first) = (0_u64, 0, None);
    let mut lines = reader.lines(Sequence::FIRST);
    while let Some(line) = lines.next().await.transpose()? {
        read += 1;
        if !there.has(&line) {
            would_append += 1;
            first.get_or_insert(line.sequence);
        }
        if read.is_multiple_of(SHOW_EVERY) {
            progress.set(read);
        }
    }
    progress.finish();
    let there_before = read - would_append;
    let found = there.records();
    ensure!(found >= there_before, StreamError::Holes { entries: there_before, found });
    Ok(Plan {
        archive_id: manifest.archive_id,
        entries: read,
        stream_exists: there.exists(),
        there_before,
        would_append,
        first,
    })
}
