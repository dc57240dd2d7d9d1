use std::fmt::Write as _;

use jiff::Timestamp;
use replay::outcome::Outcome;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use traffic_archive::{ArchiveWriter, Exchange, Location, Response, Sequence, WriterSettings};

use crate::program::{Desk, block_on};

fn answer(number: u64) -> Response {
    Response {
        status: 202,
        headers: vec![("Location".to_owned(), format!("/api/Orders/{number}"))],
        body: format!(r#"{{"id":"{number}-old","items":[{{"price":{number}}}]}}"#).into(),
        elapsed_us: Some(number),
    }
}

/// Requests 1 to `count`; every one but the third has a recorded answer.
fn exchanges(count: u64) -> Vec<Exchange> {
    let one = |number: u64| {
        let mut exchange = Exchange::new(Timestamp::UNIX_EPOCH, "POST", "/api/Order");
        exchange.body = format!(r#"{{"n":{number}}}"#).into();
        exchange.response = (number != 3).then(|| answer(number));
        exchange
    };
    (1..=count).map(one).collect()
}

fn archive(desk: &Desk, name: &str, exchanges: Vec<Exchange>) {
    block_on(async {
        let location = Location::folder(desk.path(name));
        let mut writer = ArchiveWriter::create(&location, WriterSettings::default()).await.unwrap();
        for exchange in exchanges {
            writer.append(exchange).await.unwrap();
        }
        writer.finish().await.unwrap();
    });
}

#[test]
fn one_edited_line_is_found() {
    let desk = Desk::new();
    archive(&desk, "a", exchanges(50));
    let said = desk.run(&["verify", "a"]);
    assert_eq!(said.code, Some(0));
    assert!(said.out.starts_with("whole: 50 entries in 1 segments, chain "), "{}", said.out);

    let file = desk.path("a/segment-000001.jsonl.zst");
    let lines = zstd::decode_all(&*std::fs::read(&file).unwrap()).unwrap();
    let edited = String::from_utf8(lines).unwrap().replace(r#""price\":31}"#, r#""price\":13}"#);
    std::fs::write(&file, zstd::encode_all(edited.as_bytes(), 1).unwrap()).unwrap();
    let said = desk.run(&["verify", "a"]);
    assert_eq!(said.code, Some(3));
    assert!(
        said.out.starts_with("segment-000001.jsonl.zst, line 31: the line was edited"),
        "{}",
        said.out
    );
    let said = desk.run(&["verify", "a", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&found["whole"], &found["damage"][0]["line"]), (&json!(false), &json!(31)));
    // What stands before it gets where it was to go.
    let said = desk.run(&["serialin", "a", "--to", "sqlite:log"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("line 31: the line was edited"), "{}", said.err);
    assert_eq!(desk.json(&["dump", "--from", "sqlite:log", "--archive", "c"])["entries"], 30);
    // So it is when it is to be compared, and even where the manifest names the edited file.
    archive(&desk, "b", exchanges(50));
    let verify = ["verify", "b", "--against", "a"];
    assert_eq!(desk.run(&verify).code, Some(3));
    let manifest = std::fs::read_to_string(desk.path("a/manifest.json")).unwrap();
    let before: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let before = before["segments"][0]["sha256"].as_str().unwrap();
    desk.write(
        "a/manifest.json",
        manifest.replace(before, &sha256(&std::fs::read(&file).unwrap())),
    );
    let said = desk.run(&verify);
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("line 31: the line was edited"), "{}{}", said.out, said.err);
}

/// In hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(bytes) {
        write!(digits, "{byte:02x}").unwrap();
    }
    digits
}

#[test]
fn there_is_a_code_for_every_end() {
    let desk = Desk::new();
    archive(&desk, "a", exchanges(1));
    assert_eq!(desk.run(&["verify", "none"]).code, Some(1));
    assert_eq!(desk.run(&["verify"]).code, Some(2));
    assert_eq!(desk.run(&["verify", "a", "--ignore", "no path"]).code, Some(2));
    desk.write("a/manifest.json", "{}");
    let said = desk.run(&["verify", "a"]);
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("the manifest of a is damaged"), "{}", said.err);
}

