//! From a topic or a Redis stream into an archive.

mod commands;
mod decisions;
mod entries;
mod purchase;
mod request;
mod stretch;
mod trading;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use event_log::Topic;
use jiff::Timestamp;
use measure::Progress;
use order_domain::{Partition, Position};
use serde::Serialize;
use service_kit::{exit, shutdown};
use traffic_archive::{ArchiveId, ArchiveWriter, Location, Sequence, WriterSettings};

use crate::rejects::{self, Rejects};
use crate::stream::{
    LogTopic, StreamAddress, StreamArgs, StreamError, StreamReader, StreamUrl, is_entry,
};
use commands::Commands;

pub use request::to_request;
use stretch::{Stretch, TopicReader};

/// Writes a topic or a Redis stream into a new archive.
///
/// What is in the topic decides what is done. The commands of Seriatim's topic `orders` become the
/// HTTP requests that would bring them about: a `NewOrder` becomes POST /api/Order, a `PlaceOrder` POST
/// /api/v3/order, with its Idempotency-Key where it had one, at the time the log took it, its venue as
/// ordering key. Orders keep their ids where there was a key. Each partition keeps its order; the
/// partitions are put together by time. Entries that `replay serialin` wrote (Kafka, embedded log or
/// Redis) become the archive that they came from.
///
/// What became of a command is told by its decision in `order-events`, and is the request's outcome:
/// `accepted`, `rejected: <reason>`, `repeated: <outcome of the first>` or `conflicted`; none where
/// it is not decided yet or no longer kept. So two dumps can be compared with `replay verify`.
///
/// Any other record (bytes that are no command, a type or version that this build does not know, what a
/// market's seed asked for: give the target the same one) can't become a request: it goes to the rejects
/// file with topic, position, reason and payload, and is counted. The exit code is 0 nevertheless, unless
/// --strict is given or nothing else was there.
///
/// Any stretch can be taken: of a topic by position and time, of entries by sequence number and
/// time. It ends at what is there when the command begins.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    replay dump --from sqlite:data/log --topic orders --archive data/yesterday \\\n    \
    --since 2026-11-20T00:00:00Z --before 2026-11-21T00:00:00Z\n  \
    replay dump --from kafka://127.0.0.1:9092 --topic orders --archive s3://traffic/part \\\n    \
    --first 0:1000 --until 0:2000 --partition 0\n  \
    replay dump --from redis://127.0.0.1:6379/0 --topic orders:yesterday --archive data/copy\n\n\
    Exit codes: 0 done, 1 failed or stopped before the end (what is there is a whole archive), \
    2 wrong usage")]
pub struct DumpArgs {
    /// kafka://host:port[,host:port], sqlite:<directory> or redis://[user:password@]host:port[/database].
    #[arg(long, value_name = "URL")]
    from: StreamUrl,
    #[command(flatten)]
    stream: StreamArgs,
    /// The new archive: a folder or `s3://bucket/prefix`.
    #[arg(long, value_name = "PLACE")]
    archive: Location,
    /// Begin a partition here, inclusive, such as 3:1042; may be repeated.
    #[arg(long, value_name = "PARTITION:OFFSET")]
    first: Vec<Position>,
    /// End a partition here, exclusive; may be repeated.
    #[arg(long, value_name = "PARTITION:OFFSET")]
    until: Vec<Position>,
    /// Only this partition; may be repeated.
    #[arg(long, value_name = "PARTITION", value_parser = partition)]
    partition: Vec<Partition>,
    /// Only from this time on, inclusive, such as 2026-11-20T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only before this time.
    #[arg(long, value_name = "TIME")]
    before: Option<Timestamp>,
    /// Of entries: only from this sequence number on, inclusive.
    #[arg(long, value_name = "SEQUENCE")]
    first_entry: Option<Sequence>,
    /// Of entries: only up to this sequence number, inclusive.
    #[arg(long, value_name = "SEQUENCE")]
    last_entry: Option<Sequence>,
    /// The topic with the decisions [default: order-events, if the topic is orders].
    #[arg(long, value_name = "TOPIC", value_parser = topic)]
    decisions: Option<Topic>,
    /// Where records that can't become requests go [default: beside the archive's folder, its name
    /// with .rejects.jsonl; for `s3://` its last part, in the current folder].
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Stop at the first such record.
    #[arg(long)]
    strict: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

fn partition(text: &str) -> Result<Partition, String> {
    text.parse().map(Partition).map_err(|error| format!("{error}"))
}

fn topic(text: &str) -> Result<Topic, String> {
    Topic::new(text).map_err(|error| format!("{error}"))
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The new archive.
    pub archive_id: ArchiveId,
    /// Its entries.
    pub entries: u64,
    /// Entries of commands whose outcome is known.
    pub outcomes: u64,
    /// Records that could not become requests.
    pub rejected: u64,
    /// Whether the stretch was dumped to its end.
    pub complete: bool,
}

/// What a dump has done so far, and with what.
struct Dump<'a> {
    args: &'a DumpArgs,
    writer: ArchiveWriter,
    progress: Progress,
    outcomes: u64,
    rejects: Rejects,
}

