//! Writing a stream.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event_log::{EventLog, Retention, TopicSpec, partition_of_key};
use futures_util::future::try_join_all;
use order_domain::Partition;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use traffic_archive::{ArchiveId, Line, Sequence};

use super::lane::{self, Lane};
use super::log::{LogTopic, PartitionLane};
use super::patience::Patience;
use super::redis::RedisLane;
use super::{StreamAddress, StreamError};

/// Entries that are dealt out to the lanes together, give or take what is appended at once.
const DEAL_ENTRIES_MAX: usize = 4096;

/// Bytes of entries that are dealt out together, likewise.
const DEAL_BYTES_MAX: usize = 1 << 20;

/// Deals that wait for a lane.
const DEALS_WAITING_MAX: usize = 4;

/// Entries that a lane appends at once, give or take one deal.
const BATCH_ENTRIES_MAX: usize = 4096;

/// How a stream is made and written.
#[derive(Clone, Copy, Debug)]
pub struct TargetSettings {
    /// Partitions of a topic that is not there yet; one that is there keeps what it has.
    pub partitions: u32,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self { partitions: 8 }
    }
}

/// Writes one archive into a stream, each entry once.
///
/// Memory is bounded: [`append`](Self::append) waits when the stream is slower.
pub struct StreamTarget {
    lanes: Vec<LaneHandle>,
    dealt: usize,
    dealt_bytes: usize,
    appended: Arc<AtomicU64>,
    log: Option<Arc<dyn EventLog>>,
    last: Option<Sequence>,
    resume_from: Sequence,
}

struct LaneHandle {
    /// What is there already, or was dealt.
    last: Option<Sequence>,
    hand: Vec<Line>,
    inbox: Option<mpsc::Sender<Vec<Line>>>,
    worker: Option<JoinHandle<Result<u64, StreamError>>>,
}

/// A stream that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Records that it has, at most.
    pub records: u64,
}

impl StreamTarget {
    /// Makes the stream if there is none, and looks what it has of this archive already.
    pub async fn open(
        address: &StreamAddress,
        archive: ArchiveId,
        settings: TargetSettings,
    ) -> Result<Self, StreamError> {
        match LogTopic::open(address).await? {
            None => {
                let lane: Box<dyn Lane> = Box::new(RedisLane::open(address, archive).await?);
                Ok(Self::start(vec![lane], address.patience, None))
            }
            Some(topic) => {
                let LogTopic { log, topic: name, .. } = &topic;
                let (partitions, retention) = (settings.partitions, Retention::default());
                let spec = TopicSpec { topic: name.clone(), partitions, retention };
                log.create_topics(&[spec]).await?;
                let partitions = log.partition_count(name).await?;
                let lanes = (0..partitions).map(Partition).map(async |partition| {
                    let lane = PartitionLane::open(topic.clone(), partition, archive).await?;
                    Ok::<_, StreamError>(Box::new(lane) as Box<dyn Lane>)
                });
                let lanes = try_join_all(lanes).await?;
                Ok(Self::start(lanes, address.patience, Some(topic.log)))
            }
        }
    }

    fn start(
        lanes: Vec<Box<dyn Lane>>,
        patience: Patience,
        log: Option<Arc<dyn EventLog>>,
    ) -> Self {
        let appended = Arc::new(AtomicU64::new(0));
        let there = lanes.iter().map(|lane| lane.last()).min().flatten();
        let last = lanes.iter().filter_map(|lane| lane.last()).max();
        let lanes = lanes.into_iter().map(|lane| LaneHandle::start(lane, patience, &appended));
        Self {
            lanes: lanes.collect(),
            dealt: 0,
            dealt_bytes: 0,
            appended,
            log,
            last,
            resume_from: there.map_or(Sequence::FIRST, Sequence::next),
        }
    }

    /// All entries before this one are in the stream already.
    pub fn resume_from(&self) -> Sequence {
        self.resume_from
    }

