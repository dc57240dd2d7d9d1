//! `edit`.

use event_log::topics::{ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{Headers, NewRecord};
use order_domain::Command;

use crate::world::{COMMAND, World, failure};

/// A command with a type that nobody knows.
fn mistyped() -> String {
    COMMAND.replacen("\"NewOrder\"", "\"NewOrdre\"", 1)
}

#[tokio::test]
async fn an_edited_copy_takes_the_originals_place_and_is_sent() {
    let world = World::new().await;
    world.dead_command(mistyped().as_bytes(), "unknown type \"NewOrdre\"").await;
    let edit = ["edit", "orders-dlt/0:0"];
    let mut command = world.command(&edit);
    let output = command.env("EDITOR", "sed -i s/NewOrdre/NewOrder/").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("orders-dlt/0:1 takes the place of orders-dlt/0:0: NewOrder "));

    assert_eq!(world.letters("waiting"), ["orders-dlt/0:1"]);
    assert_eq!(world.letters("edited"), ["orders-dlt/0:0"]);
    let kept = world.records(&ORDERS_DEAD_LETTERS, 0).await;
    assert_eq!(kept[0].payload, mistyped(), "the original stays as it was");
    assert_eq!(kept[1].payload, COMMAND, "the copy is compact again");
    let venue = Command::from_json(COMMAND.as_bytes()).unwrap().venue().as_str().to_owned();
    assert_eq!(kept[1].key, venue, "it goes to the engine of its venue");
    assert_eq!(kept[1].headers.get_text("seriatim-edit-of"), Some("orders-dlt/0:0"));

    world.prints(&["redrive", "--yes"]);
    let sent = [world.records(&ORDERS, 0).await, world.records(&ORDERS, 1).await].concat();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].payload, COMMAND);
    assert_eq!(sent[0].headers.get_text("seriatim-redrive"), Some("orders-dlt/0:1"));
    assert_eq!(sent[0].headers.get("seriatim-edit-of"), None);
    let (code, sentence) = world.fails(&edit);
    assert_eq!(code, 1);
    assert!(sentence.ends_with("does not wait: edited as orders-dlt/0:1"), "{sentence}");
}

#[tokio::test]
async fn what_can_not_be_read_is_refused_and_what_was_written_is_kept() {
    let world = World::new().await;
    world.dead_command(mistyped().as_bytes(), "unknown type \"NewOrdre\"").await;
    let mut command = world.command(&["edit", "orders-dlt/0:0"]);
    let output = command.env("VISUAL", "sed -i s/NewOrdre/NewOrdep/").output().unwrap();
    let (code, sentence) = failure(&output);
    assert_eq!(code, 1);
    let (why, path) = sentence.split_once("; what was written is kept in ").unwrap();
    assert_eq!(why, "it can't be read: unknown type \"NewOrdep\"");
    assert!(std::fs::read_to_string(path).unwrap().contains("NewOrdep"));
    std::fs::remove_file(path).unwrap();
    assert_eq!(world.letters("waiting"), ["orders-dlt/0:0"]);
    assert_eq!(world.records(&ORDERS_DEAD_LETTERS, 0).await.len(), 1);
}

#[tokio::test]
async fn where_only_headers_were_kept_the_record_is_edited_that_failed() {
    let world = World::new().await;
    let (topic, jobs) = (world.create("dlq.jobs").await, world.create("jobs").await);
    let job = NewRecord {
        key: "k".into(),
        payload: "swepe".into(),
        headers: Headers::new().with("own", "1"),
    };
    world.append(&jobs, 1, job).await;
    for offset in ["0", "9"] {
        let headers = Headers::new()
            .with("__dlq.errors.topic", "jobs")
            .with("__dlq.errors.partition", "1")
            .with("__dlq.errors.offset", offset);
        world.append(&topic, 0, NewRecord { headers, ..NewRecord::default() }).await;
    }
    let mut command = world.command(&["edit", "dlq.jobs/0:0"]);
    let output = command.env("EDITOR", "sed -i s/swepe/sweep/").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let copy = &world.records(&topic, 0).await[2];
    assert_eq!((&copy.key[..], &copy.payload[..]), (&b"k"[..], &b"sweep"[..]));
    world.prints(&["redrive", "--yes", "dlq.jobs/0:2"]);
    let sent = &world.records(&jobs, 1).await[1];
    assert_eq!((&sent.key[..], &sent.payload[..]), (&b"k"[..], &b"sweep"[..]));
    assert_eq!(
        sent.headers,
        Headers::new().with("own", "1").with("seriatim-redrive", "dlq.jobs/0:2")
    );

    let (code, sentence) = world.fails(&["edit", "dlq.jobs/0:1"]);
    let gone = "of dlq.jobs/0:1 only headers were kept, and the record is gone";
    assert_eq!((code, &*sentence), (1, gone));
}

#[tokio::test]
async fn an_editor_that_fails_or_leaves_nothing_changes_nothing() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed").await;
    let text = NewRecord { payload: "hello".into(), ..NewRecord::default() };
    let topic = world.create("clicks-dlq").await;
    world.append(&topic, 0, text).await;
    for (letter, editor, why) in [
        (
            "orders-dlt/0:0",
            "false",
            "the editor false ended with exit status: 1: nothing was changed",
        ),
        (
            "orders-dlt/0:0",
            "kill -9 $$; true",
            "ended with signal: 9 (SIGKILL): nothing was changed",
        ),
        ("orders-dlt/0:0", "no-such-editor", "ended with exit status: 127: nothing was changed"),
        ("orders-dlt/0:0", "rm", "reading what the editor left: No such file"),
        ("orders-dlt/0:0", "truncate -s 0", "it can't be read: malformed"),
        ("clicks-dlq/0:0", "truncate -s 0", "it is empty now; what was written is kept in"),
        ("orders-dlt/0:0", "truncate -s 9M", "it can't be read: malformed"),
        ("clicks-dlq/0:0", "truncate -s 9M", "a record has"),
        ("orders-dlt/0:0", "head -c 100 /dev/urandom | tee", "it can't be read: malformed"),
    ] {
        let mut command = world.command(&["edit", letter]);
        let kept = world.path("");
        let output = command.env("EDITOR", editor).env("TMPDIR", &kept).output().unwrap();
        let (code, sentence) = failure(&output);
        assert_eq!(code, 1, "{editor}: {sentence}");
        assert!(sentence.contains(why), "{editor}: {sentence}");
    }
    assert_eq!(world.letters("waiting"), ["orders-dlt/0:0"]);
    assert_eq!(world.records(&topic, 0).await.len(), 1);
}

#[tokio::test]
async fn the_payload_may_come_from_a_file_and_an_editor_that_changes_nothing_changes_nothing() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed").await;
    let mut command = world.command(&["edit", "orders-dlt/0:0"]);
    let output = command.env("EDITOR", "true").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "nothing has changed\n");

    let (code, sentence) = world.fails(&["edit", "orders-dlt/0:0"]);
    assert_eq!(code, 2);
    assert_eq!(sentence, "no editor is named: set VISUAL or EDITOR, or give --file");

    let file = world.path("mended.json");
    std::fs::write(&file, COMMAND).unwrap();
    world.prints(&["edit", "orders-dlt/0:0", "--file", &file]);
    assert_eq!(world.letters("waiting"), ["orders-dlt/0:1"]);
}
