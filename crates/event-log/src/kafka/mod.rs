//! The log on a Kafka cluster.
//!
//! | what | how |
//! |---|---|
//! | append | one idempotent producer, `acks=all`; see [`appender`] |
//! | read | one consumer a reader, assigned to its partition at an offset |
//! | join | one consumer a membership, in the group but without fetching |
//!
//! A reader's own consumer costs four threads and half a MiB on a cluster of one broker, and one
//! more thread for each further broker (measured with 24 idle readers). Sharing one would save them,
//! but a consumer can hold a partition only once, and its readers would wait for one another.
//!
//! Broker restarts are librdkafka's business: it connects again by itself. What a caller sees of
//! them is waiting and, past its deadline, a retryable error.

mod appender;
mod clients;
mod context;
mod failure;
mod membership;
mod partition_counts;
mod producing;
mod reader;
mod records;
mod topic_creation;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use order_domain::{Offset, Partition};
use rdkafka::producer::Producer;
use tokio_util::sync::CancellationToken;

use crate::{
    Appended, Ends, EventLog, GroupId, LogError, LogReader, LogSettings, MemberId, Membership,
    NewRecord, Topic, TopicSpec, partition_of_key,
};
use appender::Appender;
use clients::Clients;
use context::LastError;
use partition_counts::PartitionCounts;
use reader::PartitionReader;

/// How long a question about topics, partitions or offsets may take.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);
/// How long [`EventLog::check`] waits for the cluster; below the second it may take.
const CHECK_TIMEOUT: Duration = Duration::from_millis(800);

/// A Kafka cluster as an [`EventLog`].
pub struct KafkaLog {
    clients: Arc<Clients>,
    appender: Arc<Appender>,
    partition_counts: Arc<PartitionCounts>,
    closed: CancellationToken,
}

impl KafkaLog {
    /// Makes the clients for `brokers` (`host:port[,host:port]`). It does not wait for the cluster:
    /// one that is away is found by the calls that need it, and is used once it is there.
    ///
    /// Must be called inside a tokio runtime.
    pub fn connect(brokers: &str, settings: &LogSettings) -> Result<Self, LogError> {
        if brokers.split(',').any(|broker| broker.trim().is_empty()) {
            let why = format!("{brokers:?} is not host:port[,host:port]");
            return Err(LogError::Configuration(why));
        }
        require_tls_support(settings)?;
        let clients = Arc::new(Clients::new(brokers, settings));
        let appender = Arc::new(Appender::new(clients.clone(), settings.append_timeout)?);
        let partition_counts = Arc::new(PartitionCounts::new(appender.clone()));
        Ok(Self { clients, appender, partition_counts, closed: CancellationToken::new() })
    }

    fn open(&self) -> Result<(), LogError> {
        if self.closed.is_cancelled() { Err(LogError::Closed) } else { Ok(()) }
    }

    /// That the topic has the partition.
    async fn require(&self, topic: &Topic, partition: Partition) -> Result<(), LogError> {
        self.open()?;
        let count = self.partition_counts.of(topic).await?;
        if partition.0 < count {
            Ok(())
        } else {
            let why = format!("{topic} has {count} partitions, so none of number {partition}");
            Err(LogError::Configuration(why))
        }
    }
}

#[async_trait]
impl EventLog for KafkaLog {
    async fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.open()?;
        topic_creation::create(&self.clients, &self.appender, topics).await
    }

    async fn partition_count(&self, topic: &Topic) -> Result<u32, LogError> {
        self.open()?;
        self.partition_counts.of(topic).await
    }

    async fn append(&self, topic: &Topic, record: NewRecord) -> Result<Appended, LogError> {
        self.open()?;
        let count = self.partition_counts.of(topic).await?;
        let partition = partition_of_key(&record.key, count);
        self.appender.append(topic, partition, &record).await
    }

    async fn append_all(
        &self,
        topic: &Topic,
        partition: Partition,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Appended>, LogError> {
        self.require(topic, partition).await?;
        self.appender.append_all(topic, partition, &records).await
    }

    async fn read(
        &self,
        topic: &Topic,
        partition: Partition,
        from: Offset,
    ) -> Result<Box<dyn LogReader>, LogError> {
        self.require(topic, partition).await?;
        let closed = self.closed.clone();
        Ok(Box::new(PartitionReader::new(&self.clients, topic, partition, from, closed)?))
    }

    async fn ends(&self, topic: &Topic, partition: Partition) -> Result<Ends, LogError> {
        self.require(topic, partition).await?;
        let (appender, topic) = (self.appender.clone(), topic.clone());
        blocking(move || {
            let ends = appender.with_producer(|producer| {
                clients::ends(producer.client(), &topic, partition, METADATA_TIMEOUT)
            });
            ends.map_err(|error| appender.last_error().explain(&error, &topic))
        })
        .await
    }

    async fn join(
        &self,
        group: &GroupId,
        topic: &Topic,
        member: &MemberId,
    ) -> Result<Box<dyn Membership>, LogError> {
        self.open()?;
        self.partition_counts.of(topic).await?;
        let closed = self.closed.clone();
        Ok(Box::new(membership::join(&self.clients, group, topic, member, closed)?))
    }

    async fn check(&self) -> Result<(), LogError> {
        self.open()?;
        let counts = self.partition_counts.clone();
        blocking(move || counts.check(CHECK_TIMEOUT)).await
    }

    async fn close(&self) {
        self.closed.cancel();
        let appender = self.appender.clone();
        let flushed = blocking(move || appender.flush()).await;
        if let Err(error) = flushed {
            tracing::warn!(%error, "closed the log before every append was acknowledged");
        }
    }
}

/// librdkafka's own message does not say how to get what is missing.
fn require_tls_support(settings: &LogSettings) -> Result<(), LogError> {
    let protocol = settings.kafka_properties.get("security.protocol").map(String::as_str);
    let wants_more = protocol.is_some_and(|protocol| !protocol.eq_ignore_ascii_case("plaintext"));
    if wants_more && !cfg!(feature = "kafka-tls") {
        let why = "security.protocol needs a build with the feature kafka-tls";
        return Err(LogError::Configuration(why.to_owned()));
    }
    Ok(())
}

/// Runs a librdkafka call that blocks its thread.
async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, LogError> {
    tokio::task::spawn_blocking(call)
        .await
        .unwrap_or_else(|error| Err(LogError::Unavailable(format!("a call broke off: {error}"))))
}

/// Drops a client where blocking is allowed: librdkafka joins its threads first.
fn drop_in_background<T: Send + 'static>(client: T) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(move || drop(client))),
        Err(_) => drop(client),
    }
}
