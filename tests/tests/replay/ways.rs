//! Real purchases, replayed: whatever way they took, a new instance comes to the same as one that
//! was given the file directly, and one that was given an edited line does not.

use std::process::Output;

use serde_json::{Value, json};
use tests::services::{self, S3};
use tests::{House, Profile};
use uuid::Uuid;

use crate::desk::Desk;
use crate::purchases::{self, OTHER_PRICE, PURCHASES};

/// Where `replay verify` says that something differs.
const DIFFERENT: i32 = 3;

/// Over what a replay goes on its way.
struct Way {
    /// What the purchases are posted to directly.
    house: House,
    /// Below which archives are.
    archives: String,
    /// Where streams are.
    stream: String,
    /// What the names of its streams begin with.
    name: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_over_the_embedded_log() {
    let desk = Desk::new();
    let house = House::new(Profile::Embedded).expect("it needs nothing");
    let stream = format!("sqlite:{}", desk.path("log"));
    let (archives, name) = (desk.path("archives"), "again".to_owned());
    replays_come_to_the_same(&desk, &Way { house, archives, stream, name }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_over_kafka() {
    let desk = Desk::new();
    let Some(house) = House::new(Profile::Distributed) else { return };
    let stream = house.services().kafka().to_owned();
    let (archives, name) = (desk.path("archives"), "again".to_owned());
    replays_come_to_the_same(&desk, &Way { house, archives, stream, name }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_comes_to_the_same_from_s3_over_redis() {
    let (Some(s3), Some(stream)) = (S3::shared(), services::redis()) else { return };
    let name = format!("replay-{}", Uuid::now_v7());
    let desk = Desk::with(s3.variables());
    let house = House::new(Profile::Embedded).expect("it needs nothing");
    let archives = format!("s3://{}/{name}", s3.bucket());
    replays_come_to_the_same(&desk, &Way { house, archives, stream, name }).await;
}

async fn replays_come_to_the_same(desk: &Desk, way: &Way) {
    let direct = way.house.start();
    purchases::post_directly(direct.url()).await;
    let recorded = way.ingests(desk, "recorded", &purchases::text());
    let streamed = way.streams(desk, "recorded", &recorded);

    // The second replay comes to the same as the first, and so does what production has in its log.
    for source in [&streamed, &recorded] {
        comes_to_the_same(desk, source, direct.url());
    }
    let log = format!("{}/log", way.archives);
    let dump = ["dump", "--from", &way.house.log_url(), "--topic", "orders", "--archive", &log];
    assert_eq!(desk.json(&dump)["outcomes"], PURCHASES);
    comes_to_the_same(desk, &log, direct.url());

    let edited = way.ingests(desk, "edited", &purchases::edited_text());
    let archives = desk.run(&["verify", &recorded, "--against", &edited, "--json"]);
    assert_eq!(archives.status.code(), Some(DIFFERENT), "{archives:?}");
    let said: Value = serde_json::from_slice(&archives.stdout).expect("JSON");
    assert_eq!((&said["compared"], &said["different"]), (&json!(PURCHASES), &json!(1)), "{said}");
    assert!(said["first"]["now"].to_string().contains(OTHER_PRICE), "{said}");
    let states = compared(desk, &way.streams(desk, "edited", &edited), direct.url());
    assert_eq!(states.status.code(), Some(DIFFERENT), "{states:?}");
    let said: Value = serde_json::from_slice(&states.stdout).expect("JSON");
    assert_eq!(said["different"], 1, "the venue of one customer: {said}");
    direct.stop();
}

impl Way {
    /// Makes an archive of purchases; gives its place.
    fn ingests(&self, desk: &Desk, name: &str, purchases: &str) -> String {
        let (file, archive) = (desk.path(name), format!("{}/{name}", self.archives));
        std::fs::write(&file, purchases).expect("written");
        desk.succeeds(&["ingest", &file, "--mapping", "cdnow", "--to", &archive]);
        desk.succeeds(&["verify", &archive]);
        archive
    }

    /// Puts an archive into a stream, and finds it there; gives the stream's place.
    fn streams(&self, desk: &Desk, name: &str, archive: &str) -> String {
        let (stream, topic) = (&self.stream, format!("{}-{name}", self.name));
        for expected in [PURCHASES, 0] {
            let summary = desk.json(&["serialin", archive, "--to", stream, "--topic", &topic]);
            assert_eq!(summary["appended"], expected, "{summary}");
            assert_eq!(summary["complete"], true, "{summary}");
        }
        format!("{stream}#{topic}")
    }
}

fn comes_to_the_same(desk: &Desk, source: &str, direct: &str) {
    let found = compared(desk, source, direct);
    let said: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    let orders = json!({"recorded": PURCHASES, "now": PURCHASES});
    assert_eq!((&said["equal"], &said["orders"]), (&json!(true), &orders), "from {source}");
}

/// Replays a source to a new instance, and compares what that came to.
fn compared(desk: &Desk, source: &str, with: &str) -> Output {
    let house = House::new(Profile::Embedded).expect("it needs nothing");
    let replayed = house.start();
    desk.replays(source, replayed.url());
    let found = desk.run(&["verify", with, "--against", replayed.url(), "--json"]);
    replayed.stop();
    found
}
