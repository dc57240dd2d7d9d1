//! `redrive`: where letters go, and which are not sent.

use event_log::topics::{DEAD_LETTER_MARKS, ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{Headers, NewRecord, Retention, Topic, TopicSpec};
use serde_json::json;

use crate::world::{COMMAND, World, connect, spring};

#[tokio::test]
async fn a_letter_is_sent_once_and_keeps_its_history() {
    let world = World::new().await;
    world.dead_command(COMMAND.as_bytes(), "unknown type").await;
    let plan = world.prints(&["redrive", "--dry-run"]);
    assert!(plan.contains("1 dead letter of orders-dlt would be sent to orders\n"), "{plan}");
    let (code, sentence) = world.fails(&["redrive"]);
    assert!(code == 2 && sentence.contains("--yes"), "{sentence}");
    let sent = world.prints(&["redrive", "--yes"]);
    assert!(sent.ends_with("1 dead letter sent\n"), "{sent}");
    let again = world.prints(&["redrive", "--yes"]);
    assert_eq!(again, "nothing is to be sent\n1 dead letter would not be sent: redriven\n");

    let sent = [world.records(&ORDERS, 0).await, world.records(&ORDERS, 1).await].concat();
    assert_eq!(sent.len(), 1);
    let letter = &world.records(&ORDERS_DEAD_LETTERS, 0).await[0];
    let headers = letter.headers.clone().with("seriatim-redrive", "orders-dlt/0:0");
    assert_eq!(sent[0].headers, headers, "a further failure adds to the history");
    assert_eq!((&letter.key[..], &sent[0].key[..]), (&b"shop/0"[..], &b"shop/3"[..]));
    let of_its_venue = event_log::partition_of_key(b"shop/3", crate::world::PARTITIONS);
    assert_eq!(sent[0].position.partition, of_its_venue, "whatever key it had");
    let listed = world.json(&["list", "--all"]);
    let place = format!("orders/{}", sent[0].position);
    assert_eq!(listed["letters"][0]["state"], "redriven");
    assert_eq!(listed["letters"][0]["place"], json!(place));
}

#[tokio::test]
async fn what_would_fail_again_is_not_sent_unless_asked_for() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed").await;
    let plan = world.json(&["redrive", "--dry-run"]);
    assert_eq!(plan["wouldSend"], 0);
    assert_eq!(plan["refused"][0]["count"], 1);
    world.prints(&["redrive", "--yes", "--even-unreadable"]);
    assert_eq!(world.records(&ORDERS, 0).await.len(), 1);
}

#[tokio::test]
async fn letters_of_another_system_go_back_to_their_topic_without_what_was_said_of_them() {
    let world = World::new().await;
    let (letters, clicks) = (world.create("clicks-dlq").await, world.create("clicks").await);
    let record = |headers| NewRecord { key: "k".into(), payload: "click".into(), headers };
    world.append(&letters, 0, record(connect(77))).await;
    world.append(&letters, 0, record(spring(&clicks, 5).with("own", "1"))).await;
    world.append(&letters, 0, record(Headers::new())).await;
    let redrive = ["redrive", "--topic", "clicks-dlq", "--yes"];
    let said = world.prints(&redrive);
    assert!(
        said.contains("1 dead letter would not be sent: no header tells which topic"),
        "{said}"
    );

    let own = Headers::new().with("content-type", "text/plain");
    let sent = &world.records(&clicks, 1).await[..];
    assert_eq!(sent.len(), 1, "it goes back to its partition");
    assert_eq!(sent[0].headers, own.with("seriatim-redrive", "clicks-dlq/0:0"));
    let sent = &world.records(&clicks, 0).await[..];
    let own = Headers::new().with("own", "1");
    assert_eq!(sent[0].headers, own.with("seriatim-redrive", "clicks-dlq/0:1"));

    world.prints(&[&redrive[..], &["--to", "clicks"]].concat());
    let count = world.records(&clicks, 0).await.len() + world.records(&clicks, 1).await.len();
    assert_eq!(count, 3);
}

#[tokio::test]
async fn where_only_headers_were_kept_the_record_is_taken_from_where_it_failed() {
    let world = World::new().await;
    let (topic, jobs) = (world.create("dlq.jobs").await, world.create("jobs").await);
    let dead = |offset: u64| {
        let headers = Headers::new()
            .with("__dlq.errors.topic", "jobs")
            .with("__dlq.errors.partition", "0")
            .with("__dlq.errors.offset", offset.to_string())
            .with("__dlq.errors.group", "workers");
        NewRecord { headers, ..NewRecord::default() }
    };
    for job in ["sweep", "polish"] {
        let headers = Headers::new().with("own", "1");
        let record = NewRecord { key: "k".into(), payload: job.into(), headers };
        world.append(&jobs, 0, record).await;
    }
    world.append(&topic, 0, dead(1)).await;
    world.append(&topic, 0, dead(9)).await;
    assert!(world.prints(&["show", "dlq.jobs/0:0"]).ends_with("6 bytes, as it failed\npolish\n"));

    let said = world.prints(&["redrive", "--topic", "dlq.jobs", "--yes"]);
    let gone = "1 dead letter would not be sent: only their headers were kept (KIP-1191)";
    assert!(said.contains(gone), "{said}");
    let sent = &world.records(&jobs, 0).await[2..];
    assert_eq!(sent.len(), 1);
    assert_eq!((&sent[0].key[..], &sent[0].payload[..]), (&b"k"[..], &b"polish"[..]));
    let headers = Headers::new().with("own", "1").with("seriatim-redrive", "dlq.jobs/0:0");
    assert_eq!(sent[0].headers, headers);
}

