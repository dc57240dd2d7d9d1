//! Appending: back-pressure, deadlines, and the prefix that a failed batch leaves.
//!
//! librdkafka would time out records one by one, so that of a batch one record may be dropped and
//! the next still be written when the broker comes back. So it has no time-out here. Instead, when
//! a record stays unanswered for long, or an error is fatal to the producer, the producer is given
//! up with all that it holds and a new one takes over.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use order_domain::{Partition, Position};
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use super::clients::Clients;
use super::context::LastError;
use super::producing::{Delivered, Delivery, NativeProducer, Producing, SendFailure, given_up};
use crate::{Appended, LogError, NewRecord, RECORD_BYTES_MAX, Topic};

/// How long, in append time-outs, a record may stay unanswered after its caller was told so, before
/// the producer is given up. A cluster that is merely slow gets to answer.
const OVERDUE_FACTOR: u32 = 2;

pub(super) struct Appender {
    clients: Arc<Clients>,
    current: RwLock<Arc<Producing>>,
    append_timeout: Duration,
}

impl Appender {
    pub(super) fn new(clients: Arc<Clients>, append_timeout: Duration) -> Result<Self, LogError> {
        let producing = Producing::start(&clients)?;
        Ok(Self { clients, current: RwLock::new(Arc::new(producing)), append_timeout })
    }

    pub(super) fn last_error(&self) -> &LastError {
        &self.clients.last_error
    }

    /// Runs a call on the producer, which also answers questions about the cluster.
    pub(super) fn with_producer<T>(&self, call: impl FnOnce(&NativeProducer) -> T) -> T {
        call(self.current().native())
    }

    pub(super) async fn append(
        self: &Arc<Self>,
        topic: &Topic,
        partition: Partition,
        record: &NewRecord,
    ) -> Result<Appended, LogError> {
        check_size(record)?;
        let deadline = Instant::now() + self.append_timeout;
        let producing = self.current();
        let delivery = self.hand_over(&producing, topic, partition, record, deadline).await?;
        self.answer(&producing, topic, partition, delivery, deadline).await
    }

    pub(super) async fn append_all(
        self: &Arc<Self>,
        topic: &Topic,
        partition: Partition,
        records: &[NewRecord],
    ) -> Result<Vec<Appended>, LogError> {
        records.iter().try_for_each(check_size)?;
        let deadline = Instant::now() + self.append_timeout;
        // One producer for the whole batch: two could write its records out of order.
        let producing = self.current();
        let mut deliveries = Vec::with_capacity(records.len());
        for record in records {
            let delivery = self.hand_over(&producing, topic, partition, record, deadline).await?;
            deliveries.push(delivery);
        }
        let mut appended = Vec::with_capacity(records.len());
        for delivery in deliveries {
            let answer = self.answer(&producing, topic, partition, delivery, deadline).await?;
            appended.push(answer);
        }
        Ok(appended)
    }

    /// Waits, no longer than an append may, until all that was handed over is answered.
    pub(super) fn flush(&self) -> Result<(), LogError> {
        self.with_producer(|producer| producer.flush(self.append_timeout))
            .map_err(|error| LogError::Unavailable(self.last_error().annotate(error.to_string())))
    }

    fn current(&self) -> Arc<Producing> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn hand_over(
        &self,
        producing: &Arc<Producing>,
        topic: &Topic,
        partition: Partition,
        record: &NewRecord,
        deadline: Instant,
    ) -> Result<oneshot::Receiver<Delivery>, LogError> {
        let room = timeout_at(deadline, producing.room_for(record.size())).await;
        let room = room.map_err(|_| {
            let what = format!("the queue had no room for {:?}", self.append_timeout);
            LogError::Overloaded(self.last_error().annotate(what))
        })??;
        producing.send(topic, partition, record, room).map_err(|failure| match failure {
            SendFailure::GivenUp => given_up(),
            SendFailure::Refused(error) => self.failed(producing, topic, &error),
        })
    }

    async fn answer(
        self: &Arc<Self>,
        producing: &Arc<Producing>,
        topic: &Topic,
        partition: Partition,
        mut delivery: oneshot::Receiver<Delivery>,
        deadline: Instant,
    ) -> Result<Appended, LogError> {
        match timeout_at(deadline, &mut delivery).await {
            Ok(Ok(Ok(delivered))) => appended(partition, delivered),
            Ok(Ok(Err(error))) => Err(self.failed(producing, topic, &error)),
            Ok(Err(_)) => Err(given_up()),
            Err(_) => {
                self.watch(producing.clone(), delivery);
                let what = format!("no acknowledgement within {:?}", self.append_timeout);
                Err(LogError::Unavailable(self.last_error().annotate(what)))
            }
        }
    }

    /// What a failed delivery means; a fatal one ends the producer.
    fn failed(&self, producing: &Arc<Producing>, topic: &Topic, error: &KafkaError) -> LogError {
        if let Some((_, reason)) = producing.native().client().fatal_error() {
            self.replace(producing, &reason);
            return LogError::Unavailable(format!("the producer failed: {reason}"));
        }
        self.last_error().explain(error, topic)
    }

    /// Gives a record that is late some more time, then gives up its producer.
    fn watch(self: &Arc<Self>, producing: Arc<Producing>, delivery: oneshot::Receiver<Delivery>) {
        let appender = self.clone();
        tokio::spawn(async move {
            let patience = appender.append_timeout * OVERDUE_FACTOR;
            if timeout(patience, delivery).await.is_err() {
                appender.replace(&producing, "a record stayed unanswered");
            }
        });
    }

    fn replace(&self, old: &Arc<Producing>, why: &str) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&current, old) {
            return;
        }
        match Producing::start(&self.clients) {
            Ok(new) => {
                tracing::warn!(why, "gives up the Kafka producer and starts another");
                *current = Arc::new(new);
                drop(current);
                old.give_up();
            }
            Err(error) => tracing::error!(%error, "could not start another Kafka producer"),
        }
    }
}

fn check_size(record: &NewRecord) -> Result<(), LogError> {
    let bytes = record.size();
    if bytes > RECORD_BYTES_MAX {
        return Err(LogError::TooLarge { bytes, max: RECORD_BYTES_MAX });
    }
    Ok(())
}

fn appended(partition: Partition, delivered: Delivered) -> Result<Appended, LogError> {
    let offset = delivered.offset.ok_or_else(|| {
        LogError::Unavailable("the record was written, but nobody knows where any more".to_owned())
    })?;
    Ok(Appended { position: Position::new(partition, offset), timestamp: delivered.timestamp })
}
