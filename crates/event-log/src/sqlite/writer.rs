//! The thread that writes a topic: many waiting appends become one transaction and one fsync.
//!
//! It never waits for more to come. While one transaction is being synced the next callers queue
//! up, so the batches grow with the load by themselves.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use order_domain::{Offset, Partition, Position};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::connection::PAGE_BYTES;
use super::queue::{Answer, Append, Request, Run, weight};
use super::retention;
use super::topic_file::Shared;
use super::transaction::Transactions;
use crate::{LogError, NewRecord, Record, Retention};

/// What one transaction takes, in bytes as the queue counts them. The last append may exceed it.
pub const BATCH_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// From how many callers on a task is made to wake them.
const ANSWERS_BY_TASK_MIN: usize = 4;

/// How often old records are looked for.
const RETENTION_INTERVAL: Duration = Duration::from_secs(1);

struct Writer {
    topic: Arc<Shared>,
    requests: Receiver<Request>,
    transactions: Transactions,
    checkpoints: Checkpoints,
    retention_due: Instant,
    /// Where the partitions end that the transaction at hand has written to.
    ends: Vec<Option<Offset>>,
    /// Where the callers wait.
    runtime: Handle,
}

/// Starts the thread, from within a tokio runtime. It ends when it is told to, or when nobody can ask it any more; the receiver
/// says so.
pub fn start(
    topic: Arc<Shared>,
    requests: Receiver<Request>,
) -> Result<oneshot::Receiver<()>, LogError> {
    let (ending, ended) = oneshot::channel();
    let runtime = Handle::current();
    let name = topic.path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into());
    std::thread::Builder::new()
        .name(format!("log-{name}"))
        .spawn(move || {
            Writer::new(topic, requests, runtime).run();
            // Whoever started it may have gone.
            let _ = ending.send(());
        })
        .map_err(|error| LogError::Unavailable(format!("no thread for the writer: {error}")))?;
    Ok(ended)
}

/// About what a transaction adds to the write-ahead log: the records, and the rest of the page on
/// which the batch before it ended.
fn bytes_written(batch: &[Append]) -> u64 {
    let records: u64 = batch.iter().map(|append| u64::from(weight(&append.records))).sum();
    records + u64::from(PAGE_BYTES)
}

impl Writer {
    fn new(topic: Arc<Shared>, requests: Receiver<Request>, runtime: Handle) -> Self {
        let transactions = Transactions::new(Arc::clone(&topic));
        let checkpoints = Checkpoints::new(topic.path.clone());
        let ends = vec![None; topic.tails.len()];
        Self {
            topic,
            requests,
            transactions,
            checkpoints,
            retention_due: Instant::now(),
            ends,
            runtime,
        }
    }

    fn run(mut self) {
        let mut open = true;
        while open {
            let mut batch = Vec::new();
            open = self.gather(&mut batch);
            if !batch.is_empty() {
                self.write(batch);
            }
            self.keep_house();
        }
    }

    /// Waits for a request and takes what has queued up behind it. Says whether more may come.
    fn gather(&mut self, batch: &mut Vec<Append>) -> bool {
        let mut request = match self.requests.recv_timeout(self.patience()) {
            Ok(request) => request,
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        };
        let mut bytes = 0;
        let mut open = true;
        loop {
            match request {
                // Nobody waits for this one any more.
                Request::Append(append) if append.answer.is_closed() => {}
                Request::Append(append) => {
                    bytes += u64::from(weight(&append.records));
                    batch.push(append);
                }
                Request::Probe(answer) => {
                    // Whoever asked may have gone.
                    let _ = answer.send(self.transactions.probe());
                }
                Request::Close => open = false,
            }
            if open && bytes >= BATCH_BYTES_MAX {
                return true;
            }
            match self.requests.try_recv() {
                Ok(next) => request = next,
                Err(_) => return open,
            }
        }
    }

    fn patience(&self) -> Duration {
        if self.topic.retention == Retention::default() {
            Duration::MAX
        } else {
            self.retention_due.saturating_duration_since(Instant::now())
        }
    }

    fn write(&mut self, batch: Vec<Append>) {
        match self.transactions.append(&batch) {
            Ok(runs) => {
                self.checkpoints.wrote(bytes_written(&batch));
                self.acknowledge(batch, runs);
            }
            Err(error) => {
                tracing::warn!(%error, appends = batch.len(), "appends failed");
                for append in batch {
                    // Whoever asked may have gone.
                    let _ = append.answer.send(Err(error.to_error()));
                }
            }
        }
    }

    /// Hands committed records to the readers, and their positions to the callers.
    fn acknowledge(&mut self, batch: Vec<Append>, runs: Vec<Run>) {
        let mut answers = Vec::with_capacity(batch.len());
        for (append, run) in batch.into_iter().zip(runs) {
            self.ends[append.partition] = Some(Offset(run.first.0 + append.records.len() as u64));
            self.keep(append.partition, append.records, run);
            answers.push((append.answer, run));
        }
        // Readers are woken once a transaction, not once an append.
        for (tail, end) in self.topic.tails.iter().zip(&mut self.ends) {
            if let Some(end) = end.take() {
                tail.publish(end);
            }
        }
        self.answer(answers);
    }

    fn keep(&self, partition: usize, records: Vec<NewRecord>, run: Run) {
        let number = Partition(u32::try_from(partition).unwrap_or(u32::MAX));
        let records = records.into_iter().zip(run.first.0..).map(|(record, offset)| Record {
            position: Position::new(number, Offset(offset)),
            timestamp: run.timestamp,
            key: record.key,
            payload: record.payload,
            headers: record.headers,
        });
        self.topic.tails[partition].keep(records);
    }

    /// Many callers are woken by a task of the runtime they wait in: there a wake-up costs a push
    /// to a queue of its own thread, here a lock all threads share.
    fn answer(&self, answers: Vec<(Answer, Run)>) {
        let answer_all = |answers: Vec<(Answer, Run)>| {
            for (answer, run) in answers {
                // Whoever asked may have gone; the record is there all the same.
                let _ = answer.send(Ok(run));
            }
        };
        if answers.len() < ANSWERS_BY_TASK_MIN {
            answer_all(answers);
        } else {
            self.runtime.spawn(async move { answer_all(answers) });
        }
    }

    /// What is due between two batches, in small steps so that no append waits long.
    fn keep_house(&mut self) {
        self.checkpoints.finish(&self.transactions);
        if self.topic.retention == Retention::default() || Instant::now() < self.retention_due {
            return;
        }
        match self.transactions.retain(self.topic.retention) {
            Ok(retention::Step::More) => {}
            Ok(retention::Step::Done) => self.retention_due = Instant::now() + RETENTION_INTERVAL,
            Err(error) => {
                tracing::warn!(error = %error, "old records could not be removed");
                self.retention_due = Instant::now() + RETENTION_INTERVAL;
            }
        }
    }
}
