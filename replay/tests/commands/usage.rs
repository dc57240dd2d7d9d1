//! What can't be meant is refused with code 2 and a sentence, before anything is done.

use crate::program::Desk;

/// Two requests, in archive `a`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("table.csv", "n\n1\n2\n");
    desk.write(
        "mine.toml",
        "[source]\nformat = \"csv\"\n[request]\nat = \"{n}\"\nat-format = \"unix\"\npath = \"/{n}\"",
    );
    desk.json(&["ingest", "table.csv", "--mapping", "mine.toml", "--to", "a"]);
    desk
}

/// Nothing is made, either.
#[track_caller]
fn refuses(desk: &Desk, arguments: &str, reason: &str) {
    let said = desk.run(&arguments.split_whitespace().collect::<Vec<_>>());
    assert_eq!(said.code, Some(2), "{arguments}: {}{}", said.out, said.err);
    assert!(said.err.contains(reason), "{arguments}: {}", said.err);
    assert!(!desk.path("b").exists() && !desk.path("log").exists(), "{arguments}");
}

#[test]
fn serialout_refuses_a_flag_that_makes_no_sense() {
    let desk = desk();
    for (flags, reason) in [
        ("--max --rate 5/s", "cannot be used with"),
        ("--pace 10", "is no speed"),
        ("--pace 0x", "is no speed"),
        ("--rate 0/s", "is no rate"),
        ("--rate 5", "is no rate"),
        ("--order fifo", "[possible values: "),
        ("--connections 0", "--connections"),
        ("--from 0", "--from"),
        ("--from 2 --to 1", "no entry is from 2 on and up to 1"),
        ("--from 4", "the last entry of a is 2"),
        ("--from 4 --dry-run", "the last entry of a is 2"),
        ("--skip 3-1", "--skip"),
        ("--timeout 5", "a time with its unit"),
        ("--slo p99", "--slo"),
        ("--retry-status 70000", "--retry-status"),
    ] {
        let arguments = format!("serialout a --target http://127.0.0.1:1 {flags}");
        refuses(&desk, &arguments, reason);
    }
}

#[test]
fn what_can_not_be_meant_is_wrong_usage() {
    let desk = desk();
    for (arguments, reason) in [
        ("", "Usage"),
        ("serialoud a", "unrecognized subcommand"),
        ("serialout", "<SOURCE>"),
        ("serialout a", "give --target URL"),
        ("serialout a --target 127.0.0.1:1", "neither http:// nor https://"),
        ("serialout a --target ftp://127.0.0.1:1", "neither http:// nor https://"),
        ("serialout ftp://a --target http://127.0.0.1:1", "ftp:// is not known"),
        ("serialout kafka:// --target http://127.0.0.1:1", "must follow"),
        ("serialout kafka://127.0.0.1:1/topic --target http://127.0.0.1:1", "behind a #"),
        ("serialin a --to amqp://127.0.0.1", "kafka://host:port"),
        ("serialin a --to sqlite:log --partitions 0", "--partitions"),
        ("serialin a --to sqlite:log --kafka-property acks", "NAME=VALUE"),
        ("serialout a --target http://127.0.0.1:1 --kafka-property acks", "NAME=VALUE"),
        ("serialout a --target http://127.0.0.1:1 --patience 0", "--patience"),
        ("dump --from a --archive b", "kafka://host:port"),
        ("dump --from sqlite:log --archive b --first 7", "--first"),
        ("dump --from sqlite:log --archive b --since yesterday", "--since"),
        ("ingest table.csv --to b", "--mapping"),
        ("ingest table.csv --mapping cdnow --to b --segment-mib 0", "--segment-mib"),
        ("ingest --print-mapping", "--print-mapping"),
        ("capture --archive b", "--to"),
        ("capture --to 127.0.0.1:1 --archive b", "neither http:// nor https://"),
        ("capture --to http://127.0.0.1:1 --archive b --key cookie", "a rule is header:NAME"),
        ("capture --to http://127.0.0.1:1 --archive b --body-kib 0", "--body-kib"),
        ("capture --to http://127.0.0.1:1 --archive b --when-behind drop", "[possible values: "),
        ("load-sink --latency 5ms..1ms", "a lower and a higher one"),
        ("load-sink --errors 101%", "from 0% to 100%"),
        ("load-sink --status 99", "--status"),
        ("verify a --from 2 --to 1", "no entry is from 2 on and up to 1"),
        ("verify a --against b --run c", "cannot be used with"),
        ("verify a --ignore-request $.a", "--against"),
    ] {
        refuses(&desk, arguments, reason);
    }
}

#[test]
fn a_page_that_can_not_be_written_is_found_before_the_run() {
    let desk = desk();
    let serialout = ["serialout", "a", "--target", "http://127.0.0.1:1", "--state", "state"];
    let said = desk.run(&[&serialout[..], &["--html", "none/page.html"]].concat());
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("none/page.html: No such file"), "{}", said.err);
    assert!(!desk.path("state").exists(), "the run has not begun");
}

#[test]
fn whoever_reaches_kafka_hands_its_properties_on() {
    let desk = desk();
    for arguments in [
        "serialin a --to kafka://127.0.0.1:1",
        "serialout kafka://127.0.0.1:1 --target http://127.0.0.1:1",
        "dump --from kafka://127.0.0.1:1 --archive b",
    ] {
        let flag = " --kafka-property no.such=1";
        let said = desk.run(&(arguments.to_owned() + flag).split_whitespace().collect::<Vec<_>>());
        assert_eq!(said.code, Some(1), "{arguments}: {}{}", said.out, said.err);
        assert!(said.err.contains("no.such"), "{arguments}: {}", said.err);
    }
}

#[test]
fn a_dump_that_can_not_begin_leaves_nothing() {
    let desk = desk();
    for source in ["redis://127.0.0.1:1", "kafka://127.0.0.1:1", "sqlite:nowhere"] {
        let said = desk.run(&["dump", "--from", source, "--archive", "b", "--patience", "1"]);
        assert_eq!(said.code, Some(1), "{source}: {}{}", said.out, said.err);
        assert!(said.err.contains(source.trim_start_matches("kafka://")), "{}", said.err);
        assert!(!desk.path("b").exists(), "{source}");
    }
}