    /// The last entry that was in the stream when it was opened. Some before it may be missing.
    pub fn last(&self) -> Option<Sequence> {
        self.last
    }

    /// How many entries were appended and are durable, since it was opened.
    pub fn appended(&self) -> u64 {
        self.appended.load(Ordering::Relaxed)
    }

    /// Takes the next entries of the archive; says how many of them were still missing. Every entry
    /// from [`resume_from`](Self::resume_from) on must be given, in order.
    ///
    /// After an error the target takes no more: open it again, and go on from there.
    pub async fn append(&mut self, lines: Vec<Line>) -> Result<u64, StreamError> {
        let partitions = u32::try_from(self.lanes.len()).expect("few partitions");
        let mut missing = 0;
        for line in lines {
            let index = partition_of_key(&line.key, partitions).0 as usize;
            let chosen = &mut self.lanes[index];
            if chosen.last.is_some_and(|last| line.sequence <= last) {
                continue;
            }
            missing += 1;
            self.dealt += 1;
            self.dealt_bytes += line.json.len();
            chosen.last = Some(line.sequence);
            chosen.hand.push(line);
        }
        if self.dealt >= DEAL_ENTRIES_MAX || self.dealt_bytes >= DEAL_BYTES_MAX {
            self.deal().await?;
        }
        Ok(missing)
    }

    /// Waits until all entries are durable.
    pub async fn finish(&mut self) -> Result<Finished, StreamError> {
        self.deal().await?;
        for lane in &mut self.lanes {
            lane.inbox = None;
        }
        let mut records = 0;
        for lane in &mut self.lanes {
            records += lane.ended().await?;
        }
        if let Some(log) = &self.log {
            log.close().await;
        }
        Ok(Finished { records })
    }

    async fn deal(&mut self) -> Result<(), StreamError> {
        (self.dealt, self.dealt_bytes) = (0, 0);
        for lane in &mut self.lanes {
            lane.deal().await?;
        }
        Ok(())
    }
}

impl LaneHandle {
    fn start(lane: Box<dyn Lane>, patience: Patience, appended: &Arc<AtomicU64>) -> Self {
        let (inbox, deals) = mpsc::channel(DEALS_WAITING_MAX);
        let last = lane.last();
        let worker = tokio::spawn(write(lane, deals, patience, appended.clone()));
        Self { last, hand: Vec::new(), inbox: Some(inbox), worker: Some(worker) }
    }

    async fn deal(&mut self) -> Result<(), StreamError> {
        if self.hand.is_empty() {
            return Ok(());
        }
        // The next hand is about as large.
        let next = Vec::with_capacity(self.hand.len());
        let hand = mem::replace(&mut self.hand, next);
        let Some(inbox) = &self.inbox else { return Err(ended_before()) };
        if inbox.send(hand).await.is_ok() {
            return Ok(());
        }
        self.ended().await?;
        Err(ended_before())
    }

    /// How many records it has then.
    async fn ended(&mut self) -> Result<u64, StreamError> {
        let Some(worker) = self.worker.take() else { return Err(ended_before()) };
        worker.await.unwrap_or_else(|error| Err(StreamError::BrokeOff(error.to_string())))
    }
}

fn ended_before() -> StreamError {
    StreamError::BrokeOff("it failed before".to_owned())
}

/// The work of one lane: takes what is waiting, and appends it together. How many records it has at the end.
async fn write(
    mut lane: Box<dyn Lane>,
    mut deals: mpsc::Receiver<Vec<Line>>,
    patience: Patience,
    appended: Arc<AtomicU64>,
) -> Result<u64, StreamError> {
    while let Some(mut batch) = deals.recv().await {
        while batch.len() < BATCH_ENTRIES_MAX
            && let Ok(more) = deals.try_recv()
        {
            batch.extend(more);
        }
        let count = batch.len() as u64;
        lane::write(lane.as_mut(), batch, patience).await?;
        appended.fetch_add(count, Ordering::Relaxed);
    }
    patience.wait_for("the length of the stream", &mut lane, |lane| lane.length()).await
}
