//! The files are a format that others read: it changes only with its version.

use event_log::LogError;
use order_domain::Partition;
use rusqlite::Connection;

use super::{Embedded, embedded};
use crate::contract::{LogUnderTest, new_topic, payload};

/// All that a file says of its tables.
fn schema(connection: &Connection) -> String {
    let version: i64 =
        connection.query_row("pragma user_version", [], |row| row.get(0)).expect("a version");
    let mut select = connection
        .prepare("select sql from sqlite_schema where sql is not null order by name")
        .expect("a statement");
    let tables = select.query_map([], |row| row.get::<_, String>(0)).expect("the tables");
    let words = |sql: String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = tables.map(|sql| words(sql.expect("a table"))).collect();
    format!("version {version}\n{}\n", lines.join("\n"))
}

fn set_version(log: &Embedded, file: &str, version: u32) {
    let file = Connection::open(log.0.path().join(file)).expect("the file");
    file.pragma_update(None, "user_version", version).expect("the version is set");
}

#[tokio::test]
async fn the_files_look_as_their_versions_say() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "schema").await;
    let mut record = payload("the payload");
    record.key = "shop/1".into();
    record.headers.push("ce_type", "order");
    log.append_all(&topic, Partition(2), vec![record, payload("")]).await.expect("append");
    log.close().await;

    let file = Connection::open(under_test.0.path().join(format!("{topic}.sqlite"))).expect("it");
    assert_eq!(schema(&file), include_str!("../../golden/topic-v2.txt"));
    let groups = Connection::open(under_test.0.path().join("consumer-groups.db")).expect("it");
    assert_eq!(schema(&groups), include_str!("../../golden/consumer-groups-v1.txt"));

    let rows: Vec<String> = file
        .prepare(
            "select sequence || ' ' || payload_bytes || ' ' || quote(shares) || ' ' || checksum
             || ' ' || quote(records) from batch",
        )
        .expect("a statement")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("rows");
    assert_eq!(
        rows,
        [
            "0 0 X'04000000000000000000000000' 0 X''",
            "1 11 X'04000000000000020228000000' 2044026993 \
             X'25F0160673686F702F310E0763655F74797065056F726465720B746865207061796C6F6164000000'"
        ]
    );
}

#[tokio::test]
async fn a_topic_of_another_version_is_refused() {
    for (version, age) in [(1, "an older"), (3, "a newer")] {
        let under_test = embedded();
        let log = under_test.open().await;
        let topic = new_topic(log.as_ref(), "version").await;
        log.close().await;
        set_version(&under_test, &format!("{topic}.sqlite"), version);
        let log = under_test.open().await;
        let error = log.append(&topic, payload("x")).await.expect_err("another version");
        assert!(matches!(&error, LogError::Configuration(why) if why.contains(age)), "{error:?}");
    }
}

#[tokio::test]
async fn a_directory_of_a_newer_version_is_refused() {
    let under_test = embedded();
    under_test.open().await.close().await;
    set_version(&under_test, "consumer-groups.db", 2);
    let error = event_log::open(&under_test.settings()).await.err();
    assert!(
        matches!(&error, Some(LogError::Configuration(why)) if why.contains("newer")),
        "{error:?}"
    );
}
