//! A damaged file is called so, by its name.

use std::fs;
use std::os::unix::fs::FileExt;

use event_log::LogError;
use order_domain::{Offset, Partition};

use super::{embedded, noise};
use crate::contract::{LogUnderTest, in_time, new_topic, payload, records};

#[tokio::test]
async fn a_file_that_is_no_database_is_damage() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "garbage").await;
    log.close().await;
    let file = under_test.0.path().join(format!("{topic}.sqlite"));
    fs::write(&file, "this is no database".repeat(1000)).expect("the file is spoilt");
    let log = under_test.open().await;
    let error = log.append(&topic, payload("x")).await.expect_err("garbage");
    let name = file.display().to_string();
    assert!(matches!(&error, LogError::Corrupt(why) if why.contains(&name)), "{error:?}");
}

#[tokio::test]
async fn a_spoilt_page_is_damage_and_not_an_end() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "spoilt").await;
    let written = (0..500).map(|n| payload(noise(n, 500))).collect();
    log.append_all(&topic, Partition(0), written).await.expect("append");
    log.close().await;
    drop(log);

    let file = under_test.0.path().join(format!("{topic}.sqlite"));
    let spoilt = fs::OpenOptions::new().write(true).open(&file).expect("the file");
    let length = spoilt.metadata().expect("its length").len();
    let half = length / 2 / 4096 * 4096;
    let noise = vec![0xa5; usize::try_from(length - half).expect("a small file")];
    spoilt.write_all_at(&noise, half).expect("the pages are spoilt");
    drop(spoilt);

    let log = under_test.open().await;
    let mut reader = log.read(&topic, Partition(0), Offset(0)).await.expect("a reader");
    let error = loop {
        match in_time("a read", reader.next(records(50))).await {
            Ok(batch) => assert!(batch.iter().all(|record| record.payload.len() == 500)),
            Err(error) => break error,
        }
    };
    let name = file.display().to_string();
    assert!(matches!(&error, LogError::Corrupt(why) if why.contains(&name)), "{error:?}");
}

#[tokio::test]
async fn a_single_wrong_byte_is_damage() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "byte").await;
    let written = (0..500).map(|n| payload(noise(n, 500))).collect();
    log.append_all(&topic, Partition(0), written).await.expect("append");
    log.close().await;
    drop(log);

    let path = under_test.0.path().join(format!("{topic}.sqlite"));
    let mut bytes = fs::read(&path).expect("the file");
    let payload_300 = noise(300, 500);
    let place = bytes.windows(20).position(|seen| seen == &payload_300.as_bytes()[200..220]);
    bytes[place.expect("the payload is there")] ^= 1;
    fs::write(&path, bytes).expect("the file is spoilt");

    let log = under_test.open().await;
    let mut reader = log.read(&topic, Partition(0), Offset(0)).await.expect("a reader");
    let error = in_time("a read", reader.next(records(50))).await.expect_err("damage");
    assert!(matches!(&error, LogError::Corrupt(why) if why.contains("not what was written")));
}
