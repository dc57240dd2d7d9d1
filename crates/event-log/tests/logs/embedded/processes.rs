//! Two processes at one directory.

use std::collections::BTreeMap;
use std::time::Duration;

use order_domain::{Offset, Partition};

use super::embedded;
use crate::contract::durability::{append_until_killed, is_the_child, run_and_kill};
use crate::contract::{LogUnderTest, PARTITIONS, keyed, new_topic, read_all, take, text};

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_append_to_one_topic_and_read_each_other() {
    const NAME: &str = "embedded::processes::two_processes_append_to_one_topic_and_read_each_other";
    if is_the_child() {
        return append_until_killed().await;
    }
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "processes").await;

    let (url, of_child) = (under_test.settings().url, topic.clone());
    let patience = Duration::from_millis(400);
    let child = tokio::task::spawn_blocking(move || run_and_kill(NAME, &url, &of_child, patience));
    let mut acknowledged = BTreeMap::new();
    for n in 0.. {
        if child.is_finished() {
            break;
        }
        let record = keyed(format!("shop/{}", n % 8), format!("parent {n}"));
        let position = log.append(&topic, record).await.expect("append").position;
        assert_eq!(acknowledged.insert(position, format!("parent {n}")), None);
    }
    let by_child = child.await.expect("the child ran");
    assert!(!by_child.is_empty() && !acknowledged.is_empty());
    for (position, payload) in by_child {
        assert_eq!(acknowledged.insert(position, payload), None, "{position} was given twice");
    }

    let mut found = BTreeMap::new();
    for partition in (0..PARTITIONS).map(Partition) {
        for (n, record) in read_all(log.as_ref(), &topic, partition).await.iter().enumerate() {
            assert_eq!(record.position.offset, Offset(n as u64), "no gap");
            found.insert(record.position, text(record));
        }
    }
    for (position, payload) in acknowledged {
        assert_eq!(found.get(&position), Some(&payload));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_follows_another_process() {
    const NAME: &str = "embedded::processes::a_tail_follows_another_process";
    if is_the_child() {
        return append_until_killed().await;
    }
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "follow").await;
    let readers: Vec<_> = (0..PARTITIONS)
        .map(|partition| {
            let (log, topic) = (log.clone(), topic.clone());
            tokio::spawn(async move {
                let mut reader =
                    log.read(&topic, Partition(partition), Offset::ZERO).await.expect("a reader");
                let first = take(reader.as_mut(), 1).await;
                text(&first[0])
            })
        })
        .collect();
    let (url, of_child) = (under_test.settings().url, topic.clone());
    let patience = Duration::from_millis(300);
    let child = tokio::task::spawn_blocking(move || run_and_kill(NAME, &url, &of_child, patience));
    child.await.expect("the child ran");
    let mut heard = 0;
    for (partition, reader) in (0..PARTITIONS).map(Partition).zip(readers) {
        let next = log.ends(&topic, partition).await.expect("ends").next;
        if next == Offset::ZERO {
            reader.abort();
            continue;
        }
        let first = read_all(log.as_ref(), &topic, partition).await;
        assert_eq!(reader.await.expect("the reader"), text(&first[0]));
        heard += 1;
    }
    assert!(heard > 0, "the child wrote somewhere");
}
