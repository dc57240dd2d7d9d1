//! From librdkafka's errors to the log's.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::{LogError, RECORD_BYTES_MAX, Topic};

/// What it means that a client could not be made.
pub(super) fn of_client(error: &KafkaError) -> LogError {
    LogError::Configuration(match error {
        // The value stays out of it: it may be a password.
        KafkaError::ClientConfig(_, reason, name, _) => format!("{name}: {reason}"),
        KafkaError::ClientCreation(reason) => reason.clone(),
        other => other.to_string(),
    })
}

/// What an error of a call about `topic` means to the caller.
pub(super) fn of(error: &KafkaError, topic: &Topic) -> LogError {
    if matches!(error, KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_)) {
        return of_client(error);
    }
    match error.rdkafka_error_code() {
        Some(Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition) => {
            LogError::NoSuchTopic(topic.to_string())
        }
        Some(Code::QueueFull | Code::ThrottlingQuotaExceeded) => {
            LogError::Overloaded(error.to_string())
        }
        Some(Code::MessageSizeTooLarge) => LogError::Configuration(format!(
            "topic {topic} takes no record of {RECORD_BYTES_MAX} bytes: raise its max.message.bytes"
        )),
        Some(Code::BadMessage | Code::InvalidMessage | Code::InvalidMessageSize) => {
            LogError::Corrupt(error.to_string())
        }
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::UnsupportedSASLMechanism
            | Code::InvalidReplicationFactor
            | Code::InvalidPartitions
            | Code::InvalidConfig
            | Code::PolicyViolation
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature,
        ) => LogError::Configuration(error.to_string()),
        _ => LogError::Unavailable(error.to_string()),
    }
}

/// Whether librdkafka deals with a reader's or a member's error by itself.
pub(super) fn is_passing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::ReplicaNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator
                | Code::NetworkException
                | Code::NoOffset
        )
    )
}
