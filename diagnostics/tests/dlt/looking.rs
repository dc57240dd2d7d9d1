//! `list` and `show`.

use std::process::Stdio;

use event_log::NewRecord;
use event_log::topics::ORDERS_DEAD_LETTERS;
use serde_json::json;

use crate::world::{COMMAND, World, connect, spring};

#[tokio::test]
async fn letters_are_listed_one_by_one_and_by_cause() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed: EOF at line 1 column 1").await;
    world.dead_command(b"{ ", "malformed: EOF at line 1 column 2").await;
    world.dead_command(COMMAND.as_bytes(), "unknown type \"NewOrder\"").await;

    let printed = world.prints(&["list"]);
    let lines: Vec<_> = printed.lines().collect();
    assert!(lines[0].starts_with("LETTER          FAILED"), "{printed}");
    assert!(lines[1].starts_with("orders-dlt/0:0  20"), "{printed}");
    assert!(lines[1].ends_with("UndecodableCommand: malformed: EOF at line 1 column 1"));
    assert_eq!(lines[4], "3 dead letters in orders-dlt and order-events-dlt: 3 waiting");

    let causes = world.json(&["list", "--by-cause"]);
    let counts: Vec<_> = causes.as_array().unwrap().iter().map(|cause| &cause["count"]).collect();
    assert_eq!(counts, [&json!(2), &json!(1)], "numbers in a cause don't matter: {causes}");

    let listed = world.json(&["list", "--reason", "unknown TYPE"]);
    assert_eq!(listed["count"], 1);
    assert_eq!(listed["letters"][0]["letter"], "orders-dlt/0:2");
    assert_eq!(listed["letters"][0]["origin"], "orders/0:2");
    let limited = world.json(&["list", "--limit", "1"]);
    assert_eq!((&limited["count"], limited["letters"].as_array().unwrap().len()), (&json!(3), 1));
    assert_eq!(world.json(&["list", "--key", "shop/1"])["count"], 0);
}

#[tokio::test]
async fn one_letter_is_shown_with_all_that_is_known_of_it() {
    let world = World::new().await;
    world.dead_command(COMMAND.as_bytes(), "unknown type \"NewOrder\"").await;
    let shown = world.prints(&["show", "orders-dlt/0:0"]);
    for line in [
        "orders-dlt/0:0  waiting",
        "  cause      seriatim.UndecodableCommand: unknown type \"NewOrder\"",
        "  reader     seriatim-engine",
        "  origin     orders/0:0, 2023-11-14T22:13:20.000Z",
        "  trace      4bf92f3577b34da6a3ce929d0e0e4736",
        "  goes to    orders/",
        "  2023-11-14T22:13:20.000Z  orders  unknown type \"NewOrder\"",
        "  retry_topic-attempts               1",
        "  \"type\": \"NewOrder\",",
    ] {
        let found = shown.lines().any(|shown| shown.starts_with(line));
        assert!(found, "{line:?} is not in\n{shown}");
    }
    let told = world.json(&["show", "orders-dlt/0:0"]);
    assert_eq!(told["payload"], COMMAND);
    assert_eq!(told["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert!(told["understoodAs"].as_str().unwrap().starts_with("NewOrder "), "{told}");
}

#[tokio::test]
async fn what_others_wrote_commands_no_terminal() {
    let world = World::new().await;
    let (key, payload) = ("\x1b[2Jshop".into(), "\x1b]0;x\x07".into());
    let headers = spring(&ORDERS_DEAD_LETTERS, 0).with("a\x1b", "b\x1bc");
    world.append(&ORDERS_DEAD_LETTERS, 0, NewRecord { key, payload, headers }).await;
    for arguments in [&["list"][..], &["show", "orders-dlt/0:0"]] {
        let printed = world.prints(arguments);
        assert!(!printed.contains(['\x1b', '\x07']), "{printed:?}");
    }
}

#[tokio::test]
async fn letters_of_another_system_are_listed_by_their_topic() {
    let world = World::new().await;
    let topic = world.create("clicks-dlq").await;
    world.append(&topic, 1, NewRecord { headers: connect(77), ..NewRecord::default() }).await;
    let listed = world.json(&["list", "--topic", "clicks-dlq"]);
    let letter = &listed["letters"][0];
    assert_eq!(letter["letter"], "clicks-dlq/1:0");
    assert_eq!(letter["origin"], "clicks/1:77");
    assert_eq!(letter["cause"], "org.example.DataException: no schema");
    let shown = world.prints(&["show", "clicks-dlq/1:0"]);
    assert!(shown.contains("reader     connector warehouse, task 0"), "{shown}");
    assert!(shown.contains("goes to    topic clicks, where they would go, does not exist"));
}

#[tokio::test]
async fn when_nobody_reads_it_ends_in_silence_and_has_done_nothing() {
    let world = World::new().await;
    world.dead_command(COMMAND.as_bytes(), "unknown type").await;
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["show", "orders-dlt/0:0"],
        &["export"],
        &["redrive", "--yes"],
        &["purge", "--yes"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = world.command(arguments);
        let output = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(output.status.code(), Some(141), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
    assert_eq!(world.letters("waiting"), ["orders-dlt/0:0"]);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_a_sentence() {
    let world = World::new().await;
    let no_letter = (1, "there is no dead letter orders-dlt/0:5, or it is no longer kept".into());
    assert_eq!(world.fails(&["show", "orders-dlt/0:5"]), no_letter);
    assert_eq!(world.fails(&["redrive", "--yes", "orders-dlt/0:5"]), no_letter);
    assert_eq!(world.fails(&["list", "--topic", "x"]), (1, "topic x does not exist".into()));
    let nowhere = format!("sqlite:{}", world.path("nowhere"));
    let (code, sentence) = world.fails(&["list", "--log", &nowhere]);
    assert_eq!(code, 2);
    assert!(sentence.starts_with("setting \"log\": there is no log in "), "{sentence}");
    assert!(!std::path::Path::new(&world.path("nowhere")).exists(), "looking makes nothing");
    let (code, _) = world.fails(&["show", "orders-dlt"]);
    assert_eq!(code, 2);
}
