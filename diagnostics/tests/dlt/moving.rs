//! `export` and `import`.

use std::process::Stdio;

use event_log::Headers;
use event_log::NewRecord;
use event_log::topics::{ORDERS, ORDERS_DEAD_LETTERS};

use crate::world::{COMMAND, World};

#[tokio::test]
async fn letters_go_to_another_log_byte_by_byte_and_once() {
    let here = World::new().await;
    here.dead_command(&[0xff, 0x00, b'\n'], "malformed").await;
    let odd = NewRecord {
        key: vec![0xc3, 0x28].into(),
        payload: "".into(),
        headers: Headers::new().with("a", "1").with("a", vec![0x80]),
    };
    here.append(&ORDERS_DEAD_LETTERS, 1, odd).await;
    let file = here.path("letters.jsonl");
    here.prints(&["export", "--output", &file]);
    assert_eq!(here.prints(&["export"]), std::fs::read_to_string(&file).unwrap());
    let (code, sentence) = here.fails(&["export", "--output", &file]);
    assert!(code == 1 && sentence.contains("exists"), "nothing is overwritten: {sentence}");

    let there = World::new().await;
    let would = there.prints(&["import", &file, "--dry-run"]);
    assert!(would.starts_with("2 dead letters would be imported, 0"), "{would}");
    assert_eq!(there.letters("waiting"), [""; 0]);
    let done = there.prints(&["import", &file]);
    assert_eq!(done, "2 dead letters imported, 0 edited, 0 passed over\n");
    let again = there.prints(&["import", &file]);
    assert_eq!(again, "0 dead letters imported, 0 edited, 2 passed over\n");
    for partition in [0, 1] {
        let from = here.records(&ORDERS_DEAD_LETTERS, partition).await;
        let to = there.records(&ORDERS_DEAD_LETTERS, partition).await;
        assert_eq!(to.len(), 1);
        assert_eq!((&to[0].key, &to[0].payload), (&from[0].key, &from[0].payload));
        let mut headers = from[0].headers.clone();
        let name = format!("orders-dlt/{partition}:0#{}", from[0].mark());
        headers.push("seriatim-imported", name);
        assert_eq!(to[0].headers, headers);
    }
}

#[tokio::test]
async fn what_a_script_has_changed_becomes_an_edited_copy() {
    let world = World::new().await;
    let mistyped = COMMAND.replacen("\"NewOrder\"", "\"NewOrdre\"", 1);
    for _ in 0..3 {
        world.dead_command(mistyped.as_bytes(), "unknown type \"NewOrdre\"").await;
    }
    let exported = world.prints(&["export"]);
    let file = world.path("letters.jsonl");
    let (first, rest) = exported.split_once('\n').unwrap();
    std::fs::write(&file, format!("{first}\n{}", rest.replace("NewOrdre", "NewOrder"))).unwrap();
    let done = world.prints(&["import", &file]);
    assert_eq!(done, "0 dead letters imported, 2 edited, 1 passed over\n");
    let again = world.prints(&["import", &file]);
    assert_eq!(again, "0 dead letters imported, 0 edited, 3 passed over\n");
    let waiting = ["orders-dlt/0:0", "orders-dlt/0:3", "orders-dlt/0:4"];
    assert_eq!(world.letters("waiting"), waiting);

    std::fs::write(&file, first.replace("NewOrdre", "NewOrdep")).unwrap();
    let (code, sentence) = world.fails(&["import", &file]);
    assert_eq!(code, 1);
    let expected = "line 1 of FILE: it can't be read: unknown type \"NewOrdep\"";
    assert_eq!(sentence, expected.replace("FILE", &file));
}

#[tokio::test]
async fn letters_come_through_a_pipe_as_well() {
    let here = World::new().await;
    for _ in 0..300 {
        here.dead_command(b"{", "malformed").await;
    }
    let there = World::new().await;
    let mut export =
        here.command(&["export"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let pipe = export.stdout.take().unwrap();
    let output = there.command(&["import", "-"]).stdin(pipe).output().unwrap();
    assert!(export.wait().unwrap().success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "300 dead letters imported, 0 edited, 0 passed over\n");
    assert_eq!(there.records(&ORDERS_DEAD_LETTERS, 0).await.len(), 300);
}

#[tokio::test]
async fn a_file_with_a_broken_line_is_refused_before_anything_is_appended() {
    let world = World::new().await;
    world.dead_command(b"{", "malformed").await;
    let file = world.path("letters.jsonl");
    std::fs::write(&file, world.prints(&["export"]) + "\n{}\n").unwrap();
    let elsewhere = World::new().await;
    let (code, sentence) = elsewhere.fails(&["import", &file]);
    assert_eq!(code, 1);
    assert!(sentence.starts_with(&format!("line 3 of {file}: missing field")), "{sentence}");
    assert!(elsewhere.records(&ORDERS_DEAD_LETTERS, 0).await.is_empty());
    assert!(elsewhere.records(&ORDERS, 0).await.is_empty());
}
