//! The headers of records in retry and dead letter topics, by name.
//!
//! Names and encodings are those of Spring Kafka, so that tools which know its dead letters know
//! ours: `KafkaHeaders.DLT_*` as `DeadLetterPublishingRecoverer` writes them (partition: 4 bytes
//! big-endian; offset and timestamp: 8 bytes big-endian; the rest UTF-8), and
//! `RetryTopicHeaders.DEFAULT_HEADER_ATTEMPTS` (4 bytes big-endian).
//! Source: the reference of Spring for Apache Kafka, "Enhancing Dead Letter Records" and
//! "Non-Blocking Retries".

/// What the names of Spring's headers about a dead letter begin with.
pub const SPRING_PREFIX: &str = "kafka_dlt-";
/// The topic in which the record stood when it failed first. UTF-8.
pub const ORIGINAL_TOPIC: &str = "kafka_dlt-original-topic";
/// Its partition there. 4 bytes, big-endian.
pub const ORIGINAL_PARTITION: &str = "kafka_dlt-original-partition";
/// Its offset there. 8 bytes, big-endian.
pub const ORIGINAL_OFFSET: &str = "kafka_dlt-original-offset";
/// Its timestamp there, in milliseconds since 1970. 8 bytes, big-endian.
pub const ORIGINAL_TIMESTAMP: &str = "kafka_dlt-original-timestamp";
/// What that timestamp means: `CreateTime` or `LogAppendTime`.
pub const ORIGINAL_TIMESTAMP_TYPE: &str = "kafka_dlt-original-timestamp-type";
/// The consumer group that could not deal with it.
pub const ORIGINAL_CONSUMER_GROUP: &str = "kafka_dlt-original-consumer-group";
/// What the names of the headers about the failure begin with.
pub const EXCEPTION_PREFIX: &str = "kafka_dlt-exception-";
/// The kind of failure, as a dotted name.
pub const EXCEPTION_KIND: &str = "kafka_dlt-exception-fqcn";
/// The failure in words.
pub const EXCEPTION_MESSAGE: &str = "kafka_dlt-exception-message";
/// How often the record has failed. 4 bytes, big-endian.
pub const ATTEMPTS: &str = "retry_topic-attempts";
/// One line an attempt, oldest first: `<ms since 1970> <topic> <cause>`. Seriatim's own.
pub const HISTORY: &str = "seriatim-attempt-history";
/// On a record that an operator has sent again: which dead letter it was, as
/// `<topic>/<partition>:<offset>`. It is tried although its subject is parked. Seriatim's own.
pub const REDRIVE: &str = "seriatim-redrive";
