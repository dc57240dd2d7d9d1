//! How fast `serialin` is against a bare producer loop of the same bytes, in one run:
//!
//! ```sh
//! cargo run --release -p replay --example serialin_throughput -- [entries] [url...]
//! ```
//!
//! Without a URL it takes an embedded log in a temporary directory. The loop has all records in
//! memory before it begins, and appends them through the same log, each partition in order; on Redis
//! it sends XADD in pipelines.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bytes::Bytes;
use event_log::{Headers, LogSettings, NewRecord, Retention, Topic, TopicSpec, partition_of_key};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use measure::Progress;
use order_domain::Partition;
use replay::archive::{
    ArchiveReader, ArchiveWriter, Body, Exchange, Line, Location, Sequence, WriterSettings,
};
use replay::stream::{StreamAddress, StreamUrl, TargetSettings};
use tokio_util::sync::CancellationToken;

const ENTRIES: u64 = 300_000;
const BODY_BYTES: usize = 500;
const KEYS: u64 = 64;
const PARTITIONS: u32 = 8;
const BATCH_RECORDS: usize = 4096;
const PIPELINE_COMMANDS: usize = 512;
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let entries = arguments.next().map_or(Ok(ENTRIES), |text| text.parse())?;
    let folder = tempfile::tempdir_in(".")?;
    let mut urls: Vec<String> = arguments.collect();
    if urls.is_empty() {
        urls.push(format!("sqlite:{}", folder.path().join("log").display()));
    }
    let archive = archive(&Location::folder(folder.path().join("archive")), entries).await?;
    println!("| stream | bare loop, entries/s | serialin, entries/s | ratio |");
    println!("|---|---|---|---|");
    for url in &urls {
        for round in 0..ROUNDS {
            let bare = bare(&archive, url, &name("bare", round)?).await?;
            let address = StreamAddress::new(url.parse()?, name("serialin", round)?)?;
            let begun = Instant::now();
            let (settings, hidden) =
                (TargetSettings { partitions: PARTITIONS }, Progress::hidden());
            let never = CancellationToken::new();
            replay::serialin::copy(&archive, &address, settings, &never, &hidden).await?;
            let own = per_second(entries, begun);
            let scheme = url.split(':').next().unwrap_or(url);
            println!("| {scheme} | {bare:.0} | {own:.0} | {:.2} |", own / bare);
        }
    }
    Ok(())
}

async fn archive(location: &Location, entries: u64) -> anyhow::Result<ArchiveReader> {
    let mut writer = ArchiveWriter::create(location, WriterSettings::default()).await?;
    for n in 0..entries {
        let mut exchange =
            Exchange::new(Timestamp::from_microsecond(i64::try_from(n)?)?, "POST", "/api/Order");
        exchange.key = format!("shop/{}", n % KEYS);
        exchange.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        exchange.body = Body::from(format!("{n:0BODY_BYTES$}"));
        writer.append(exchange).await?;
    }
    writer.finish().await?;
    Ok(ArchiveReader::open(location).await?)
}

fn name(what: &str, round: usize) -> anyhow::Result<String> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(format!("throughput-{what}-{round}-{}", since_epoch.as_millis()))
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(entries: u64, begun: Instant) -> f64 {
    entries as f64 / begun.elapsed().as_secs_f64()
}

async fn lines(archive: &ArchiveReader) -> anyhow::Result<Vec<Line>> {
    let mut lines = archive.lines(Sequence::FIRST);
    let mut all = Vec::new();
    while let Some(line) = lines.next().await {
        all.push(line?);
    }
    Ok(all)
}

/// Entries a second that a bare loop appends.
async fn bare(archive: &ArchiveReader, url: &str, name: &str) -> anyhow::Result<f64> {
    let lines = lines(archive).await?;
    let id = Bytes::from(archive.manifest().archive_id.to_string());
    match url.parse()? {
        StreamUrl::Redis(url) => bare_redis(&lines, &id, &url, name).await,
        StreamUrl::Log(url) => bare_log(&lines, &id, &url, name).await,
    }
}

async fn bare_log(lines: &[Line], id: &Bytes, url: &str, name: &str) -> anyhow::Result<f64> {
    let log = event_log::open(&LogSettings::new(url)).await?;
    let topic = Topic::new(name)?;
    let (partitions, retention) = (PARTITIONS, Retention::default());
    log.create_topics(&[TopicSpec { topic: topic.clone(), partitions, retention }]).await?;
    let mut dealt: Vec<Vec<NewRecord>> = vec![Vec::new(); PARTITIONS as usize];
    for line in lines {
        let headers = Headers::new()
            .with("replay-archive", id.clone())
            .with("replay-sequence", line.sequence.to_string());
        let record =
            NewRecord { key: line.key.clone().into(), payload: line.json.clone(), headers };
        dealt[partition_of_key(line.key.as_bytes(), PARTITIONS).0 as usize].push(record);
    }
    let begun = Instant::now();
    let partitions = (0..).map(Partition).zip(dealt).map(async |(partition, records)| {
        for batch in records.chunks(BATCH_RECORDS) {
            log.append_all(&topic, partition, batch.to_vec()).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(partitions).await?;
    let rate = per_second(lines.len() as u64, begun);
    log.close().await;
    Ok(rate)
}

async fn bare_redis(lines: &[Line], id: &Bytes, url: &str, name: &str) -> anyhow::Result<f64> {
    let client = redis::Client::open(url)?;
    let mut connection = client.get_multiplexed_async_connection().await.context("Redis")?;
    let begun = Instant::now();
    for batch in lines.chunks(PIPELINE_COMMANDS) {
        let mut pipeline = redis::pipe();
        for line in batch {
            let sequence = line.sequence.to_string();
            let command =
                pipeline.cmd("XADD").arg(name).arg("*").arg("replay-archive").arg(&id[..]);
            command.arg("replay-sequence").arg(sequence).arg("key").arg(&line.key);
            command.arg("entry").arg(&line.json[..]).ignore();
        }
        let () = pipeline.query_async(&mut connection).await?;
    }
    Ok(per_second(lines.len() as u64, begun))
}
