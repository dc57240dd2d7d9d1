//! Reading one partition.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt};
use order_domain::{Offset, Partition};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaErrorCode;
use tokio_util::sync::CancellationToken;

use super::clients::{self, Clients, native_offset, native_partition};
use super::context::{LastError, Reporting};
use super::{METADATA_TIMEOUT, blocking, drop_in_background, failure, records};
use crate::{BatchLimit, LogError, LogReader, Record, Topic};

/// A consumer of its own, so that readers of one partition don't wait for one another.
pub(super) struct PartitionReader {
    /// Taken only by `drop`.
    consumer: Option<Arc<StreamConsumer<Reporting>>>,
    topic: Topic,
    partition: Partition,
    /// The offset behind the last record that was returned or is held.
    next: Offset,
    /// A record that did not fit into the batch before.
    held: Option<Record>,
    /// The broker has said that `next` is not in the log; it fetches no more.
    out_of_range: bool,
    /// An error that came behind the last batch.
    failed: Option<KafkaError>,
    last_error: LastError,
    closed: CancellationToken,
}

impl PartitionReader {
    pub(super) fn new(
        clients: &Clients,
        topic: &Topic,
        partition: Partition,
        from: Offset,
        closed: CancellationToken,
    ) -> Result<Self, LogError> {
        let last_error = clients.last_error.clone();
        let failed = |error: KafkaError| failure::of(&error, topic);
        let consumer: StreamConsumer<Reporting> =
            clients.reader().create_with_context(Reporting(last_error.clone())).map_err(failed)?;
        let mut assignment = TopicPartitionList::new();
        assignment
            .add_partition_offset(topic.as_str(), native_partition(partition), native_offset(from)?)
            .map_err(failed)?;
        consumer.assign(&assignment).map_err(failed)?;
        Ok(Self {
            consumer: Some(Arc::new(consumer)),
            topic: topic.clone(),
            partition,
            next: from,
            held: None,
            out_of_range: false,
            failed: None,
            last_error,
            closed,
        })
    }

    fn consumer(&self) -> Arc<StreamConsumer<Reporting>> {
        self.consumer.clone().expect("only drop takes it")
    }

    /// The first record of a batch, however long it takes.
    async fn first(&mut self) -> Result<Record, LogError> {
        if let Some(held) = self.held.take() {
            return Ok(held);
        }
        let consumer = self.consumer();
        while !self.out_of_range {
            let fetched = match self.failed.take() {
                Some(error) => Err(error),
                None => consumer.recv().await.map(|message| self.record(&message)),
            };
            match fetched {
                Ok(record) => return Ok(record),
                // Noted before anything is awaited: the call may be dropped.
                Err(error) if is_out_of_range(&error) => self.out_of_range = true,
                Err(error) if failure::is_passing(&error) => {}
                Err(error) => return Err(self.last_error.explain(&error, &self.topic)),
            }
        }
        Err(self.out_of_range().await)
    }

    /// Adds what librdkafka has fetched already, within the limit.
    fn fill(&mut self, batch: &mut Vec<Record>, limit: BatchLimit) {
        let consumer = self.consumer();
        let mut fetched = consumer.stream();
        let mut bytes: usize = batch.iter().map(|record| record.payload.len()).sum();
        while batch.len() < limit.records && bytes < limit.bytes {
            match fetched.next().now_or_never() {
                Some(Some(Ok(message))) => {
                    let record = self.record(&message);
                    bytes += record.payload.len();
                    if bytes > limit.bytes {
                        self.held = Some(record);
                        break;
                    }
                    batch.push(record);
                }
                Some(Some(Err(error))) => {
                    self.failed = Some(error);
                    break;
                }
                Some(None) | None => break,
            }
        }
    }

    fn record(&mut self, message: &BorrowedMessage<'_>) -> Record {
        let record = records::record(self.partition, message);
        self.next = record.position.offset.next();
        record
    }

    async fn out_of_range(&self) -> LogError {
        let (consumer, topic, partition) = (self.consumer(), self.topic.clone(), self.partition);
        let last_error = self.last_error.clone();
        let ends = blocking(move || {
            clients::ends(consumer.client(), &topic, partition, METADATA_TIMEOUT)
                .map_err(|error| last_error.explain(&error, &topic))
        });
        match ends.await {
            Ok(ends) => {
                LogError::OutOfRange { wanted: self.next, first: ends.first, next: ends.next }
            }
            Err(error) => error,
        }
    }
}

#[async_trait]
impl LogReader for PartitionReader {
    async fn next(&mut self, limit: BatchLimit) -> Result<Vec<Record>, LogError> {
        let closed = self.closed.clone();
        let first = tokio::select! {
            biased;
            () = closed.cancelled() => return Err(LogError::Closed),
            first = self.first() => first?,
        };
        let mut batch = vec![first];
        self.fill(&mut batch, limit);
        Ok(batch)
    }
}

fn is_out_of_range(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
    )
}

impl Drop for PartitionReader {
    fn drop(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            drop_in_background(consumer);
        }
    }
}
