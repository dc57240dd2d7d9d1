//! Making topics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::producer::Producer;
use rdkafka::types::RDKafkaErrorCode;

use super::appender::Appender;
use super::clients::Clients;
use super::context::{LastError, Reporting};
use super::{METADATA_TIMEOUT, blocking, drop_in_background, failure};
use crate::{LogError, Retention, TopicSpec};

/// How long the cluster may take until new topics are made and have leaders.
const CREATION_TIMEOUT: Duration = Duration::from_secs(20);
const CREATION_POLL_PAUSE: Duration = Duration::from_millis(20);
/// With this many replicas one may be away and appends still go on, on two.
const REPLICAS_FOR_TWO_IN_SYNC: u16 = 3;
/// Kafka drops whole segments, so a bound is kept as finely as a segment: this part of the bound.
const SEGMENTS_PER_BOUND: u32 = 4;
/// Kafka's bounds for `segment.bytes` (the least is KIP-1030's) and its default.
const SEGMENT_BYTES: std::ops::RangeInclusive<u64> = 1024 * 1024..=1024 * 1024 * 1024;
/// The least age of a segment that we ask for, and Kafka's default.
const SEGMENT_AGE: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(7 * 24);

/// Makes those of `specs` that do not exist and waits until they have leaders.
pub(super) async fn create(
    clients: &Clients,
    appender: &Arc<Appender>,
    specs: &[TopicSpec],
) -> Result<(), LogError> {
    let admin: AdminClient<Reporting> = clients
        .admin()
        .create_with_context(Reporting(LastError::clone(&clients.last_error)))
        .map_err(|error| failure::of_client(&error))?;
    let result = request(&admin, clients, specs).await;
    drop_in_background(admin);
    result?;
    let (appender, specs) = (appender.clone(), specs.to_vec());
    blocking(move || await_leaders(&appender, &specs)).await
}

async fn request(
    admin: &AdminClient<Reporting>,
    clients: &Clients,
    specs: &[TopicSpec],
) -> Result<(), LogError> {
    let configs: Vec<_> = specs.iter().map(|spec| config(spec, clients.replication)).collect();
    let topics: Vec<_> = specs
        .iter()
        .zip(&configs)
        .map(|(spec, config)| new_topic(spec, clients.replication, config))
        .collect();
    let Some(first) = specs.first() else { return Ok(()) };
    let options = AdminOptions::new()
        .request_timeout(Some(CREATION_TIMEOUT))
        .operation_timeout(Some(CREATION_TIMEOUT));
    let created = admin.create_topics(&topics, &options).await;
    let created = created.map_err(|error| clients.last_error.explain(&error, &first.topic))?;
    for (result, spec) in created.into_iter().zip(specs) {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => {
                return Err(failure::of(&rdkafka::error::KafkaError::AdminOp(code), &spec.topic));
            }
        }
    }
    Ok(())
}

fn new_topic<'a>(
    spec: &'a TopicSpec,
    replication: u16,
    config: &'a [(&'static str, String)],
) -> NewTopic<'a> {
    let partitions = i32::try_from(spec.partitions).unwrap_or(i32::MAX);
    let replication = TopicReplication::Fixed(i32::from(replication));
    config.iter().fold(
        NewTopic::new(spec.topic.as_str(), partitions, replication),
        |topic, (name, value)| topic.set(name, value),
    )
}

/// The topic's settings; names and meanings as in Kafka's topic configuration.
fn config(spec: &TopicSpec, replication: u16) -> Vec<(&'static str, String)> {
    let in_sync = if replication >= REPLICAS_FOR_TWO_IN_SYNC { 2 } else { 1 };
    let mut config = vec![
        ("cleanup.policy", "delete".to_owned()),
        ("message.timestamp.type", "CreateTime".to_owned()),
        ("min.insync.replicas", in_sync.to_string()),
    ];
    config.extend(retention(spec.retention));
    config
}

fn retention(Retention { age, bytes }: Retention) -> Vec<(&'static str, String)> {
    let unbounded = || "-1".to_owned();
    let mut config = vec![
        ("retention.ms", age.map_or_else(unbounded, |age| age.as_millis().to_string())),
        ("retention.bytes", bytes.map_or_else(unbounded, |bytes| bytes.to_string())),
    ];
    if let Some(bytes) = bytes {
        let segment = bytes / u64::from(SEGMENTS_PER_BOUND);
        let segment = segment.clamp(*SEGMENT_BYTES.start(), *SEGMENT_BYTES.end());
        config.push(("segment.bytes", segment.to_string()));
    }
    if let Some(age) = age {
        let segment = age / SEGMENTS_PER_BOUND;
        let segment = segment.clamp(*SEGMENT_AGE.start(), *SEGMENT_AGE.end());
        config.push(("segment.ms", segment.as_millis().to_string()));
    }
    config
}

fn await_leaders(appender: &Appender, specs: &[TopicSpec]) -> Result<(), LogError> {
    let deadline = Instant::now() + CREATION_TIMEOUT;
    while !all_led(appender, specs) {
        if Instant::now() >= deadline {
            let what = format!("new topics had no leaders within {CREATION_TIMEOUT:?}");
            return Err(LogError::Unavailable(appender.last_error().annotate(what)));
        }
        std::thread::sleep(CREATION_POLL_PAUSE);
    }
    Ok(())
}

fn all_led(appender: &Appender, specs: &[TopicSpec]) -> bool {
    let metadata =
        appender.with_producer(|producer| producer.client().fetch_metadata(None, METADATA_TIMEOUT));
    let Ok(metadata) = metadata else { return false };
    specs.iter().all(|spec| {
        let found = metadata.topics().iter().find(|found| found.name() == spec.topic.as_str());
        found.is_some_and(|found| {
            let partitions = found.partitions();
            !partitions.is_empty() && partitions.iter().all(|partition| partition.leader() >= 0)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bound_keeps_everything() {
        let none = retention(Retention::default());
        assert_eq!(none, [("retention.ms", "-1".into()), ("retention.bytes", "-1".into())]);
    }

    #[test]
    fn segments_are_a_part_of_the_bound_and_within_what_kafka_takes() {
        let bounds = Retention { age: Some(Duration::from_hours(4)), bytes: Some(100) };
        let expected = [
            ("retention.ms", "14400000".to_owned()),
            ("retention.bytes", "100".to_owned()),
            ("segment.bytes", "1048576".to_owned()),
            ("segment.ms", "3600000".to_owned()),
        ];
        assert_eq!(retention(bounds), expected);
    }
}
