//! A cluster that asks for TLS and a password.

use std::time::Duration;

use event_log::{
    BatchLimit, EventLog, Headers, KafkaLog, LogError, LogSettings, NewRecord, Retention, Topic,
    TopicSpec,
};
use order_domain::{Offset, Partition};

use super::broker::{self, PrivateBroker};

fn settings(broker: &PrivateBroker, properties: &[(&str, &str)]) -> LogSettings {
    let mut settings = LogSettings::new(broker.variable("SERIATIM_TEST_KAFKA_TLS"));
    settings.append_timeout = Duration::from_secs(2);
    let properties =
        properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    settings.kafka_properties = properties.collect();
    settings
}

fn connect(settings: &LogSettings) -> KafkaLog {
    let brokers = settings.url.strip_prefix("kafka://").expect("a Kafka URL");
    KafkaLog::connect(brokers, settings).expect("the settings are well-formed")
}

async fn writes_and_reads(log: &KafkaLog, topic: &str) {
    let topic = Topic::new(topic).expect("a name");
    let spec = TopicSpec { topic: topic.clone(), partitions: 1, retention: Retention::default() };
    log.create_topics(&[spec]).await.expect("the topic is made");
    let record = NewRecord { key: "k".into(), payload: "secret".into(), headers: Headers::new() };
    let appended = log.append(&topic, record).await.expect("an append");
    let mut reader = log.read(&topic, Partition(0), Offset::ZERO).await.expect("a reader");
    let limit = BatchLimit { records: 10, bytes: 1024 };
    let read = tokio::time::timeout(Duration::from_secs(20), reader.next(limit)).await;
    let read = read.expect("in time").expect("a read");
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].position, read[0].timestamp), (appended.position, appended.timestamp));
    assert_eq!(read[0].payload, "secret");
}

async fn refused(log: &KafkaLog) -> String {
    let error = log.check().await.expect_err("the cluster must refuse it");
    assert!(matches!(error, LogError::Unavailable(_)), "{error:?}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_both_ways_of_giving_a_password() {
    if broker::skipped("Kafka with TLS") {
        return;
    }
    let broker = tokio::task::spawn_blocking(|| PrivateBroker::start(&["--tls"]));
    let broker = broker.await.expect("it starts");
    let authority = broker.variable("SERIATIM_TEST_KAFKA_CA").to_owned();
    let user = broker.variable("SERIATIM_TEST_KAFKA_USER").to_owned();
    let password = broker.variable("SERIATIM_TEST_KAFKA_PASSWORD").to_owned();
    let base = [
        ("security.protocol", "SASL_SSL"),
        ("ssl.ca.location", authority.as_str()),
        ("sasl.username", user.as_str()),
    ];
    let with =
        |more: &[(&'static str, &str)]| connect(&settings(&broker, &[&base[..], more].concat()));

    let plain = with(&[("sasl.mechanism", "PLAIN"), ("sasl.password", &password)]);
    writes_and_reads(&plain, "over-plain").await;
    let scram = with(&[("sasl.mechanism", "SCRAM-SHA-256"), ("sasl.password", &password)]);
    writes_and_reads(&scram, "over-scram").await;

    let wrong = with(&[("sasl.mechanism", "SCRAM-SHA-256"), ("sasl.password", "wrong")]);
    let why = refused(&wrong).await;
    assert!(why.to_lowercase().contains("authentication"), "{why}");
    assert!(!why.contains("wrong"), "{why}");

    let untrusted = connect(&settings(
        &broker,
        &[
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", &user),
            ("sasl.password", &password),
        ],
    ));
    let why = refused(&untrusted).await;
    assert!(why.contains("certificate"), "{why}");
}
