//! The projector's worker over a real log and a store with troubles.

mod market;

use event_log::dead_letters::REDRIVE;
use event_log::topics::{ORDER_EVENTS, ORDER_EVENTS_DEAD_LETTERS};
use event_log::{NewRecord, Topic};
use order_processor::{Role, WorkerState};
use order_store::RetryTier;

use crate::harness::{House, PARTITION, eventually, order_id, purchase};

#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_written_once_through_restarts() {
    let house = House::new().await;
    house.make_topics().await;
    for round in 0..3 {
        let running = house.start();
        for number in round * 10..round * 10 + 10 {
            house.send(purchase(number)).await;
        }
        let rows = usize::try_from(round + 1).unwrap() * 10;
        eventually("all rows are there", || house.store.rows() == rows).await;
        running.stop().await;
    }
    assert!((0..30).all(|number| house.store.writes(order_id(number)) == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_is_found_in_its_batch_and_only_its_order_waits() {
    let house = House::new().await;
    house.make_topics().await;
    house.store.refuse(order_id(13), true);
    for number in 0..40 {
        house.send(purchase(number)).await;
    }
    // A later event of the same order waits behind the first.
    house.send(purchase(13)).await;
    let running = house.start();
    eventually("all others flow", || house.store.source_next() == 41).await;
    assert_eq!(house.store.rows(), 39);
    assert!(house.store.parked_in(order_id(13)).is_some());

    house.store.refuse(order_id(13), false);
    eventually("the order is tried again", || house.store.has(order_id(13))).await;
    eventually("nothing is parked", || house.store.parked_in(order_id(13)).is_none()).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_succeeds_is_dead_lettered_in_order_and_can_be_sent_again() {
    let house = House::new().await;
    house.make_topics().await;
    house.store.refuse(order_id(1), true);
    house.send(purchase(1)).await;
    house.send(purchase(1)).await;
    house.send(purchase(2)).await;
    let running = house.start();
    let dead = house.records(&ORDER_EVENTS_DEAD_LETTERS, 2).await;
    let offsets: Vec<_> = dead
        .iter()
        .map(|record| record.headers.get("kafka_dlt-original-offset").unwrap().last().copied())
        .collect();
    assert_eq!(offsets, [Some(0), Some(1)]);
    let attempts = dead[0].headers.get_text("seriatim-attempt-history").unwrap();
    assert_eq!(attempts.lines().count(), 3, "{attempts}");
    eventually("the order is parked for good", || {
        house.store.parked_in(order_id(1)) == Some(RetryTier::Dead)
    })
    .await;
    assert!(house.store.has(order_id(2)));

    // Its next event goes straight to the dead letters, behind the others.
    house.send(purchase(1)).await;
    let third = house.records(&ORDER_EVENTS_DEAD_LETTERS, 3).await.remove(2);

    // Mended and sent again, in order.
    house.store.refuse(order_id(1), false);
    let again: Vec<NewRecord> = dead
        .into_iter()
        .chain([third])
        .map(|record| NewRecord {
            key: record.key,
            payload: record.payload,
            headers: record.headers.with(REDRIVE, "1"),
        })
        .collect();
    let retry = Topic::new("order-events-retry-50").unwrap();
    house.log.append_all(&retry, PARTITION, again).await.unwrap();
    eventually("the order is free", || house.store.parked_in(order_id(1)).is_none()).await;
    assert_eq!(house.store.writes(order_id(1)), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_orders_stay_parked_through_a_restart() {
    let house = House::new().await;
    house.make_topics().await;
    house.store.refuse(order_id(1), true);
    let running = house.start();
    house.send(purchase(1)).await;
    eventually("parked", || house.store.parked_in(order_id(1)).is_some()).await;
    running.stop().await;

    house.store.refuse(order_id(1), false);
    let running = house.start();
    house.send(purchase(1)).await;
    eventually("written and free", || {
        house.store.has(order_id(1)) && house.store.parked_in(order_id(1)).is_none()
    })
    .await;
    assert_eq!(house.store.writes(order_id(1)), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_waited_for_and_nothing_is_skipped() {
    let house = House::new().await;
    house.make_topics().await;
    let running = house.start();
    house.send(purchase(0)).await;
    eventually("the first row", || house.store.rows() == 1).await;

    house.store.set_away(true);
    for number in 1..50 {
        house.send(purchase(number)).await;
    }
    let status = running.status.clone();
    eventually("the projector waits", || {
        matches!(status.state(Role::Projector, PARTITION), Some(WorkerState::Waiting(_)))
    })
    .await;
    assert!(status.check(u64::MAX).is_err());
    house.decisions(50).await;

    house.store.set_away(false);
    eventually("all rows are there", || house.store.rows() == 50).await;
    eventually("all is well", || status.check(u64::MAX).is_ok()).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_from_the_start_does_not_keep_the_engine_from_deciding() {
    let house = House::new().await;
    house.make_topics().await;
    house.store.set_away(true);
    let running = house.start();
    house.send(purchase(1)).await;
    house.decisions(1).await;
    house.store.set_away(false);
    eventually("the row", || house.store.has(order_id(1))).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_is_a_dead_letter_at_once() {
    let house = House::new().await;
    house.make_topics().await;
    let record = NewRecord { payload: "no event".into(), ..Default::default() };
    house.log.append_all(&ORDER_EVENTS, PARTITION, vec![record]).await.unwrap();
    let running = house.start();
    house.records(&ORDER_EVENTS_DEAD_LETTERS, 1).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_dead_letters_stop_the_projector_and_it_says_so() {
    let mut house = House::new().await;
    house.projector.retry_delays_ms = vec![1];
    house.make_topics().await;
    for number in 0..20 {
        house.store.refuse(order_id(number), true);
        house.send(purchase(number)).await;
    }
    let running = house.start();
    let status = running.status.clone();
    eventually("the projector stops", || {
        matches!(status.state(Role::Projector, PARTITION), Some(WorkerState::Stopped(_)))
    })
    .await;
    let why = status.check(u64::MAX).unwrap_err();
    assert!(why.contains("projector of partition 0 has stopped"), "{why}");
    running.stop().await;
    assert_eq!(house.records(&ORDER_EVENTS_DEAD_LETTERS, 5).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_filled_from_another_log_is_left_alone_and_the_projector_says_so() {
    let first = House::new().await;
    first.make_topics().await;
    let running = first.start();
    for number in 0..3 {
        first.send(purchase(number)).await;
    }
    eventually("all rows are there", || first.store.rows() == 3).await;
    running.stop().await;

    // The log was lost, and the new one grows: shorter than the old one, as long, longer.
    let mut second = House::new().await;
    second.store = first.store.clone();
    second.make_topics().await;
    for (number, says) in [
        (10, "it ends before 1, the store has what came before 3"),
        (11, "it ends before 2, the store has what came before 3"),
        (12, "the record at 2 is not the one that the store has seen there"),
        (13, "the record at 2 is not the one that the store has seen there"),
    ] {
        let running = second.start();
        second.send(purchase(number)).await;
        second.decisions(number as usize - 9).await;
        running.stop().await;
        let running = second.start();
        let status = running.status.clone();
        eventually("the projector stops", || {
            let state = status.state(Role::Projector, PARTITION);
            matches!(state, Some(WorkerState::Stopped(why)) if why.contains(says))
        })
        .await;
        let refused = "is not the log that the store was filled from";
        eventually("readiness says so", || {
            status.check(u64::MAX).is_err_and(|why| why.contains(refused))
        })
        .await;
        running.stop().await;
    }
    assert_eq!(first.store.rows(), 3, "nothing was written over it");

    // With an empty store the new log is projected from its beginning.
    second.store = House::new().await.store;
    let running = second.start();
    eventually("all rows are there", || second.store.rows() == 4).await;
    running.stop().await;
}
