//! How every librdkafka client is configured.
//!
//! Property names and defaults: librdkafka's CONFIGURATION.md.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use order_domain::{Offset, Partition};
use rdkafka::ClientConfig;
use rdkafka::client::{Client, ClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;

use super::LastError;
use crate::{Ends, GroupId, LogError, LogSettings, MemberId, Topic};

/// How long the producer gathers records for one request, in milliseconds. More callers at once
/// gather by themselves: while requests are under way, the next batch grows.
const LINGER_MS: &str = "0.5";
/// Largest request of records; room for the largest record and its framing, in bytes.
const MESSAGE_BYTES_MAX: &str = "1048588";
/// How far a reader fetches ahead of its caller, in KiB.
const READ_AHEAD_KIB: &str = "4096";
/// Pause before a reader that is far ahead looks again whether to fetch.
const READ_AHEAD_PAUSE_MS: &str = "5";
/// The longest pause between two attempts to connect.
const RECONNECT_MS_MAX: &str = "1000";
/// A request that got no answer in this time is sent again over a new connection.
const SOCKET_TIMEOUT_MS: &str = "10000";
/// A member that was not heard of for this long has lost its partitions.
const SESSION_TIMEOUT_MS: &str = "10000";
/// How often a member says that it lives, hence how soon it learns of a rebalance.
const HEARTBEAT_MS: &str = "500";
/// How long a member may leave a change unanswered before it is put out.
const MEMBER_UNRESPONSIVE_MS_MAX: &str = "60000";
/// Pause before a partition without a leader is asked again.
const ELECTION_PAUSE: Duration = Duration::from_millis(20);
/// Readers belong to no group, but librdkafka wants a name; nothing is ever stored under it.
const READERS_GROUP: &str = "seriatim-readers";

/// The property that fails all records behind one that can't be written.
pub(super) const GAPLESS: &str = "enable.gapless.guarantee";

/// Makes the configuration of each client. The user's properties come last and win.
pub(super) struct Clients {
    brokers: String,
    properties: BTreeMap<String, String>,
    pub(super) replication: u16,
    pub(super) last_error: LastError,
}

impl Clients {
    pub(super) fn new(brokers: &str, settings: &LogSettings) -> Self {
        Self {
            brokers: brokers.to_owned(),
            properties: settings.kafka_properties.clone(),
            replication: settings.kafka_replication,
            last_error: LastError::default(),
        }
    }

    pub(super) fn producer(&self) -> ClientConfig {
        self.config(&[
            ("enable.idempotence", "true"),
            // A record that can't be written fails all that follow it, so a batch never has a hole.
            (GAPLESS, "true"),
            ("acks", "all"),
            ("compression.type", "lz4"),
            ("linger.ms", LINGER_MS),
            ("message.max.bytes", MESSAGE_BYTES_MAX),
            // Time-outs of single records could leave a hole, too: the appender keeps the time.
            ("message.timeout.ms", "0"),
            // The appender bounds what is queued; the queue's own bounds must not be met.
            ("queue.buffering.max.messages", "0"),
            ("queue.buffering.max.kbytes", "1048576"),
        ])
    }

    pub(super) fn admin(&self) -> ClientConfig {
        self.config(&[])
    }

    pub(super) fn reader(&self) -> ClientConfig {
        self.config(&[
            ("group.id", READERS_GROUP),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("check.crcs", "true"),
            ("fetch.min.bytes", "1"),
            ("queued.max.messages.kbytes", READ_AHEAD_KIB),
            ("fetch.queue.backoff.ms", READ_AHEAD_PAUSE_MS),
            // Readers are no members: nobody minds how long they are busy.
            ("max.poll.interval.ms", "86400000"),
        ])
    }

    pub(super) fn member(&self, group: &GroupId, member: &MemberId) -> ClientConfig {
        self.config(&[
            ("group.id", &group.0),
            ("group.instance.id", &member.0),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("session.timeout.ms", SESSION_TIMEOUT_MS),
            ("heartbeat.interval.ms", HEARTBEAT_MS),
            ("max.poll.interval.ms", MEMBER_UNRESPONSIVE_MS_MAX),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
        ])
    }

    fn config(&self, properties: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "seriatim")
            .set("socket.keepalive.enable", "true")
            .set("socket.nagle.disable", "true")
            .set("socket.timeout.ms", SOCKET_TIMEOUT_MS)
            .set("reconnect.backoff.max.ms", RECONNECT_MS_MAX)
            .set_log_level(RDKafkaLogLevel::Info);
        for (name, value) in properties {
            config.set(*name, *value);
        }
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config
    }
}

/// Asks the partition's leader for its ends; blocks up to `timeout`. A leader that is just being
/// elected, as after a restart or when the topic is new, is waited for.
pub(super) fn ends<C: ClientContext>(
    client: &Client<C>,
    topic: &Topic,
    partition: Partition,
    timeout: Duration,
) -> KafkaResult<Ends> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match client.fetch_watermarks(topic.as_str(), native_partition(partition), left) {
            Ok((first, next)) => {
                let [first, next] = [first, next].map(|end| offset(end).unwrap_or_default());
                return Ok(Ends { first, next });
            }
            Err(error) if !is_election(&error) || left <= ELECTION_PAUSE => return Err(error),
            Err(_) => std::thread::sleep(ELECTION_PAUSE),
        }
    }
}

fn is_election(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::NotLeaderForPartition | RDKafkaErrorCode::LeaderNotAvailable)
    )
}

/// The partition's number as librdkafka has it. Kafka's own numbers are 32 bits with a sign.
pub(super) fn native_partition(partition: Partition) -> i32 {
    i32::try_from(partition.0).unwrap_or(i32::MAX)
}

/// librdkafka's offset, where it is one: negative numbers mean "unknown" and the like.
pub(super) fn offset(native: i64) -> Option<Offset> {
    u64::try_from(native).ok().map(Offset)
}

/// The offset as librdkafka has it.
pub(super) fn native_offset(offset: Offset) -> Result<rdkafka::Offset, LogError> {
    i64::try_from(offset.0)
        .map(rdkafka::Offset::Offset)
        .map_err(|_| LogError::Configuration(format!("Kafka has no offset {offset}")))
}
