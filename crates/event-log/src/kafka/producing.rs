//! One producer of librdkafka, from its making until it is given up.

use std::sync::{Arc, PoisonError, RwLock};

use order_domain::{Offset, Partition, Timestamp};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, PurgeConfig, ThreadedProducer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::clients::{Clients, native_partition, offset};
use super::context::Reporting;
use super::{drop_in_background, failure, records};
use crate::{LogError, NewRecord, Topic};

/// What may be queued and under way to the brokers, in KiB; a record counts as at least one. So
/// this bounds the memory and the number of records.
const QUEUE_KIB_MAX: u32 = 16 * 1024;

pub(super) type NativeProducer = ThreadedProducer<DeliveryReports>;

/// What became of a record.
pub(super) type Delivery = Result<Delivered, KafkaError>;

/// A record that is durable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivered {
    /// Unknown where the broker had the record already, from an attempt whose answer got lost, and
    /// has forgotten where.
    pub(super) offset: Option<Offset>,
    pub(super) timestamp: Timestamp,
}

/// Goes with a record through librdkafka and comes back with the answer.
pub(super) struct Undelivered {
    answer: oneshot::Sender<Delivery>,
    timestamp: Timestamp,
    _room: OwnedSemaphorePermit,
}

/// Gives every delivery to its caller.
pub(super) struct DeliveryReports(Reporting);

impl ClientContext for DeliveryReports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ProducerContext for DeliveryReports {
    type DeliveryOpaque = Box<Undelivered>;

    fn delivery(&self, result: &DeliveryResult<'_>, undelivered: Box<Undelivered>) {
        let delivery = match result {
            Ok(message) => Ok(Delivered {
                offset: offset(message.offset()),
                // As it was sent, and as the log has it (`CreateTime`). What the broker says of an attempt
                // that it had already is the latest timestamp of the whole batch.
                timestamp: undelivered.timestamp,
            }),
            Err((error, _)) => Err(error.clone()),
        };
        // The caller may have stopped waiting.
        let _ = undelivered.answer.send(delivery);
    }
}

/// A producer that can be given up as a whole: nothing of it is sent any more, so what it was
/// handed for one partition is written up to some record and not beyond.
pub(super) struct Producing {
    /// Taken only by `drop`.
    producer: Option<NativeProducer>,
    room: Arc<Semaphore>,
    /// Sending reads it, giving up writes it: no record slips in behind the purge.
    given_up: RwLock<bool>,
}

impl Producing {
    pub(super) fn start(clients: &Clients) -> Result<Self, LogError> {
        let context = DeliveryReports(Reporting(clients.last_error.clone()));
        let producer = clients.producer().create_with_context(context);
        let producer = producer.map_err(|error| failure::of_client(&error))?;
        Ok(Self {
            producer: Some(producer),
            room: Arc::new(Semaphore::new(QUEUE_KIB_MAX as usize)),
            given_up: RwLock::new(false),
        })
    }

    pub(super) fn native(&self) -> &NativeProducer {
        self.producer.as_ref().expect("only drop takes it")
    }

    /// Waits until the queue has room for a record of this size. First come, first served.
    pub(super) async fn room_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit, LogError> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(QUEUE_KIB_MAX);
        let room = self.room.clone().acquire_many_owned(kib.clamp(1, QUEUE_KIB_MAX)).await;
        room.map_err(|_| given_up())
    }

    /// Hands a record to librdkafka; the receiver gets what became of it.
    pub(super) fn send(
        &self,
        topic: &Topic,
        partition: Partition,
        record: &NewRecord,
        room: OwnedSemaphorePermit,
    ) -> Result<oneshot::Receiver<Delivery>, SendFailure> {
        let gone = self.given_up.read().unwrap_or_else(PoisonError::into_inner);
        if *gone {
            return Err(SendFailure::GivenUp);
        }
        let (answer, delivery) = oneshot::channel();
        let timestamp = records::now();
        let undelivered = Box::new(Undelivered { answer, timestamp, _room: room });
        let mut message = BaseRecord::with_opaque_to(topic.as_str(), undelivered)
            .partition(native_partition(partition))
            .payload(record.payload.as_ref())
            .timestamp(timestamp.0);
        if !record.key.is_empty() {
            message = message.key(record.key.as_ref());
        }
        if let Some(headers) = records::native_headers(&record.headers) {
            message = message.headers(headers);
        }
        match self.native().send::<[u8], [u8]>(message) {
            Ok(()) => Ok(delivery),
            Err((error, _)) => Err(SendFailure::Refused(error)),
        }
    }

    /// Drops everything that is queued or under way; its callers get an error.
    pub(super) fn give_up(&self) {
        *self.given_up.write().unwrap_or_else(PoisonError::into_inner) = true;
        self.room.close();
        self.native().purge(PurgeConfig::default().queue().inflight());
    }
}

impl Drop for Producing {
    fn drop(&mut self) {
        if let Some(producer) = self.producer.take() {
            drop_in_background(producer);
        }
    }
}

/// Why a record was not handed over.
pub(super) enum SendFailure {
    /// The producer was given up in the meantime.
    GivenUp,
    /// librdkafka did not take it.
    Refused(KafkaError),
}

/// What a caller is told whose producer was given up.
pub(super) fn given_up() -> LogError {
    LogError::Unavailable("the connection to the cluster was given up and made anew".to_owned())
}