/// The command.
pub async fn run(args: &DumpArgs) -> anyhow::Result<ExitCode> {
    let rejects = args.rejects.clone().unwrap_or_else(|| rejects::default_path(&args.archive));
    let address = args.stream.address(&args.from)?;
    let summary = dump(args, &address, &rejects).await.map_err(|error| address.locate(error))?;
    let Summary { archive_id, entries, outcomes, rejected, complete } = summary;
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        println!("archive {archive_id}: {entries} entries, {outcomes} with an outcome");
        if rejected > 0 {
            println!("{rejected} rejected: see {}", rejects.display());
        }
        if !complete {
            println!("stopped before the end");
        }
    }
    if entries == 0 && rejected > 0 {
        bail!("none of {rejected} records can become a request: see {}", rejects.display());
    }
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

async fn dump(args: &DumpArgs, address: &StreamAddress, rejects: &Path) -> anyhow::Result<Summary> {
    let records = open(args, address).await?;
    // Until here a signal ends the process, which has nothing to finish yet.
    let stop = shutdown::on_signals();
    let writer = ArchiveWriter::create(&args.archive, WriterSettings::default()).await?;
    // Only now: where there is an archive already, its rejects stay, too.
    let rejects = Rejects::at(rejects)?;
    let progress = if args.quiet { Progress::hidden() } else { Progress::new("dump", None) };
    let mut dump = Dump { args, writer, progress, outcomes: 0, rejects };
    let complete = tokio::select! {
        copied = dump.copy(records) => copied.map(|()| true),
        () = stop.cancelled() => Ok(false),
    };
    // What was read before a failure is kept: a whole archive of the stretch's beginning.
    let Dump { writer, progress, outcomes, mut rejects, .. } = dump;
    let finished = writer.finish().await;
    rejects.finish()?;
    progress.finish();
    // Why the writer failed was told to who wrote; here it only says that it did.
    let complete = complete?;
    let manifest = finished?;
    Ok(Summary {
        archive_id: manifest.archive_id,
        entries: manifest.entries,
        outcomes,
        rejected: rejects.count(),
        complete,
    })
}

impl Dump<'_> {
    /// All of the stretch. May be dropped at any time: what was appended is a beginning of it.
    async fn copy(&mut self, records: Records) -> anyhow::Result<()> {
        match records {
            Records::Commands(commands) => commands::copy(self, commands).await,
            Records::Entries(reader) => entries::copy(self, reader).await,
        }
    }
}

/// What is in a topic or a Redis stream.
enum Records {
    Commands(Commands),
    Entries(StreamReader),
}

/// Fails where there is nothing to dump, before anything is made.
async fn open(args: &DumpArgs, address: &StreamAddress) -> anyhow::Result<Records> {
    address.check_exists()?;
    let first_entry = args.first_entry.unwrap_or(Sequence::FIRST);
    let Some(orders) = LogTopic::open(address).await? else {
        return Ok(Records::Entries(StreamReader::open(address, first_entry).await?));
    };
    let stretch = Stretch {
        first: args.first.clone(),
        until: args.until.clone(),
        partitions: args.partition.clone(),
        since: args.since,
        before: args.before,
    };
    let decisions = commands::decisions(&orders, args.decisions.as_ref()).await?;
    let mut records = TopicReader::open(&orders, stretch).await?;
    if !records.peek().await?.is_some_and(is_entry) {
        return Ok(Records::Commands(Commands { topic: orders.topic, records, decisions }));
    }
    if !(args.first.is_empty() && args.until.is_empty() && args.partition.is_empty()) {
        bail!("{address} holds entries: take a stretch by --first-entry and --last-entry");
    }
    Ok(Records::Entries(StreamReader::open(address, first_entry).await?))
}
