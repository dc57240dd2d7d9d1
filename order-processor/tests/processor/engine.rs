//! The engine's worker over a real log: exactly one decision a command, through stops, garbage and
//! rivals.

use event_log::NewRecord;
use event_log::topics::{ORDER_EVENTS, ORDERS_DEAD_LETTERS};
use order_domain::event::Outcome;
use order_domain::{Decision, Event, Offset, Partition};
use order_engine::EngineSettings;
use order_processor::engine::restore::{Until, restore, restore_until};
use order_processor::engine::snapshots::{SnapshotStore as _, Snapshots};
use order_processor::{Role, WorkerState};

use crate::harness::{House, PARTITION, eventually, order_id, purchase};

#[tokio::test(flavor = "multi_thread")]
async fn every_command_gets_one_decision_in_order() {
    let house = House::new().await;
    house.make_topics().await;
    for number in 0..20 {
        house.send(purchase(number)).await;
    }
    let running = house.start();
    house.send(purchase(3)).await;
    let decisions = house.decisions(21).await;
    let sources: Vec<_> = decisions.iter().map(|decision| decision.source.offset.0).collect();
    assert_eq!(sources, (0..21).collect::<Vec<_>>());
    assert!(matches!(
        &decisions[20].events[..],
        [Event::NewOrderRepeated(event)] if event.first == Offset(3) && event.outcome == Outcome::Accepted
    ));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_is_a_dead_letter_and_the_next_command_is_decided() {
    let house = House::new().await;
    house.make_topics().await;
    house.send_bytes(b"\xff no json".to_vec()).await;
    house.send_bytes(br#"{"type":"NewOrder","version":9,"data":{}}"#.to_vec()).await;
    house.send(purchase(1)).await;
    let running = house.start();

    let decisions = house.decisions(3).await;
    assert!(matches!(&decisions[0].events[..], [Event::CommandDeadLettered(_)]));
    assert!(matches!(&decisions[2].events[..], [Event::OrderAccepted(_)]));
    let dead = house.records(&ORDERS_DEAD_LETTERS, 2).await;
    assert_eq!(dead[0].payload.as_ref(), b"\xff no json");
    assert_eq!(dead[0].key, "shop/0");
    assert_eq!(dead[0].headers.get_text("kafka_dlt-original-topic"), Some("orders"));
    assert_eq!(dead[1].headers.get("kafka_dlt-original-offset").unwrap().last(), Some(&1));
    let cause = dead[1].headers.get_text("kafka_dlt-exception-message").unwrap();
    assert!(cause.contains("version 9"), "{cause}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_dead_letters_stop_the_engine_and_it_says_so() {
    let house = House::new().await;
    house.make_topics().await;
    for _ in 0..6 {
        house.send_bytes(b"garbage".to_vec()).await;
    }
    let running = house.start();
    let status = running.status.clone();
    eventually("the engine stops", || {
        matches!(status.state(Role::Engine, PARTITION), Some(WorkerState::Stopped(_)))
    })
    .await;
    let why = status.check(u64::MAX).unwrap_err();
    assert!(why.contains("engine of partition 0 has stopped"), "{why}");
    assert!(why.contains("more than the limit of 5"), "{why}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_engine_goes_on_from_its_snapshot_with_the_same_hash() {
    let house = House::new().await;
    house.make_topics().await;
    for round in 0..3 {
        let running = house.start();
        for number in round * 5..round * 5 + 8 {
            house.send(purchase(number)).await;
        }
        house.decisions(usize::try_from(round + 1).unwrap() * 8).await;
        running.stop().await;
    }
    let kept = Snapshots::in_directory(house.snapshots());
    let nothing = Snapshots::in_directory(house.snapshots().join("none"));
    assert_eq!(kept.newest_first(PARTITION).await[0].events_next, Offset(24));
    let settings = EngineSettings::default();
    let from_snapshot = restore(house.log.as_ref(), &kept, PARTITION, settings).await.unwrap();
    let from_events = restore(house.log.as_ref(), &nothing, PARTITION, settings).await.unwrap();
    assert_eq!(from_snapshot.engine.state_hash(), from_events.engine.state_hash());
    assert_eq!(from_events.engine.next_source(), Offset(24));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_any_moment_is_the_same_with_and_without_snapshots() {
    let house = House::new().await;
    house.make_topics().await;
    for round in 0..3 {
        let running = house.start();
        for number in round * 4..round * 4 + 4 {
            house.send(purchase(number % 9)).await;
        }
        house.decisions(usize::try_from(round + 1).unwrap() * 4).await;
        running.stop().await;
    }
    let kept = Snapshots::in_directory(house.snapshots());
    let nothing = Snapshots::in_directory(house.snapshots().join("none"));
    let settings = EngineSettings::default();
    let mut engine = order_engine::Engine::new(PARTITION, settings);
    for decision in house.decisions(12).await {
        engine.evolve(&decision);
        for snapshots in [&kept, &nothing] {
            let until = Until::Source(decision.source.offset);
            let past = restore_until(house.log.as_ref(), snapshots, PARTITION, settings, until);
            assert_eq!(past.await.unwrap().engine.state_hash(), engine.state_hash());
            let until = Until::Time(decision.at);
            let past = restore_until(house.log.as_ref(), snapshots, PARTITION, settings, until);
            let past = past.await.unwrap().engine;
            assert!(past.next_source() > decision.source.offset, "its own moment is included");
            assert_eq!(past.clock(), decision.at);
        }
    }
    let end = Until::Source(Offset(u64::MAX));
    let past = restore_until(house.log.as_ref(), &kept, PARTITION, settings, end).await.unwrap();
    assert_eq!(past.engine.next_source(), Offset(12));
    let before = Until::Time(order_domain::Timestamp(0));
    let past = restore_until(house.log.as_ref(), &kept, PARTITION, settings, before).await.unwrap();
    assert_eq!(past.engine.next_source(), Offset::ZERO, "no snapshot reaches that far back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rival_published_first_stands() {
    let house = House::new().await;
    house.make_topics().await;
    let running = house.start();
    house.send(purchase(1)).await;
    house.decisions(1).await;

    // A rival engine, deposed but not aware of it, publishes a decision of its own for the next
    // command before that command is even sent.
    let mut rival = Decision { source: order_position(1), ..house.decisions(1).await.remove(0) };
    rival.events = vec![Event::CommandDeadLettered(order_domain::event::CommandDeadLettered {
        cause: "the rival could not read it".into(),
    })];
    let record =
        NewRecord { key: "shop/0".into(), payload: rival.to_json().into(), ..Default::default() };
    house.log.append_all(&ORDER_EVENTS, PARTITION, vec![record]).await.unwrap();

    house.send(purchase(2)).await;
    house.send(purchase(3)).await;
    eventually("the projection passes all three", || house.store.source_next() == 3).await;
    assert!(!house.store.has(order_id(2)), "the rival's decision came first");
    assert!(house.store.has(order_id(3)));

    // The engine noticed, threw its own decision away and remembers order 2 as never taken.
    house.send(purchase(2)).await;
    eventually("the order is taken now", || house.store.has(order_id(2))).await;
    running.stop().await;
}

fn order_position(offset: u64) -> order_domain::Position {
    order_domain::Position::new(Partition(0), Offset(offset))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_no_decision_is_passed_over_when_the_engine_restores() {
    let house = House::new().await;
    house.make_topics().await;
    let record = NewRecord { payload: "not json".into(), ..Default::default() };
    house.log.append_all(&ORDER_EVENTS, PARTITION, vec![record]).await.unwrap();
    let running = house.start();
    house.send(purchase(1)).await;
    eventually("the order is taken", || house.store.has(order_id(1))).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_log_that_was_replaced_stops_the_engine_and_it_says_so() {
    let first = House::new().await;
    first.make_topics().await;
    let running = first.start();
    for number in 0..3 {
        first.send(purchase(number)).await;
    }
    let decisions = first.records(&ORDER_EVENTS, 3).await;
    running.stop().await;

    // The decisions are there, the orders they were made from are not: fewer, then others.
    let second = House::new().await;
    second.make_topics().await;
    let decisions = decisions.into_iter().map(|record| NewRecord {
        key: record.key,
        payload: record.payload,
        headers: record.headers,
    });
    second.log.append_all(&ORDER_EVENTS, PARTITION, decisions.collect()).await.unwrap();
    for (number, says) in [(10, "it ends before"), (11, "it ends before"), (12, "it has order")] {
        second.send(purchase(number)).await;
        let running = second.start();
        let status = running.status.clone();
        eventually("the engine stops", || {
            matches!(status.state(Role::Engine, PARTITION), Some(WorkerState::Stopped(why)) if why.contains(says))
        })
        .await;
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_a_log_that_was_lost_is_passed_over() {
    let first = House::new().await;
    first.make_topics().await;
    let running = first.start();
    for number in 0..3 {
        first.send(purchase(number)).await;
    }
    first.decisions(3).await;
    running.stop().await;

    // The new log has grown beyond what the old snapshot covers.
    let second = House::new().await;
    second.make_topics().await;
    let running = second.start();
    for number in 10..15 {
        second.send(purchase(number)).await;
    }
    second.decisions(5).await;
    running.stop().await;

    let settings = EngineSettings::default();
    let of_the_first = Snapshots::in_directory(first.snapshots());
    assert_eq!(of_the_first.newest_first(PARTITION).await[0].events_next, Offset(3));
    let restored = restore(second.log.as_ref(), &of_the_first, PARTITION, settings).await.unwrap();
    let nothing = Snapshots::in_directory(second.snapshots().join("none"));
    let from_events = restore(second.log.as_ref(), &nothing, PARTITION, settings).await.unwrap();
    assert_eq!(restored.engine.state_hash(), from_events.engine.state_hash());
}