#[test]
fn archives_are_compared_entry_by_entry() {
    let desk = Desk::new();
    archive(&desk, "a", exchanges(40));
    archive(&desk, "same", exchanges(40));
    assert_eq!(desk.json(&["verify", "a", "--against", "same"])["compared"], 40);

    let mut others = exchanges(41);
    others[9].path = "/api/Orders".to_owned();
    others[19].body = r#"{"n": 99}"#.into();
    others[29].response = None;
    archive(&desk, "b", others);
    let compare = ["verify", "a", "--against", "b"];
    let said = desk.run(&compare);
    assert_eq!(said.code, Some(3));
    let expected = "41 entries compared, 4 differ\n\
                    first: entry 10, path: /api/Order recorded, /api/Orders now\n        \
                    1  entry added\n        1  path\n        1  request body $.n\n        1  response\n";
    assert_eq!(said.out, expected);
    let stretch = ["--from", "11", "--to", "29", "--ignore-request", "$.n"];
    assert_eq!(desk.json(&[&compare[..], &stretch].concat())["compared"], 19);
}

fn outcome(number: u64, response: Option<Response>) -> Outcome {
    Outcome {
        sequence: Sequence::new(number).unwrap(),
        key: String::new(),
        attempts: 1,
        response,
        body_cut: false,
        error: None,
    }
}

fn run_file(outcomes: &[Outcome]) -> Vec<u8> {
    let mut lines = Vec::new();
    for outcome in outcomes {
        outcome.write_line(&mut lines);
    }
    lines
}

#[test]
fn a_run_is_compared_with_what_was_recorded() {
    let desk = Desk::new();
    archive(&desk, "a", exchanges(40));
    let mut outcomes: Vec<_> = (1..=40).map(|n| outcome(n, Some(answer(n)))).collect();
    // Lanes end in any order, and a run that was killed says some things twice.
    outcomes.reverse();
    let first_try = outcome(7, Some(Response { status: 500, ..answer(7) }));
    outcomes.insert(0, first_try);
    let mut file = run_file(&outcomes);
    file.extend_from_slice(b"{\"sequence\":41,\"key\"");
    desk.write("run.jsonl", file);
    let same = desk.json(&["verify", "a", "--run", "run.jsonl", "--header", "location"]);
    assert_eq!((&same["compared"], &same["notRecorded"]), (&json!(39), &json!(1)), "{same}");

    let changed = |number: u64, change: &dyn Fn(&mut Response)| {
        let mut response = answer(number);
        change(&mut response);
        outcome(number, Some(response))
    };
    let price = |price: u64| {
        move |answer: &mut Response| {
            answer.body = format!(r#"{{"items":[{{"price":{price}}}],"id":"new"}}"#).into();
        }
    };
    let outcomes: Vec<_> = (1..=40)
        .filter(|number| *number != 25)
        .map(|number| match number {
            11 | 12 => changed(number, &price(0)),
            13 => changed(number, &price(13)),
            20 => changed(number, &|answer| answer.status = 400),
            21 => changed(number, &|answer| answer.headers.clear()),
            22 => Outcome { error: Some("timeout".to_owned()), ..outcome(22, None) },
            23 => Outcome {
                body_cut: true,
                ..changed(number, &|answer| answer.body = answer.body.bytes().slice(..9).into())
            },
            _ => outcome(number, Some(answer(number))),
        })
        .collect();
    desk.write("run.jsonl", run_file(&outcomes));
    let compare = ["verify", "a", "--run", "run.jsonl", "--ignore", "$.id", "--header", "location"];
    let said = desk.run(&[&compare[..], &["--json"]].concat());
    assert_eq!(said.code, Some(3), "{}", said.err);
    let found: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let expected = json!({
        "compared": 39, "different": 6, "notRecorded": 1,
        "first": {
            "sequence": 11, "place": "response body $.items[0].price", "recorded": "11", "now": "0"
        },
        "kinds": {
            "response body $.items[*].price": 2, "status 202 -> 400": 1,
            "response header location": 1, "failed: timeout": 1, "not sent": 1
        }
    });
    assert_eq!(found, expected);
}

#[test]
fn a_comparison_of_nothing_is_no_success() {
    let desk = Desk::new();
    archive(&desk, "a", exchanges(3));
    desk.write("run.jsonl", run_file(&[outcome(3, Some(answer(3)))]));
    let said = desk.run(&["verify", "a", "--run", "run.jsonl", "--from", "3"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("there is nothing to compare"), "{}", said.err);
    desk.write("run.jsonl", run_file(&[outcome(4, Some(answer(4)))]));
    let said = desk.run(&["verify", "a", "--run", "run.jsonl"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("the run has entry 4, the archive has not"), "{}", said.err);
    desk.write("run.jsonl", "{}\n");
    let said = desk.run(&["verify", "a", "--run", "run.jsonl"]);
    assert!(said.err.contains("outcomes run.jsonl: line 1: "), "{}", said.err);
}
