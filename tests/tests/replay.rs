//! Real purchases, replayed: whatever way they took, a new instance comes to the same as one that
//! was given the file directly.

use std::fmt::Write as _;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::services::{self, S3};
use tests::{Client, House, Profile, program};
use uuid::Uuid;

const FILE: &str = include_str!("../data/cdnow-first-10000.txt");

/// How many of its purchases are replayed, one at a time.
const PURCHASES: usize = 1_000;

/// Where `replay verify` says that something differs.
const DIFFERENT: i32 = 3;

/// Over what a replay goes on its way.
struct Way {
    /// What the purchases are posted to directly.
    house: House,
    /// Where the archive is.
    archive: String,
    /// Where the stream is.
    stream: String,
    topic: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_over_the_embedded_log() {
    let desk = Desk::new();
    let house = House::new(Profile::Embedded).expect("it needs nothing");
    let stream = format!("sqlite:{}", desk.path("log"));
    let (archive, topic) = (desk.path("archive"), "again".to_owned());
    replays_come_to_the_same(&desk, &Way { house, archive, stream, topic }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_over_kafka() {
    let desk = Desk::new();
    let Some(house) = House::new(Profile::Distributed) else { return };
    let stream = house.services().kafka().to_owned();
    let (archive, topic) = (desk.path("archive"), "again".to_owned());
    replays_come_to_the_same(&desk, &Way { house, archive, stream, topic }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_from_s3_over_redis() {
    let (Some(s3), Some(stream)) = (S3::shared(), services::redis()) else { return };
    let unique = format!("replay-{}", Uuid::now_v7());
    let desk = Desk::with(s3.variables());
    let house = House::new(Profile::Embedded).expect("it needs nothing");
    let (archive, topic) = (format!("s3://{}/{unique}", s3.bucket()), unique);
    replays_come_to_the_same(&desk, &Way { house, archive, stream, topic }).await;
}

async fn replays_come_to_the_same(desk: &Desk, way: &Way) {
    let Way { house, archive, stream, topic } = way;
    std::fs::write(desk.path("purchases.txt"), purchases_text()).expect("written");
    let direct = house.start();
    post_directly(direct.url()).await;

    desk.succeeds(&["ingest", &desk.path("purchases.txt"), "--mapping", "cdnow", "--to", archive]);
    desk.succeeds(&["verify", archive]);
    for expected in [PURCHASES, 0] {
        let summary = desk.json(&["serialin", archive, "--to", stream, "--topic", topic]);
        assert_eq!(summary["appended"], expected, "{summary}");
        assert_eq!(summary["complete"], true, "{summary}");
    }

    for source in [format!("{stream}#{topic}"), archive.clone()] {
        let house = House::new(Profile::Embedded).expect("it needs nothing");
        let replayed = house.start();
        desk.replays(&source, replayed.url());
        let found = desk.json(&["verify", direct.url(), "--against", replayed.url()]);
        let orders = json!({"recorded": PURCHASES, "now": PURCHASES});
        assert_eq!((&found["equal"], &found["orders"]), (&json!(true), &orders), "from {source}");
        replayed.stop();
    }
    direct.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_edited_purchase_is_found() {
    let desk = Desk::new();
    let text = purchases_text();
    let edited = text.lines().nth(500).expect("a line");
    let (rest, _) = edited.rsplit_once(char::is_whitespace).expect("its last column");
    let with_another_price = text.replacen(edited, &format!("{rest} 999.99"), 1);
    let houses = [0, 1].map(|_| House::new(Profile::Embedded).expect("it needs nothing"));
    let instances = houses.each_ref().map(House::start);
    for (index, text) in [&text, &with_another_price].into_iter().enumerate() {
        let (file, archive) = (desk.path(&format!("{index}.txt")), desk.path(&index.to_string()));
        std::fs::write(&file, text).expect("written");
        desk.succeeds(&["ingest", &file, "--mapping", "cdnow", "--to", &archive]);
        desk.replays(&archive, instances[index].url());
    }
    let (first, second) = (desk.path("0"), desk.path("1"));
    desk.succeeds(&["verify", &first, "--against", &first]);
    let archives = desk.run(&["verify", &first, "--against", &second, "--json"]);
    assert_eq!(archives.status.code(), Some(DIFFERENT), "{archives:?}");
    let said = String::from_utf8_lossy(&archives.stdout);
    assert!(said.contains("999.99"), "{said}");

    let [first, second] = &instances;
    let states = desk.run(&["verify", first.url(), "--against", second.url(), "--json"]);
    assert_eq!(states.status.code(), Some(DIFFERENT), "{states:?}");
    let found: Value = serde_json::from_slice(&states.stdout).expect("JSON");
    assert_eq!(found["different"], 1, "the venue of one customer: {found}");
}

/// The first purchases of the file, with its header.
fn purchases_text() -> String {
    FILE.lines().take(PURCHASES + 1).fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("a String grows");
        text
    })
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
        client.place_under(&key, &order(&fields)).await;
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

/// A folder, and the program `replay` in it.
struct Desk {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Desk {
    fn new() -> Self {
        Self::with(Vec::new())
    }

    /// With further environment variables.
    fn with(variables: Vec<(&'static str, String)>) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), variables }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("replay"));
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.args(arguments).envs(variables).current_dir(self.folder.path());
        command.output().expect("replay runs")
    }

    fn succeeds(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.succeeds(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).expect("it is JSON")
    }

    /// Sends all of a source, one request at a time.
    fn replays(&self, source: &str, target: &str) {
        self.succeeds(&["serialout", source, "--target", target, "--order", "global", "--max"]);
    }
}
