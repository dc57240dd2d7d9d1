//! Load on the real program: what `diagnostics load` says was accepted is what the log holds.

use std::process::Output;

use serde_json::Value;
use tests::proof::{History, last_commands};
use tests::{Client, House, Profile};

/// Requests by which a market is set up: 4 instruments, 64 accounts, and 5 deposits each.
const SET_UP: usize = 4 + 64 + 64 * 5;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_load_was_told_is_what_the_log_holds() {
    let Some(house) = House::new(Profile::Embedded) else { return };
    let running = house.start();
    // An order that is read before it is projected is not found yet.
    let mix = "purchase=3,read=1,search=1,order=4,amend=1,cancel=2,book=1";
    let report = load(
        &house,
        running.url(),
        &["--mix", mix, "--users", "8", "--requests", "600", "--for", "1h", "--accept", "404"],
    );
    assert_eq!(report["requests"]["failed"], 0, "{report}");
    assert_eq!(report["requests"]["succeeded"], 600);
    let load = &report["load"];
    assert_eq!(load["tasks"].as_array().map(Vec::len), Some(7));
    let accepted = load["statuses"]["202"].as_u64().expect("some were accepted");
    assert!((200..600).contains(&accepted), "{load}");

    let client = Client::of(running.url());
    client.wait_projected(last_commands(&house).await).await;
    let purchases = client.all_orders().await;
    running.stop();
    let history = History::read(&house).await;
    assert_eq!(history.commands() as u64, accepted + SET_UP as u64);
    history.equals_rows(&purchases);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_that_the_program_takes_keeps_its_thresholds() {
    let Some(house) = House::new(Profile::Embedded) else { return };
    let running = house.start();
    let arguments = ["--rate", "50/s", "--for", "2s", "--slo", "errors<1%,p50<1h"];
    let report = load(&house, running.url(), &arguments);
    assert_eq!((&report["load"]["asked"], &report["slo"]["met"]), (&100.into(), &true.into()));
    running.stop();
    assert_eq!(History::read(&house).await.commands(), 100);
}

/// Runs a load that succeeds, and gives its report.
fn load(house: &House, url: &str, arguments: &[&str]) -> Value {
    let mut command = house.tool("diagnostics");
    command.args(["load", url, "--engine", "own", "--timeout", "10m", "--json"]).args(arguments);
    let Output { status, stdout, stderr } = command.output().expect("diagnostics runs");
    assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).expect("a report")
}
