//! `purge`, and that one desk at a time works on a log.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use event_log::topics::{DEAD_LETTER_MARKS, ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{GroupId, MemberId, Rebalance, Retention, TopicSpec};

use crate::world::{COMMAND, World};

#[tokio::test]
async fn purged_letters_are_kept_and_neither_listed_nor_sent() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed").await;
    world.dead_command(COMMAND.as_bytes(), "unknown type").await;
    let (code, sentence) = world.fails(&["purge", "--reason", "malformed"]);
    assert_eq!(code, 2);
    assert!(sentence.starts_with("there is no terminal to ask at: give --yes"), "{sentence}");
    let told = world.prints(&["purge", "--reason", "malformed", "--dry-run"]);
    assert!(told.ends_with("1 dead letter would be purged\n"), "{told}");
    assert_eq!(world.letters("waiting").len(), 2);

    let done = world.prints(&["purge", "--reason", "malformed", "--yes"]);
    assert!(done.ends_with("1 dead letter purged\n"), "{done}");
    assert_eq!(world.letters("waiting"), ["orders-dlt/0:1"]);
    assert_eq!(world.letters("purged"), ["orders-dlt/0:0"]);
    assert_eq!(world.records(&ORDERS_DEAD_LETTERS, 0).await.len(), 2, "nothing is deleted");
    world.prints(&["redrive", "--yes", "--even-unreadable"]);
    let sent = [world.records(&ORDERS, 0).await, world.records(&ORDERS, 1).await].concat();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].payload, COMMAND);
}

#[tokio::test]
async fn at_a_terminal_it_asks_and_only_yes_is_yes() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed").await;
    for (answer, code, said, purged) in [
        ("\n", 1, "nothing was purged", 0),
        ("n\n", 1, "nothing was purged", 0),
        ("y\n", 0, "1 dead letter purged", 1),
    ] {
        let (status, shown) = world.at_a_terminal("purge", answer);
        assert!(shown.contains("Purge 1 dead letter? [y/N] "), "{shown}");
        assert!(shown.trim_end().ends_with(said), "{shown}");
        assert_eq!(status, Some(code));
        assert_eq!(world.letters("purged").len(), purged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_waits_until_another_one_has_ended() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed").await;
    let retention = Retention::default();
    let spec = TopicSpec { topic: DEAD_LETTER_MARKS, partitions: 1, retention };
    world.log.create_topics(&[spec]).await.unwrap();
    let group = GroupId("seriatim-dlt-desk".to_owned());
    let member = MemberId("another".to_owned());
    let mut other = world.log.join(&group, &DEAD_LETTER_MARKS, &member).await.unwrap();
    assert!(matches!(other.next().await.unwrap(), Rebalance::Assigned(_)));
    let staying = tokio::spawn(async move {
        // Stays alive until it is aborted.
        let _ = other.next().await;
        other
    });

    let mut command = world.command(&["purge", "--yes"]);
    let mut desk = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(desk.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).unwrap();
    assert!(said.starts_with("waiting for another desk on this log"), "{said}");
    assert!(desk.try_wait().unwrap().is_none());
    assert!(world.letters("purged").is_empty());
    staying.abort();
    assert!(desk.wait().unwrap().success());
    assert_eq!(world.letters("purged"), ["orders-dlt/0:0"]);
}
