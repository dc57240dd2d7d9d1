//! A disk that takes no more, under each command that writes: that is said, what is there is whole, and
//! the work goes on once there is room.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Client, noise};

use crate::desk::{AtWork, Desk};

/// What fits: something, and not all.
const SMALL_MIB: u32 = 1;
/// What everything fits into.
const LARGE_MIB: u32 = 256;
/// Letters of a row of a table, or of a request's body.
const ROW_LETTERS: usize = 100_000;
/// So many rows are more than the small disk takes, even packed.
const ROWS: u64 = 40;
/// So many fill a segment of 32 MiB, and what may wait behind it.
const ROWS_BEYOND_A_SEGMENT: u64 = 450;
/// The disk is full long before so many requests.
const REQUESTS_MAX: u64 = 5_000;
/// What the system says.
const FULL: &str = "No space left on device";

const MAPPING: &str = r#"
[source]
format = "csv"

[request]
at = "{n}"
at-format = "unix"
key = "{n}"
path = "/{n}"
body = "{text}"
"#;

impl Desk {
    /// A table of so many rows, and the way to ingest it.
    fn table(&self, rows: u64) -> [&'static str; 6] {
        let rows = (0..rows).map(|n| format!("{n},{}\n", noise(n, ROW_LETTERS)));
        let table: String = std::iter::once("n,text\n".to_owned()).chain(rows).collect();
        std::fs::write(self.path("table.csv"), table).expect("written");
        std::fs::write(self.path("mine.toml"), MAPPING).expect("written");
        ["ingest", "table.csv", "--mapping", "mine.toml", "--segment-mib", "1"]
    }

    /// How many entries a whole archive has.
    fn whole(&self, archive: &str) -> u64 {
        let found = self.json(&["verify", archive]);
        assert_eq!(found["whole"], true, "{found}");
        found["entries"].as_u64().expect("a number")
    }
}

#[test]
fn an_ingest_goes_on_behind_what_fitted() {
    let desk = Desk::new();
    let Some(small) = desk.disk("small", SMALL_MIB) else { return };
    let ingest = desk.table(ROWS);
    let expected = desk.json(&[&ingest[..], &["--to", "whole"]].concat());
    let to_small = [&ingest[..], &["--to", "small/a"]].concat();
    desk.fails(&to_small, FULL);
    let kept = desk.whole("small/a");
    assert!((1..ROWS).contains(&kept), "{kept} entries fitted");
    small.grow(LARGE_MIB);
    let ended = desk.json(&[&to_small[..], &["--resume"]].concat());
    assert_eq!((&ended["chain"], &ended["resumedAfter"]), (&expected["chain"], &json!(kept)));
}

#[test]
fn serialin_goes_on_once_there_is_room() {
    let desk = Desk::new();
    let Some(small) = desk.disk("small", SMALL_MIB) else { return };
    desk.succeeds(&[&desk.table(ROWS)[..], &["--to", "whole"]].concat());
    let serialin = ["serialin", "whole", "--to", "sqlite:small/log", "--patience", "1"];
    desk.fails(&serialin, "no room left on the disk");
    small.grow(LARGE_MIB);
    assert_eq!(desk.json(&serialin)["complete"], true);
    desk.succeeds(&["dump", "--from", "sqlite:small/log", "--archive", "copy"]);
    let found = desk.json(&["verify", "whole", "--against", "copy"]);
    assert_eq!((&found["compared"], &found["different"]), (&json!(ROWS), &json!(0)), "{found}");
}

#[test]
fn a_dump_says_why_it_ends_and_leaves_a_whole_archive() {
    let desk = Desk::new();
    let Some(_small) = desk.disk("small", SMALL_MIB) else { return };
    desk.succeeds(&[&desk.table(ROWS_BEYOND_A_SEGMENT)[..], &["--to", "whole"]].concat());
    desk.succeeds(&["serialin", "whole", "--to", "sqlite:log"]);
    desk.fails(&["dump", "--from", "sqlite:log", "--archive", "small/dump"], FULL);
    assert!(desk.whole("small/dump") < ROWS_BEYOND_A_SEGMENT);
}

/// A capture into `small/archive`, and a target behind it.
struct Capturing {
    capture: AtWork,
    client: Client,
    _target: AtWork,
}

impl Capturing {
    fn start(desk: &Desk, flags: &[&str]) -> Self {
        let target = desk.starts(&["load-sink", "--listen", "127.0.0.1:0"]);
        let to = target.says("listening on ");
        let capture = ["capture", "--listen", "127.0.0.1:0", "--to", &to, "--durable-every", "1"];
        let archive = ["--archive", "small/archive", "--append", "--json"];
        let capture = desk.starts(&[&capture[..], &archive, flags].concat());
        let client = Client::of(&format!("http://{}", capture.says("capturing ")));
        Self { capture, client, _target: target }
    }

    /// Posts something of about 60 kB, packed; says whether it was answered.
    async fn posts(&self, number: u64) -> bool {
        let body = json!(noise(number, ROW_LETTERS));
        self.client.post(&body, &[]).await.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// Posts until something is durable.
    async fn records_something(&self, desk: &Desk) {
        for number in 0..REQUESTS_MAX {
            assert!(self.posts(number).await, "there is room");
            let manifest =
                std::fs::read(desk.path("small/archive/manifest.json")).expect("it is there");
            let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
            if manifest["entries"] != 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        panic!("nothing became durable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_must_miss_nothing_ends() {
    let desk = Desk::new();
    let Some(small) = desk.disk("small", SMALL_MIB) else { return };
    let mut capturing = Capturing::start(&desk, &[]);
    capturing.records_something(&desk).await;
    let mut number = 0;
    while capturing.capture.is_at_work() {
        // Refused when it is about to end.
        capturing.posts(number).await;
        number += 1;
        assert!(number < REQUESTS_MAX, "the disk is never full");
    }
    let ended = capturing.capture.ends();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.said.contains(FULL), "{ended:?}");
    let kept = desk.whole("small/archive");
    let told = format!("the archive is whole and has {kept} entries");
    assert!(kept > 0 && ended.said.contains(&told), "{ended:?}");

    small.grow(LARGE_MIB);
    let again = Capturing::start(&desk, &[]);
    assert!(again.posts(0).await, "there is room");
    let ended = again.capture.stops();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(desk.whole("small/archive"), kept + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_must_not_stand_in_the_way_goes_on_forwarding() {
    let desk = Desk::new();
    let Some(_small) = desk.disk("small", SMALL_MIB) else { return };
    let capturing = Capturing::start(&desk, &["--when-behind", "pass"]);
    capturing.records_something(&desk).await;
    let mut number = 0;
    while !capturing.capture.has_said("the archive failed") {
        assert!(capturing.posts(number).await, "it stands in the way");
        number += 1;
        assert!(number < REQUESTS_MAX, "the disk is never full");
    }
    assert!(capturing.posts(number).await, "it stands in the way");
    let ended = capturing.capture.stops();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let tally: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert!(tally["passed"].as_u64().is_some_and(|passed| passed > 0), "{tally}");
    assert!(desk.whole("small/archive") > 0);
}
