//! Reads that wait for their position. Time is tokio's own here: it runs only while all wait.

use std::sync::Arc;
use std::time::Duration;

use query_api::QuerySettings;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::client::{Client, SETTINGS};
use crate::double::{Double, PARTITIONS};
use crate::reads::READS;
use crate::rows::assorted;

const URI: &str = "/api/Orders?limit=1";

fn service() -> (Arc<Double>, Client) {
    let store = Double::new(assorted());
    (store.clone(), Client::new(store))
}

#[tokio::test(start_paused = true)]
async fn a_read_waits_until_its_position_is_projected() {
    let (store, client) = service();
    store.project(3, 10);
    let began = Instant::now();
    let read = tokio::spawn(async move { client.get_after(URI, "3:10").await });
    sleep(Duration::from_millis(300)).await;
    assert!(!read.is_finished(), "the command at 10 has had no effect yet");
    store.project(3, 11);
    assert_eq!(read.await.unwrap().status, 200);
    let took = began.elapsed();
    assert!(took <= Duration::from_millis(325), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn every_read_waits() {
    for uri in READS {
        let (store, client) = service();
        assert_eq!(client.get_after(uri, "0:0").await.problem(), "projection-behind");
        store.project(0, 1);
        assert_eq!(client.get_after(uri, "0:0").await.status, 200, "{uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_bound_passes_the_client_learns_the_lag() {
    let (store, client) = service();
    store.project(3, 10);
    let began = Instant::now();
    let answer = client.get_after(URI, "3:14").await;
    assert_eq!(began.elapsed(), SETTINGS.wait_max);
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(
        answer.json(),
        json!({"type": "/problems/projection-behind", "title": "Temporarily unavailable",
            "status": 503, "partition": 3, "wanted": 14, "projected": 10, "lag": 5,
            "detail": "After 5000 ms the projection had not reached the position yet."})
    );
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_cannot_exist_is_refused_at_once() {
    let (_, client) = service();
    let began = Instant::now();
    let answer = client.get_after(URI, &format!("{PARTITIONS}:0")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "no-such-partition"));
    assert_eq!(answer.json()["partitions"], PARTITIONS);
    assert_eq!(began.elapsed(), Duration::ZERO);
    let last = client.get_after(URI, &format!("{}:0", PARTITIONS - 1)).await;
    assert_eq!(last.problem(), "projection-behind");
}

#[tokio::test(start_paused = true)]
async fn a_preference_shortens_the_wait_and_never_lengthens_it() {
    for (prefer, seconds) in [("wait=0", 0), ("wait=2", 2), ("wait=600", 5)] {
        let (_, client) = service();
        let began = Instant::now();
        let headers = [("Seriatim-Position", "0:7"), ("Prefer", prefer)];
        assert_eq!(client.send("GET", URI, &headers).await.problem(), "projection-behind");
        assert_eq!(began.elapsed().as_secs(), seconds, "{prefer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_would_wait_for_nothing_still_asks_once() {
    let (store, client) = service();
    store.project(0, 8);
    let headers = [("Seriatim-Position", "0:7"), ("Prefer", "wait=0")];
    assert_eq!(client.send("GET", URI, &headers).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_farthest_position_there_is_breaks_nothing() {
    let (_, client) = service();
    let answer = client.get_after(URI, "3:18446744073709551615").await;
    assert_eq!(answer.json()["lag"], json!(u64::MAX));
    let answer = client.get_after(URI, "4294967295:18446744073709551615").await;
    assert_eq!(answer.problem(), "no-such-partition");
}

#[tokio::test(start_paused = true)]
async fn a_position_known_to_be_projected_costs_no_query() {
    let (store, client) = service();
    store.project(0, 100);
    assert_eq!(client.get_after(URI, "0:99").await.status, 200);
    sleep(Duration::from_millis(500)).await;
    let asked = store.projected_queries();
    for offset in 0..100 {
        assert_eq!(client.get_after(URI, &format!("0:{offset}")).await.status, 200);
    }
    assert_eq!(store.projected_queries(), asked);
}

#[tokio::test(start_paused = true)]
async fn what_was_known_is_asked_again_after_a_moment_for_a_store_may_lose_its_tail() {
    let (store, client) = service();
    store.project(0, 100);
    assert_eq!(client.get_after(URI, "0:99").await.status, 200);
    store.project(0, 50);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(client.get_after(URI, "0:99").await.json()["projected"], 50);
}

#[tokio::test(start_paused = true)]
async fn those_that_wait_share_one_poller_which_stops_with_the_last_of_them() {
    let (store, client) = service();
    let reads: Vec<_> = (0..200)
        .map(|offset| {
            let client = client.clone();
            tokio::spawn(async move { client.get_after(URI, &format!("0:{offset}")).await.status })
        })
        .collect();
    for read in reads {
        assert_eq!(read.await.unwrap(), 503);
    }
    // 5 s of pauses that soon are 20 ms long.
    let asked = store.projected_queries();
    assert!((200..300).contains(&asked), "{asked}");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(store.projected_queries(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_waits_no_more() {
    let (store, client) = service();
    let read = tokio::spawn(async move { client.get_after(URI, "0:0").await.status });
    sleep(Duration::from_millis(100)).await;
    read.abort();
    sleep(Duration::from_millis(100)).await;
    let asked = store.projected_queries();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(store.projected_queries(), asked);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_reads_may_wait() {
    let store = Double::new(assorted());
    let client = Client::with(store.clone(), &QuerySettings { waiters_max: 2, ..SETTINGS });
    let read = |position: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { client.get_after(URI, position).await })
    };
    let (first, second) = (read("0:0"), read("1:0"));
    sleep(Duration::from_millis(10)).await;
    let third = read("2:0").await.unwrap();
    assert_eq!((third.status.as_u16(), third.header("retry-after")), (503, "1"));
    assert_eq!(third.problem(), "too-many-waiting-reads");
    store.project(0, 1);
    assert_eq!(first.await.unwrap().status, 200);
    store.project(2, 1);
    assert_eq!(read("2:0").await.unwrap().status, 200, "the first one's place is free");
    assert_eq!(second.await.unwrap().problem(), "projection-behind");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_goes_away_ends_the_wait() {
    let (store, client) = service();
    let waiting = client.clone();
    let read = tokio::spawn(async move { waiting.get_after(URI, "0:0").await });
    sleep(Duration::from_millis(50)).await;
    store.go_away(true);
    assert_eq!(read.await.unwrap().problem(), "store-unavailable");
    store.go_away(false);
    store.project(0, 1);
    assert_eq!(client.get_after(URI, "0:0").await.status, 200);
}
