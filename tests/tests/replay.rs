//! Real purchases, replayed: whatever way they took, a new instance comes to the same as one that
//! was given the file directly.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Client, House, Profile, program};

const FILE: &str = include_str!("../data/cdnow-first-10000.txt");

/// How many of its purchases are replayed, one at a time.
const PURCHASES: usize = 1_000;

/// Where `replay verify` says that something differs.
const DIFFERENT: i32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_over_the_embedded_log() {
    replays_come_to_the_same(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_over_kafka() {
    replays_come_to_the_same(Profile::Distributed).await;
}

async fn replays_come_to_the_same(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("purchases.txt"), purchases_text()).expect("written");

    let direct = outcome_of(&house, async |url| post_directly(url).await).await;

    let (purchases, archive) = (path("purchases.txt"), path("archive"));
    succeeds(&["ingest", &purchases, "--mapping", "cdnow", "--to", &archive]);
    succeeds(&["verify", &archive]);

    let stream = match profile {
        Profile::Embedded => format!("sqlite:{}", path("log")),
        Profile::Distributed => house.services().kafka().to_owned(),
    };
    for said in ["appended", "nothing: all was there"] {
        let output =
            succeeds(&["serialin", &archive, "--to", &stream, "--topic", "again", "--json"]);
        let summary: Value = serde_json::from_slice(&output.stdout).expect("a summary");
        let appended = if said == "appended" { PURCHASES } else { 0 };
        assert_eq!(summary["appended"], appended, "{summary}");
        assert_eq!(summary["complete"], true, "{summary}");
    }

    for source in [format!("{stream}#again"), archive] {
        let replayed = House::new(Profile::Embedded).expect("it needs nothing");
        let hash = outcome_of(&replayed, async |url| {
            let order = ["--order", "global", "--max"];
            succeeds(&[&["serialout", &source, "--target", url][..], &order].concat());
        });
        assert_eq!(hash.await, direct, "from {source}");
    }
}

#[test]
fn one_edited_purchase_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let text = purchases_text();
    let edited = text.lines().nth(500).expect("a line");
    let (rest, _) = edited.rsplit_once(char::is_whitespace).expect("its last column");
    let with_another_price = text.replacen(edited, &format!("{rest} 999.99"), 1);
    for (name, text) in [("first", &text), ("second", &with_another_price)] {
        std::fs::write(path(name), text).expect("written");
        let archive = path(&format!("{name}.archive"));
        succeeds(&["ingest", &path(name), "--mapping", "cdnow", "--to", &archive]);
    }
    let (first, second) = (path("first.archive"), path("second.archive"));
    succeeds(&["verify", &first, "--against", &first]);
    let output = replay(&["verify", &first, "--against", &second, "--json"]);
    assert_eq!(output.status.code(), Some(DIFFERENT), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("999.99"), "{said}");
}

/// The first purchases of the file, with its header.
fn purchases_text() -> String {
    FILE.lines().take(PURCHASES + 1).fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("a String grows");
        text
    })
}

/// The hash of what became of the orders that `send` sends to an empty instance at the URL.
async fn outcome_of(house: &House, send: impl AsyncFnOnce(&str)) -> Value {
    let running = house.start();
    send(running.url()).await;
    let client = Client::of(running.url());
    let began = std::time::Instant::now();
    loop {
        let (status, state) = client.get("/state", None).await;
        if status == StatusCode::OK && state["orders"] == PURCHASES {
            running.stop();
            return state["outcomeHash"].clone();
        }
        assert!(began.elapsed() < Duration::from_mins(1), "never decided: {state}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Posts the purchases by date, as history had them, each with the key that the mapping gives it.
async fn post_directly(url: &str) {
    let client = Client::of(url);
    let text = purchases_text();
    let mut lines: Vec<(usize, Vec<&str>)> = text
        .lines()
        .enumerate()
        .skip(1)
        .map(|(index, line)| (index + 1, line.split_whitespace().collect()))
        .collect();
    lines.sort_by_key(|(_, fields)| fields[1].to_owned());
    for (line, fields) in lines {
        let key = format!("cdnow-{line}");
        let placed = client.place(&order(&fields), &[("Idempotency-Key", &key)]).await;
        placed.expect("it is acknowledged");
    }
}

/// The order that the mapping `cdnow` makes of a line.
fn order(fields: &[&str]) -> Value {
    let (customer, discs, dollars) = (fields[0].trim_start_matches('0'), fields[2], fields[3]);
    json!({
        "customerId": customer.parse::<u64>().expect("a number"), "customerName": "Customer",
        "customerLastName": customer, "customerEmail": format!("{customer}@cdnow.example"),
        "shippingAddress": "unknown", "billingAddress": "unknown",
        "currencyType": 2, "totalPrice": dollars, "paymentMethodType": 1,
        "orderItems": [{
            "itemCode": format!("CD-{discs}"), "brand": "CDNOW", "type": "parcel of discs",
            "size": discs, "colour": "silver", "quantity": 1, "price": dollars, "currencyType": 2
        }]
    })
}

fn succeeds(arguments: &[&str]) -> Output {
    let output = replay(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output
}

fn replay(arguments: &[&str]) -> Output {
    let mut command = Command::new(program("replay"));
    // What the caller's own instance is configured with must not reach it.
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.output().expect("replay runs")
}
