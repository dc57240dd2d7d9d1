//! From an archive into a stream, in exactly the archive's order.

mod dry_run;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use clap::Args;
use measure::Progress;
use serde::Serialize;
use service_kit::{exit, shutdown};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use traffic_archive::{ArchiveError, ArchiveId, ArchiveReader, Lines, Location, Sequence};

use crate::stream::{Finished, StreamArgs, StreamError, StreamTarget, StreamUrl, TargetSettings};

/// How often the progress bar learns what became durable.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// How long appends that are under way are waited for when the work is to stop.
const STOP_WAIT_MAX: Duration = Duration::from_secs(1);

/// Puts an archive into a stream, in exactly the archive's order and each entry once.
///
/// The stream is a topic on Kafka or the embedded log, or a Redis stream; it holds one archive.
/// Entries go to the partition of their ordering key. Run the command again after it was stopped or
/// killed: it looks what is there already and goes on behind that.
///
/// A log or a Redis that goes away is waited for (--patience). How durable an entry is that Redis
/// has taken is up to its settings (appendfsync).
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    replay serialin data/yesterday --to kafka://127.0.0.1:9092 --topic yesterday\n  \
    replay serialin s3://traffic/2026-11-20 --to sqlite:data/log\n  \
    replay serialin data/yesterday --to redis://127.0.0.1:6379/0 --topic orders:yesterday\n\n\
    Exit codes: 0 all is in the stream, 1 failed or stopped before the end, 2 wrong usage")]
pub struct SerialinArgs {
    /// A folder or `s3://bucket/prefix`.
    archive: Location,
    /// kafka://host:port[,host:port], sqlite:<directory> or redis://[user:password@]host:port[/database].
    #[arg(long, value_name = "URL")]
    to: StreamUrl,
    #[command(flatten)]
    stream: StreamArgs,
    /// Partitions of a topic that is not there yet.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1024))]
    partitions: u32,
    /// Append nothing: look what is there, and tell what would be appended.
    #[arg(long)]
    dry_run: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Which archive.
    pub archive_id: ArchiveId,
    /// Entries in the archive.
    pub entries: u64,
    /// Entries that were in the stream already.
    pub there_before: u64,
    /// Entries that were appended, and are durable.
    pub appended: u64,
    /// Whether all entries are in the stream now.
    pub complete: bool,
    /// How long it took.
    pub elapsed_ms: u64,
    /// Entries appended in a second.
    pub entries_per_second: f64,
}

/// The command.
pub async fn run(args: &SerialinArgs) -> anyhow::Result<ExitCode> {
    if args.dry_run {
        return dry_run::run(args).await;
    }
    let summary = serialin(args, &shutdown::on_signals()).await?;
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        println!("{}", sentence(&summary));
    }
    Ok(if summary.complete { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

async fn serialin(args: &SerialinArgs, stop: &CancellationToken) -> anyhow::Result<Summary> {
    let reader = ArchiveReader::open(&args.archive).await?;
    let address = args.stream.address(&args.to)?;
    let progress = if args.quiet {
        Progress::hidden()
    } else {
        Progress::new("serialin", Some(reader.manifest().entries))
    };
    let settings = TargetSettings { partitions: args.partitions };
    let copied = copy(&reader, &address, settings, stop, &progress).await;
    copied.map_err(|error| address.locate(error))
}

/// Puts what is missing of an archive into a stream, until all is there or `stop`.
pub async fn copy(
    archive: &ArchiveReader,
    address: &crate::stream::StreamAddress,
    settings: TargetSettings,
    stop: &CancellationToken,
    progress: &Progress,
) -> anyhow::Result<Summary> {
    let manifest = archive.manifest();
    let target = tokio::select! {
        target = StreamTarget::open(address, manifest.archive_id, settings) => target?,
        () = stop.cancelled() => bail!("stopped before {address} could be looked at"),
    };
    if let Some(last) = target.last() {
        ensure!(Some(last) <= manifest.last(), StreamError::BeyondArchive { last });
    }
    let begun = Instant::now();
    let mut copying = Copying {
        lines: archive.lines(target.resume_from()),
        there_before: target.resume_from().get() - Sequence::FIRST.get(),
        target,
        progress,
    };
    progress.resume_at(copying.there_before);
    let copied = copying.run(stop).await;
    let (there_before, mut missing) = (copying.there_before, copying.target);
    // What stands before damage is whole. A stream that fails takes no more.
    let finished = match &copied {
        Err(error) if !error.is::<ArchiveError>() => None,
        _ => finish(&mut missing, stop).await?,
    };
    let (all_read, entries, appended) = (copied?, manifest.entries, missing.appended());
    if all_read && let Some(Finished { records: found }) = finished {
        ensure!(found >= entries, StreamError::Holes { entries, found });
    }
    progress.finish();
    let elapsed = begun.elapsed();
    Ok(Summary {
        archive_id: manifest.archive_id,
        entries,
        there_before,
        appended,
        complete: all_read && finished.is_some(),
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        entries_per_second: per_second(appended, elapsed),
    })
}

/// Waits until all is durable; `None` if that takes too long after `stop`.
async fn finish(
    target: &mut StreamTarget,
    stop: &CancellationToken,
) -> Result<Option<Finished>, StreamError> {
    let stopped = async {
        stop.cancelled().await;
        sleep(STOP_WAIT_MAX).await;
    };
    tokio::select! {
        finished = target.finish() => finished.map(Some),
        () = stopped => Ok(None),
    }
}

struct Copying<'a> {
    lines: Lines,
    target: StreamTarget,
    there_before: u64,
    progress: &'a Progress,
}

impl Copying<'_> {
    /// Says whether it came to the archive's end.
    async fn run(&mut self, stop: &CancellationToken) -> anyhow::Result<bool> {
        let mut shown = Instant::now();
        loop {
            // Whichever of the two does not move when it is time to stop, is broken off.
            let all_read = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                all_read = self.step() => all_read?,
            };
            if all_read {
                return Ok(true);
            }
            if shown.elapsed() >= PROGRESS_EVERY {
                self.progress.set(self.there_before + self.target.appended());
                shown = Instant::now();
            }
        }
    }

    /// Copies the next lines; says whether there were none.
    async fn step(&mut self) -> anyhow::Result<bool> {
        let Some(lines) = self.lines.next_batch().await.transpose()? else { return Ok(true) };
        let read = lines.len() as u64;
        self.there_before += read - self.target.append(lines).await?;
        Ok(false)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    (count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)).round()
}

fn sentence(summary: &Summary) -> String {
    let Summary { entries, there_before, appended, complete, entries_per_second, .. } = summary;
    let whole =
        if *complete { "all are in the stream" } else { "stopped before the end; run it again" };
    format!(
        "{entries} entries: {there_before} were there, {appended} appended \
         ({entries_per_second} a second); {whole}"
    )
}
