//! What floods can be tried first.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use traffic_archive::{ArchiveWriter, Exchange, Location, WriterSettings};

use crate::program::{Desk, block_on};

/// So many requests of three keys, a second apart, in archive `a`; those numbered in `broken` can't
/// be sent.
fn archive(desk: &Desk, count: u32, broken: &[u32]) {
    block_on(async {
        let location = Location::folder(desk.path("a"));
        let mut writer = ArchiveWriter::create(&location, WriterSettings::default()).await.unwrap();
        for number in 1..=count {
            let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::from(number));
            let path = if broken.contains(&number) { "*" } else { "/a" };
            let mut exchange = Exchange::new(at, "POST", path);
            exchange.key = format!("k{}", number % 3);
            exchange.body = "1234".into();
            writer.append(exchange).await.unwrap();
        }
        writer.finish().await.unwrap();
    });
}

#[test]
fn serialin_tells_what_it_would_append_and_makes_nothing() {
    let desk = Desk::new();
    archive(&desk, 100, &[]);
    let serialin = ["serialin", "a", "--to", "sqlite:log"];
    let dry = [&serialin[..], &["--dry-run"]].concat();
    let plan = desk.json(&dry);
    assert_eq!(
        (&plan["streamExists"], &plan["thereBefore"], &plan["wouldAppend"], &plan["first"]),
        (&json!(false), &json!(0), &json!(100), &json!(1)),
        "{plan}"
    );
    assert!(!desk.path("log").exists());
    let said = desk.run(&dry).out;
    assert!(
        said.ends_with("100 would be appended to sqlite:log#replay, which would be made\n"),
        "{said}"
    );

    desk.json(&serialin);
    let plan = desk.json(&dry);
    assert_eq!(
        (&plan["streamExists"], &plan["thereBefore"], &plan["wouldAppend"], &plan["first"]),
        (&json!(true), &json!(100), &json!(0), &json!(null)),
        "{plan}"
    );
    std::fs::remove_dir_all(desk.path("a")).unwrap();
    archive(&desk, 5, &[]);
    let other = desk.run(&dry);
    assert_eq!(other.code, Some(1));
    assert!(other.err.contains("a stream holds one archive"), "{}", other.err);
}

#[test]
fn serialout_tells_what_it_would_send_and_for_how_long() {
    let desk = Desk::new();
    archive(&desk, 100, &[]);
    let target = ["--target", "http://127.0.0.1:1/staging", "--dry-run", "--state", "state"];
    let dry = [&["serialout", "a"][..], &target].concat();
    let plan =
        desk.json(&[&dry[..], &["--pace", "2x", "--from", "11", "--skip", "12,21-30"]].concat());
    let expected = json!({
        "source": "a", "target": "http://127.0.0.1:1/staging", "pace": "2x", "requests": 79,
        "first": 11, "last": 100, "keys": 3, "bodyBytes": 79 * 4, "seconds": 44.5, "skipped": 11,
        "mayBeSentTwice": 0, "unsendable": 0
    });
    assert_eq!(plan, expected);
    let said = desk.run(&[&dry[..], &["--max", "--to", "10"]].concat());
    let expected = "would send 10 requests of a to http://127.0.0.1:1/staging\n\
                    entries 1 to 10, 3 keys, 40 bytes of bodies\npace max\n";
    assert_eq!((said.out.as_str(), said.code), (expected, Some(0)), "{}", said.err);
    assert!(!desk.path("state").exists() && !desk.path("state.lock").exists());
}

#[test]
fn what_can_not_be_sent_is_found_before_anything_is() {
    let desk = Desk::new();
    archive(&desk, 9, &[4, 7]);
    let dry = ["serialout", "a", "--target", "http://127.0.0.1:1", "--dry-run"];
    let said = desk.run(&dry);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.ends_with("2 can't be sent; the first is entry 4: \"*\" is no path\n"),
        "{}",
        said.out
    );
    assert_eq!(desk.run(&[&dry[..], &["--skip", "4,7"]].concat()).code, Some(0));
    for flags in [["--skip", "0"], ["--skip", "5-4"], ["--skip", "x"]] {
        assert_eq!(desk.run(&[&dry[..], &flags].concat()).code, Some(2), "{flags:?}");
    }
}
