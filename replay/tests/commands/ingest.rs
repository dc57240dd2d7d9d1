use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::program::{Desk, cdnow, cdnow_text};

#[test]
fn real_purchases_become_orders_by_date() {
    let desk = Desk::new();
    let source = cdnow();
    let source = source.to_str().unwrap();
    let said = desk.json(&["ingest", source, "--mapping", "cdnow", "--to", "archive"]);
    assert_eq!((&said["entries"], &said["rejected"]), (&json!(10_000), &json!(0)));
    assert_eq!(said["span"]["earliest"], "1997-01-01T00:00:00.000000Z");
    assert!(!desk.path("archive.rejects.jsonl").exists());

    let entries = desk.entries("archive");
    assert!(entries.is_sorted_by_key(|entry| entry.exchange.at));
    let first = &entries[0].exchange;
    assert_eq!((&*first.method, &*first.path, &*first.key), ("POST", "/api/Order", "customer/1"));
    assert_eq!(first.header("Idempotency-Key"), Some("cdnow-2"));
    let body: Value = serde_json::from_slice(first.body.bytes()).unwrap();
    let expected = json!({
        "customerId": 1, "customerName": "Customer", "customerLastName": "1",
        "customerEmail": "1@cdnow.example",
        "shippingAddress": "unknown", "billingAddress": "unknown",
        "currencyType": 2, "totalPrice": "11.77", "paymentMethodType": 1,
        "orderItems": [{
            "itemCode": "CD-1", "brand": "CDNOW", "type": "parcel of discs", "size": "1",
            "colour": "silver", "quantity": 1, "price": "11.77", "currencyType": 2
        }]
    });
    assert_eq!(body, expected);

    let dollars = |text: &str| text.replace('.', "").parse::<u64>().unwrap();
    let in_file: u64 =
        cdnow_text().lines().skip(1).map(|line| dollars(line.rsplit(' ').next().unwrap())).sum();
    let body = |entry: &traffic_archive::Entry| -> Value {
        serde_json::from_slice(entry.exchange.body.bytes()).unwrap()
    };
    let in_archive: u64 =
        entries.iter().map(|entry| dollars(body(entry)["totalPrice"].as_str().unwrap())).sum();
    assert_eq!(in_archive, in_file);

    let again = desk.json(&["ingest", source, "--mapping", "cdnow", "--to", "again"]);
    assert_eq!(again["chain"], said["chain"]);
    assert_eq!(desk.run(&["verify", "archive"]).code, Some(0));
}

#[test]
fn what_happened_at_one_time_stays_in_the_source_s_order() {
    let desk = Desk::new();
    let text = cdnow_text();
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    // By customer, as the whole file is.
    let mut by_customer = rows.clone();
    by_customer.sort_by_key(|row| row.split(' ').next().unwrap().to_owned());
    desk.write("table.txt", format!("{header}\n{}\n", by_customer.join("\n")));
    desk.json(&["ingest", "table.txt", "--mapping", "cdnow", "--to", "archive"]);

    let mut expected: Vec<_> = (2..).zip(by_customer).collect();
    expected.sort_by_key(|(_, row)| row.split(' ').nth(1).unwrap().to_owned());
    let lines = expected.into_iter().map(|(line, _)| format!("cdnow-{line}"));
    let entries = desk.entries("archive");
    let keys = entries.iter().map(|entry| entry.exchange.header("idempotency-key").unwrap());
    assert!(keys.eq(lines));
}

