use bytes::Bytes;

use super::*;

fn headers(pairs: &[(&'static str, &[u8])]) -> Headers {
    pairs.iter().fold(Headers::new(), |headers, &(name, value)| {
        headers.with(name, Bytes::copy_from_slice(value))
    })
}

fn spring() -> Headers {
    headers(&[
        ("ce_type", b"seriatim.NewOrder"),
        ("kafka_dlt-original-topic", b"orders"),
        ("kafka_dlt-original-partition", &[0, 0, 0, 3]),
        ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 4, 18]),
        ("kafka_dlt-original-timestamp", &1_700_000_000_000_i64.to_be_bytes()),
        ("kafka_dlt-original-consumer-group", b"seriatim-engine"),
        ("kafka_dlt-exception-fqcn", b"seriatim.UndecodableCommand"),
        ("kafka_dlt-exception-message", b"malformed: no JSON"),
        ("retry_topic-attempts", &[0, 0, 0, 2]),
        ("seriatim-attempt-history", b"1700000000000 orders no JSON\n1700000000001 orders"),
    ])
}

#[test]
fn springs_headers_are_read() {
    let failure = Failure::of(&spring());
    assert_eq!(failure.origin().unwrap().to_string(), "orders/3:1042");
    assert_eq!(failure.timestamp, Some(Timestamp(1_700_000_000_000)));
    assert_eq!(failure.reader.as_deref(), Some("seriatim-engine"));
    assert_eq!(failure.cause(), "seriatim.UndecodableCommand: malformed: no JSON");
    assert_eq!(failure.attempts, Some(2));
    let causes: Vec<_> = failure.history.iter().map(|attempt| attempt.cause.as_str()).collect();
    assert_eq!(causes, ["no JSON", ""]);
}

#[test]
fn where_spring_has_appended_the_first_origin_and_the_last_failure_count() {
    let failure = Failure::of(&headers(&[
        ("kafka_dlt-original-topic", b"shop"),
        ("kafka_dlt-original-partition", &[0, 0, 0, 1]),
        ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 0, 5]),
        ("kafka_dlt-exception-fqcn", b"org.example.First"),
        ("kafka_dlt-original-topic", b"shop-retry"),
        ("kafka_dlt-exception-fqcn", b"org.example.ListenerFailed"),
        ("kafka_dlt-exception-cause-fqcn", b"org.example.Second"),
    ]));
    assert_eq!(failure.origin().unwrap().to_string(), "shop/1:5");
    assert_eq!(failure.cause(), "org.example.Second");
}

#[test]
fn connects_headers_are_read() {
    let failure = Failure::of(&headers(&[
        ("__connect.errors.topic", b"clicks"),
        ("__connect.errors.partition", b"2"),
        ("__connect.errors.offset", b"77"),
        ("__connect.errors.connector.name", b"warehouse"),
        ("__connect.errors.task.id", b"0"),
        ("__connect.errors.stage", b"VALUE_CONVERTER"),
        ("__connect.errors.exception.class.name", b"org.apache.kafka.connect.errors.DataException"),
        ("__connect.errors.exception.message", b"no schema"),
    ]));
    assert_eq!(failure.dialect, Some(Dialect::Connect));
    assert_eq!(failure.origin().unwrap().to_string(), "clicks/2:77");
    assert_eq!(failure.reader.as_deref(), Some("connector warehouse, task 0"));
    assert_eq!(failure.cause(), "org.apache.kafka.connect.errors.DataException: no schema");
}

#[test]
fn the_headers_of_share_groups_are_read() {
    let failure = Failure::of(&headers(&[
        ("__dlq.errors.topic", b"jobs"),
        ("__dlq.errors.partition", b"0"),
        ("__dlq.errors.offset", b"9"),
        ("__dlq.errors.group", b"workers"),
        ("__dlq.errors.delivery.count", b"5"),
        ("__dlq.errors.message", b"Offset delivery count exceeded the threshold."),
    ]));
    assert_eq!(failure.dialect, Some(Dialect::ShareGroup));
    assert_eq!(failure.origin().unwrap().to_string(), "jobs/0:9");
    assert_eq!(failure.attempts, Some(5));
    assert_eq!(failure.cause(), "Offset delivery count exceeded the threshold.");
}

#[test]
fn whoever_wrote_last_counts_and_a_record_without_headers_tells_nothing() {
    let both = spring().with("__dlq.errors.topic", "elsewhere");
    assert_eq!(Failure::of(&both).dialect, Some(Dialect::ShareGroup));
    assert_eq!(Failure::of(&Headers::new()), Failure::default());
    assert_eq!(Failure::of(&Headers::new()).cause(), "unknown: no header tells");
}

#[test]
fn only_headers_about_the_failure_are_known_as_such() {
    let headers = spring();
    let own: Vec<_> =
        headers.iter().map(|(name, _)| name).filter(|name| !is_about_failure(name)).collect();
    assert_eq!(own, ["ce_type"]);
}
