//! Files that are removed or replaced under a running program: nothing more is acknowledged, because
//! nobody would ever find it.

use std::fs;
use std::path::{Path, PathBuf};

use event_log::{EventLog, LogError, Topic};
use order_domain::Partition;

use super::{Embedded, embedded};
use crate::contract::{LogUnderTest, new_topic, payload, read_all, texts};

const ZERO: Partition = Partition(0);

fn file(under_test: &Embedded, topic: &Topic) -> PathBuf {
    under_test.0.path().join(format!("{topic}.sqlite"))
}

/// Neither appends nor the readiness probe succeed, and both name the file.
async fn is_refused(log: &dyn EventLog, topic: &Topic, says: &str) {
    let append = log.append_all(topic, ZERO, vec![payload("lost")]).await.map(drop);
    for refused in [append, log.check().await] {
        let Err(LogError::Unavailable(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains(topic.as_str()) && why.contains(says), "{why}");
    }
}

#[tokio::test]
async fn a_topic_whose_file_was_removed_takes_nothing_more() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "removed").await;
    log.append_all(&topic, ZERO, vec![payload("a")]).await.expect("append");
    fs::remove_dir_all(under_test.0.path()).expect("rm -rf");
    is_refused(log.as_ref(), &topic, "was removed").await;
    is_refused(log.as_ref(), &topic, "was removed").await;
}

#[tokio::test]
async fn a_topic_that_another_took_the_place_of_takes_nothing_more() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "replaced").await;
    log.append_all(&topic, ZERO, vec![payload("a")]).await.expect("append");
    let file = file(&under_test, &topic);
    fs::copy(&file, file.with_extension("copy")).expect("a copy");
    fs::rename(file.with_extension("copy"), &file).expect("another file");
    is_refused(log.as_ref(), &topic, "was replaced").await;
}

#[tokio::test]
async fn a_topic_whose_write_ahead_log_was_removed_takes_nothing_more() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "wal").await;
    log.append_all(&topic, ZERO, vec![payload("a")]).await.expect("append");
    fs::remove_file(with_suffix(&file(&under_test, &topic), "-wal")).expect("it is there");
    is_refused(log.as_ref(), &topic, "-wal was removed").await;
    is_refused(log.as_ref(), &topic, "-wal was removed").await;
}

#[tokio::test]
async fn a_file_that_is_brought_back_takes_appends_again() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "back").await;
    log.append_all(&topic, ZERO, vec![payload("a")]).await.expect("append");
    let (file, aside) = (file(&under_test, &topic), under_test.0.path().join("aside"));
    fs::rename(&file, &aside).expect("moved away");
    is_refused(log.as_ref(), &topic, "was removed").await;
    fs::rename(&aside, &file).expect("moved back");
    log.append_all(&topic, ZERO, vec![payload("b")]).await.expect("append");
    log.check().await.expect("ready");
    let read = texts(&read_all(log.as_ref(), &topic, ZERO).await);
    assert_eq!(
        (read.first().map(String::as_str), read.last().map(String::as_str)),
        (Some("a"), Some("b"))
    );
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