#[tokio::test]
async fn a_trial_in_which_nothing_fails_goes_on_with_the_rest_and_one_that_fails_stops() {
    let world = World::new().await;
    for _ in 0..3 {
        world.dead_command(COMMAND.as_bytes(), "unknown type").await;
    }
    let trial = ["redrive", "--yes", "--canary", "1", "--canary-wait", "500ms"];
    let said = world.prints(&trial);
    assert!(said.ends_with("3 dead letters sent\n"), "{said}");

    for _ in 0..3 {
        world.dead_command(COMMAND.as_bytes(), "unknown type").await;
    }
    let mut command = world.command(&["redrive", "--yes", "--canary", "1", "--canary-wait", "60s"]);
    let redrive = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let sent = async |topic: &Topic| {
        world.records(topic, 0).await.len() + world.records(topic, 1).await.len()
    };
    while sent(&ORDERS).await < 4 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The engine, which still can't read it, writes the new dead letter.
    let failed = &world.records(&ORDERS_DEAD_LETTERS, 0).await[3];
    let mut headers = Headers::new();
    for (name, value) in failed.headers.iter() {
        let attempts = name == event_log::dead_letters::ATTEMPTS;
        let value = if attempts { vec![0, 0, 0, 2].into() } else { value.clone() };
        headers.push(name.to_owned(), value);
    }
    let (key, payload) = (failed.key.clone(), failed.payload.clone());
    world.append(&ORDERS_DEAD_LETTERS, 0, NewRecord { key, payload, headers }).await;
    let output = redrive.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stdout).unwrap();
    let end = "1 of those on trial failed again: orders-dlt/0:6\n\
               nothing more was sent; 2 dead letters left\n";
    assert!(said.ends_with(end), "{said}");
    assert_eq!(sent(&ORDERS).await, 4);
}

#[tokio::test]
async fn what_a_killed_desk_has_sent_without_saying_so_is_not_sent_again() {
    let world = World::new().await;
    for _ in 0..3 {
        world.dead_command(COMMAND.as_bytes(), "unknown type").await;
    }
    // It was to send all three, and was killed behind the first.
    let letters = world.records(&ORDERS_DEAD_LETTERS, 0).await;
    let named: Vec<_> = letters
        .iter()
        .map(|letter| {
            let place = format!("orders-dlt/{}", letter.position);
            json!({"place": place, "mark": letter.mark().to_string()})
        })
        .collect();
    let partition = event_log::partition_of_key(b"shop/3", crate::world::PARTITIONS);
    let leg = json!({"to": format!("orders/{partition}:0"), "letters": named});
    let mark = json!({"version": 1, "type": "Sending", "data": {"legs": [leg]}});
    let retention = Retention::default();
    let spec = TopicSpec { topic: DEAD_LETTER_MARKS, partitions: 1, retention };
    world.log.create_topics(&[spec]).await.unwrap();
    let payload = mark.to_string().into();
    world.append(&DEAD_LETTER_MARKS, 0, NewRecord { payload, ..NewRecord::default() }).await;
    let headers = Headers::new().with("seriatim-redrive", "orders-dlt/0:0");
    world.append(&ORDERS, partition.0, NewRecord { headers, ..NewRecord::default() }).await;

    assert_eq!(world.letters("in-doubt").len(), 3);
    let plan = world.json(&["redrive", "--dry-run"]);
    assert_eq!((&plan["wouldSend"], &plan["inDoubt"]), (&json!(3), &json!(3)));
    let said = world.prints(&["redrive", "--yes"]);
    let end = "2 dead letters sent; 1 dead letter had been sent by the run before\n";
    assert!(said.ends_with(end), "{said}");
    let sent = world.records(&ORDERS, partition.0).await;
    let sent_names: Vec<_> =
        sent.iter().map(|record| record.headers.get_text("seriatim-redrive").unwrap()).collect();
    assert_eq!(sent_names, ["orders-dlt/0:0", "orders-dlt/0:1", "orders-dlt/0:2"]);
    assert_eq!(world.letters("redriven").len(), 3);
}

#[tokio::test]
async fn two_redrives_at_once_send_each_letter_once() {
    const LETTERS: usize = 300;
    let world = World::new().await;
    for _ in 0..LETTERS {
        world.dead_command(COMMAND.as_bytes(), "unknown type").await;
    }
    let desks = [0, 1].map(|_| {
        let mut command = world.command(&["redrive", "--yes", "--json"]);
        command.stdout(std::process::Stdio::piped()).spawn().unwrap()
    });
    let mut sent = 0;
    for desk in desks {
        let output = desk.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let summary: serde_json::Value =
            serde_json::from_str(said.lines().last().unwrap()).unwrap();
        // One that came when all was done has a plan only.
        sent += summary["sent"].as_u64().unwrap_or_default();
    }
    assert_eq!(sent, LETTERS as u64);
    let stand = [world.records(&ORDERS, 0).await, world.records(&ORDERS, 1).await].concat();
    assert_eq!(stand.len(), LETTERS);
}
