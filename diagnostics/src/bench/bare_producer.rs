//! The ceiling of copying an archive into a topic: the same records, already in memory, appended
//! partition by partition and nothing else. It takes them from a topic that `replay serialin` has
//! written: so they are the same to the byte.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use event_log::{
    BatchLimit, EventLog, LogSettings, NewRecord, Record, Retention, Topic, TopicSpec,
};
use order_domain::Partition;
use tokio::task::JoinSet;

use super::bare::Done;

/// Records that are appended together, of each partition.
const BATCH_RECORDS: usize = 4096;
/// What one read takes.
const READ_LIMIT: BatchLimit = BatchLimit { records: 4096, bytes: 4 << 20 };

/// Appends the records of a topic to another.
#[derive(Args)]
pub struct BareProducerArgs {
    /// Where the log is.
    #[arg(long)]
    log: String,
    /// The topic that has the records.
    #[arg(long, value_parser = |name: &str| Topic::new(name))]
    from: Topic,
    /// The topic that gets them; it is made.
    #[arg(long, value_parser = |name: &str| Topic::new(name))]
    to: Topic,
}

/// Appends them and tells how long it took.
pub async fn run(args: &BareProducerArgs) -> anyhow::Result<()> {
    let log = event_log::open(&LogSettings::new(&args.log)).await?;
    let partitions = log.partition_count(&args.from).await?;
    let mut batches = Vec::new();
    for partition in (0..partitions).map(Partition) {
        batches.push((partition, read(&*log, &args.from, partition).await?));
    }
    let retention = Retention::default();
    log.create_topics(&[TopicSpec { topic: args.to.clone(), partitions, retention }]).await?;

    let count = batches.iter().flat_map(|(_, batches)| batches).map(|batch| batch.len() as u64);
    let count = count.sum();
    let began = Instant::now();
    let mut appending = JoinSet::new();
    for (partition, batches) in batches {
        appending.spawn(append(log.clone(), args.to.clone(), partition, batches));
    }
    while let Some(appended) = appending.join_next().await {
        appended??;
    }
    Done { count, seconds: began.elapsed().as_secs_f64() }.tell()?;
    log.close().await;
    Ok(())
}

async fn append(
    log: Arc<dyn EventLog>,
    topic: Topic,
    partition: Partition,
    batches: Vec<Vec<NewRecord>>,
) -> anyhow::Result<()> {
    for batch in batches {
        log.append_all(&topic, partition, batch).await?;
    }
    Ok(())
}

/// All records of a partition.
async fn read(
    log: &dyn EventLog,
    topic: &Topic,
    partition: Partition,
) -> anyhow::Result<Vec<Vec<NewRecord>>> {
    let ends = log.ends(topic, partition).await?;
    let mut reader = log.read(topic, partition, ends.first).await?;
    let (mut records, mut next) = (Vec::new(), ends.first);
    while next < ends.next {
        let read = reader.next(READ_LIMIT).await?;
        next = read.last().map_or(next, |record| record.position.offset.next());
        records.extend(read.into_iter().map(again));
    }
    let mut batches = Vec::new();
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(BATCH_RECORDS));
        batches.push(std::mem::replace(&mut records, rest));
    }
    Ok(batches)
}

fn again(record: Record) -> NewRecord {
    NewRecord { key: record.key, payload: record.payload, headers: record.headers }
}
