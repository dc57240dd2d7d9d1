//! `edit`.

use event_log::topics::{ORDERS, ORDERS_DEAD_LETTERS};
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