#[test]
fn json_files_are_sent_as_they_stand() {
    let desk = Desk::new();
    let order = |id: u64| {
        format!(r#"{{ "id":{id}, "customerId":7, "orderDate":"2026-11-21T12:00:0{id}Z" }}"#)
    };
    desk.write("orders/a.json", format!("\n{}", order(1)));
    desk.write("orders/b/list.json", format!("[\n{},\n\n{}\n]", order(2), order(3)));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    write!(packed, "{}\n\n{}", order(4), order(5)).unwrap();
    desk.write("orders/c.jsonl.gz", packed.finish().unwrap());
    desk.write("orders/d.ndjson", format!("{}\nnot json\n{{\"customerId\":7}}\n", order(6)));
    desk.write("orders/e.json", format!("{} {{]", order(7)));
    desk.write("orders/readme.txt", "no order");
    let said = desk.json(&["ingest", "orders", "--mapping", "orders", "--to", "archive"]);
    let counts = (&said["entries"], &said["rejected"], &said["files"], &said["otherFiles"]);
    assert_eq!(counts, (&json!(7), &json!(3), &json!(5), &json!(1)));

    let entries = desk.entries("archive");
    let bodies = entries.iter().map(|entry| entry.exchange.body.text().unwrap().to_owned());
    assert!(bodies.eq((1..=7).map(order)));
    let places = entries.iter().map(|entry| entry.exchange.header("idempotency-key").unwrap());
    let expected = [
        "a.json-2",
        "b/list.json-2",
        "b/list.json-4",
        "c.jsonl.gz-1",
        "c.jsonl.gz-3",
        "d.ndjson-1",
        "e.json-1",
    ];
    assert!(places.eq(expected));

    let rejects = desk.json_lines("archive.rejects.jsonl");
    let places: Vec<_> = rejects.iter().map(|r| (&r["file"], &r["line"], &r["record"])).collect();
    assert_eq!(places[0], (&json!("d.ndjson"), &json!(2), &json!("not json")));
    assert_eq!(places[1], (&json!("d.ndjson"), &json!(3), &json!("{\"customerId\":7}")));
    assert_eq!(rejects[1]["reason"], "it has no field \"orderDate\"");
    assert_eq!(places[2].0, &json!("e.json"));
}

#[test]
fn access_logs_become_requests_with_their_status() {
    let desk = Desk::new();
    let line = |second: u32, request: &str| {
        format!(
            r#"10.0.0.{second} - - [10/Oct/2000:13:55:{second:02} -0700] "{request}" 200 5 "-" "curl""#
        )
    };
    desk.write("logs/access.log", line(9, "GET /new HTTP/1.1"));
    let old = [line(1, "GET /old?a=1 HTTP/1.1"), line(2, "POST / HTTP/1.1"), "rubbish".to_owned()];
    desk.write("logs/access.log.1", old.join("\r\n"));
    let said = desk.json(&["ingest", "logs", "--mapping", "combined", "--to", "archive"]);
    assert_eq!((&said["entries"], &said["rejected"]), (&json!(2), &json!(2)));
    let entries = desk.entries("archive");
    let paths: Vec<_> = entries.iter().map(|entry| &*entry.exchange.path).collect();
    assert_eq!(paths, ["/old?a=1", "/new"]);
    let first = &entries[0].exchange;
    assert_eq!(first.at.to_string(), "2000-10-10T20:55:01Z");
    assert_eq!((&*first.key, first.header("user-agent")), ("10.0.0.1", Some("curl")));
    assert_eq!(first.header("referer"), None);
    assert_eq!(first.response.as_ref().unwrap().status, 200);
    let rejects = desk.json_lines("archive.rejects.jsonl");
    assert_eq!(rejects[0]["reason"], "method POST is not accepted by the mapping");
    assert_eq!(rejects[1]["line"], 3);
}

const TABLE: &str = r#"
[source]
format = "csv"
separator = ";"

[request]
at = "{when}"
at-format = "unix-ms"
path = "/{place}"
body = "{text}"
"#;

#[test]
fn tables_may_have_quotes_and_line_breaks() {
    let desk = Desk::new();
    desk.write("mine.toml", TABLE);
    let rows = [
        "\u{feff}when;place;text",
        "1;a;\"two\nlines; one \"\"value\"\"\"",
        "",
        "2;b",
        "3;c;3\" long",
        "x;d;",
        "4;e e;",
        "5;f;last",
    ];
    desk.write("table.csv", rows.join("\r\n"));
    let said = desk.json(&[
        "ingest",
        "table.csv",
        "--mapping",
        "mine.toml",
        "--to",
        "a",
        "--rejects",
        "no",
    ]);
    assert_eq!((&said["entries"], &said["rejected"]), (&json!(3), &json!(3)), "{said}");
    let entries = desk.entries("a");
    let bodies: Vec<_> = entries.iter().map(|entry| entry.exchange.body.text().unwrap()).collect();
    assert_eq!(bodies, ["two\nlines; one \"value\"", "3\" long", "last"]);
    let rejects = desk.json_lines("no");
    let lines: Vec<_> = rejects.iter().map(|reject| reject["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [5, 7, 8]);
    assert_eq!(rejects[0]["reason"], "it has 2 columns instead of 3");
    assert_eq!(rejects[0]["record"], "2;b");
}

#[test]
fn a_quote_that_is_never_closed_is_one_reject() {
    let desk = Desk::new();
    desk.write("mine.toml", TABLE);
    desk.write("table.csv", "when;place;text\n0;a;ok\n1;a;\"open\n2;b;x\n");
    let said = desk.json(&["ingest", "table.csv", "--mapping", "mine.toml", "--to", "a"]);
    assert_eq!((&said["entries"], &said["rejected"]), (&json!(1), &json!(1)));
    let reject = &desk.json_lines("a.rejects.jsonl")[0];
    assert_eq!((&reject["line"], &reject["record"]), (&json!(3), &json!("1;a;\"open\n2;b;x")));
    assert_eq!(reject["reason"], "a quote is not closed: from here on, 2 lines are one row");
}

#[test]
fn a_source_without_any_request_is_a_failure() {
    let desk = Desk::new();
    desk.write("noise.jsonl", [0xff, 0xfe, b'\n', b'7', b'\n']);
    let said = desk.run(&["ingest", "noise.jsonl", "--mapping", "orders", "--to", "a"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("none of 2 records is a request"), "{}", said.err);
    assert_eq!(desk.json_lines("a.rejects.jsonl").len(), 2);
}

#[test]
fn a_record_that_no_line_holds_is_a_reject() {
    let desk = Desk::new();
    let mapping = "[source]\nformat = \"json\"\n[request]\nat = \"2026-01-01T00:00:00Z\"\n\
                   path = \"/\"\nbody = \"{text}{text}{text}\"";
    desk.write("thrice.toml", mapping);
    let record = |text: &str| json!({ "text": text }).to_string();
    let records = [record(&"x".repeat(12 << 20)), record("short")];
    desk.write("texts.jsonl", records.join("\n"));
    let said = desk.json(&["ingest", "texts.jsonl", "--mapping", "thrice.toml", "--to", "a"]);
    assert_eq!((&said["entries"], &said["rejected"]), (&json!(1), &json!(1)));
    let reject = &desk.json_lines("a.rejects.jsonl")[0];
    assert!(reject["reason"].as_str().unwrap().contains("would take a line of"), "{reject}");
}

#[test]
fn a_file_that_breaks_off_is_named() {
    let desk = Desk::new();
    desk.write("orders.jsonl.gz", [0x1f, 0x8b, 8, 0, 0, 0]);
    let said = desk.run(&["ingest", "orders.jsonl.gz", "--mapping", "orders", "--to", "a"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("error: orders.jsonl.gz: "), "{}", said.err);
}

#[test]
fn a_full_disk_leaves_a_whole_archive_that_can_be_continued() {
    let desk = Desk::new();
    let cdnow = cdnow();
    let ingest = ["ingest", cdnow.to_str().unwrap(), "--mapping", "cdnow", "--segment-mib", "1"];
    let expected = desk.json(&[&ingest[..], &["--to", "whole"]].concat());
    let to = [&ingest[..], &["--to", "a"]].concat();
    // Room for the manifest, and for no segment.
    let said = desk.run_on_small_disk(&to, 30);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("File too large"), "{}", said.err);
    assert_eq!(desk.json(&["verify", "a"])["whole"], true);
    let continued = desk.json(&[&to[..], &["--resume"]].concat());
    assert_eq!(continued["chain"], expected["chain"]);
}

#[test]
fn rejects_do_not_take_the_place_of_the_source() {
    let desk = Desk::new();
    desk.write("mine.toml", TABLE);
    desk.write("tables/table.csv", "when;place;text\n1;a;ok\nx;b;wrong\n");
    let rejects = "tables/../tables/table.csv";
    let ingest = ["ingest", "tables", "--mapping", "mine.toml", "--to", "a", "--rejects", rejects];
    let said = desk.run(&ingest);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("this is a file of the source"), "{}", said.err);
    assert!(desk.path("tables/table.csv").exists() && !desk.path("a").exists());
}

#[test]
fn strict_stops_at_the_first_reject_and_nothing_is_finished() {
    let desk = Desk::new();
    desk.write("mine.toml", TABLE);
    desk.write("table.csv", "when;place;text\n1;a;ok\nx;b;wrong\n");
    let said =
        desk.run(&["ingest", "table.csv", "--mapping", "mine.toml", "--to", "a", "--strict"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("table.csv, line 3: \"x\" is no time"), "{}", said.err);
    let whole = desk.json(&["verify", "a"]);
    assert_eq!((&whole["whole"], &whole["finished"]), (&json!(true), &json!(false)));
}

#[test]
fn what_cannot_work_is_said_in_a_sentence() {
    let desk = Desk::new();
    desk.write("orders/a.txt", "no order");
    desk.write("broken.toml", "[source]\nformat = \"xml\"");
    for (source, mapping, to, reason) in [
        ("none", "orders", "a", "source none: No such file"),
        ("orders", "orders", "a", "there is no file that the mapping reads"),
        ("orders", "none.toml", "a", "is neither a file"),
        ("orders", "broken.toml", "a", "unknown variant `xml`"),
        ("orders", "orders", "ftp://x", "ftp:// is not known"),
    ] {
        let said = desk.run(&["ingest", source, "--mapping", mapping, "--to", to]);
        assert!(matches!(said.code, Some(1 | 2)), "{mapping}: {:?}", said.code);
        assert!(said.err.contains(reason), "{reason}: {}", said.err);
    }
    let shown = desk.run(&["ingest", "--print-mapping", "combined"]);
    assert!(shown.out.contains("format = \"access-log\""));
}
