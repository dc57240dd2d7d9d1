//! What can't be done is refused in words, and nothing is left behind.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;
use tests::{Client, House, Profile};

use crate::{ended, fill, rebuild, store_file};

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_rebuilt_is_refused_in_words() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    fill(&house, 3).await;
    let house = Arc::new(house);
    let nowhere = rebuild(&house, &["--use", "7"]).await;
    assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
    let text = String::from_utf8(nowhere.stderr).unwrap();
    assert!(text.contains("no generation 7 that was live before"), "{text}");

    let lock = std::fs::File::create(house.data_dir().join("store.sqlite.rebuild-lock")).unwrap();
    lock.lock().unwrap();
    let busy = rebuild(&house, &[]).await;
    assert_eq!(busy.status.code(), Some(1), "{busy:?}");
    let text = String::from_utf8(busy.stderr).unwrap();
    assert!(text.contains("another rebuild is at work"), "{text}");
}

/// A projection of half a history would be wrong, and nobody would see it.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_whose_beginning_is_gone_is_refused() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let placed = fill(&house, 50).await;
    let events = Connection::open(house.data_dir().join("log/order-events.sqlite")).unwrap();
    let forget = "delete from batch where sequence < (select max(sequence) from batch)";
    assert!(events.execute(forget, []).unwrap() > 0, "something is gone");
    drop(events);
    let house = Arc::new(house);
    for _ in 0..2 {
        let refused = rebuild(&house, &[]).await;
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains("retention has removed what came before"), "{text}");
        assert!(text.contains("generation 2 needs it from offset 0 on"), "{text}");
    }
    let listed = ended(&rebuild(&house, &["--list"]).await, 0);
    assert_eq!(listed, json!([{ "generation": 1, "state": "live" }]), "nothing was begun");
    assert!(!store_file(&house, 2).exists());
    let running = house.start();
    assert_eq!(Client::of(running.url()).all_orders().await.len(), placed.len());
    running.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_is_half_filled_can_not_be_used() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    fill(&house, 3).await;
    let house = Arc::new(house);
    ended(&rebuild(&house, &["--diff"]).await, 0);
    let half = rebuild(&house, &["--use", "2"]).await;
    assert_eq!(half.status.code(), Some(1), "{half:?}");
    let text = String::from_utf8(half.stderr).unwrap();
    assert!(text.contains("no generation 2 that was live before"), "{text}");
    let listed = ended(&rebuild(&house, &["--list"]).await, 0);
    assert_eq!(listed[0], json!({ "generation": 1, "state": "live" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_there_or_not_to_be_written_is_refused_at_once() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    fill(&house, 3).await;
    let file = store_file(&house, 1);
    let elsewhere = format!("sqlite:{}.elsewhere", file.display());
    let read_only = format!("sqlite:{}?mode=ro", file.display());
    for (url, says) in [
        (elsewhere.as_str(), "there is no store in"),
        (read_only.as_str(), "opened read-only"),
        ("postgres://nobody:secret@127.0.0.1:1/x?sslmode=sometimes", "store"),
        ("oracle://x", "none of sqlite:<path>, postgres://"),
    ] {
        let store = [("SERIATIM_STORE", url)];
        let refused = house.ask_with("order-processor", &["rebuild"], &store);
        assert_ne!(refused.status.code(), Some(0), "{refused:?}");
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains(says) && !text.contains("secret"), "{url}: {text}");
    }
    assert!(!file.with_extension("sqlite.elsewhere").exists());
}
