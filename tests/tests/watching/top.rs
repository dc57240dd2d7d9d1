//! `diagnostics top`, as a person sees it in a terminal and as a script reads it.

use event_log::topics::ORDERS;
use event_log::{LogSettings, NewRecord};
use serde_json::Value;
use tests::{Client, House, Profile, Running, Terminal, purchase};

use crate::poison::Poison;

const ORDERS_PLACED: u64 = 12;

fn house() -> House {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    house.with("SERIATIM_TOPICS__PARTITIONS", "2")
}

/// Places orders of several customers, and waits until they can be read.
async fn place(running: &Running) -> Client {
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for customer in 0..ORDERS_PLACED {
        let order = purchase(customer, 100);
        placed.push(client.place_under(&format!("order-{customer}"), &order).await.position);
    }
    client.wait_projected(placed).await;
    client
}

/// The row of all partitions, as words.
fn total(screen: &str) -> Vec<&str> {
    let row = screen.lines().find(|line| line.trim_start().starts_with("all "));
    row.map(|row| row.split_whitespace().collect()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_what_is_there_and_gives_the_terminal_back() {
    let house = house();
    let running = house.start();
    place(&running).await;
    let arguments = format!("top --every 200ms --metrics {}", running.url());
    for keys in ["q", "\u{3}"] {
        let mut terminal = Terminal::run(&house, "diagnostics", &arguments);
        // Nothing happens any more: every rate is 0, and nobody is behind.
        let row = ["all", "12", "0", "0", "0", "0", "0", "0", "0", "0"];
        terminal.wait_until(|screen| total(screen) == row && screen.contains("accepted 0/s")).await;
        assert!(terminal.is_taken());
        let screen = terminal.screen();
        let partitions =
            screen.lines().filter(|line| line.starts_with("0 ") || line.starts_with("1 "));
        assert_eq!(partitions.count(), 2, "{screen}");
        terminal.types("x");
        terminal.types(keys);
        terminal.ends_as_it_began(0).await;
    }
    running.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_shown_as_such_until_it_comes() {
    let house = house().with("SERIATIM_STORE", "sqlite:nowhere/store.sqlite");
    let mut terminal =
        Terminal::run(&house, "diagnostics", "top --every 200ms --metrics http://127.0.0.1:9");
    terminal
        .wait_until(|screen| {
            let side = |words: &str| screen.lines().any(|line| line.contains(words));
            side("there is no log in") && side("there is no store in nowhere/store.sqlite")
        })
        .await;
    assert!(terminal.screen().contains("http://127.0.0.1:9/metrics: "), "{}", terminal.screen());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", elsewhere.path().join("store.sqlite").display());
    let house = house.with("SERIATIM_STORE", &store);
    let running = house.start();
    place(&running).await;
    // What only the store knows stays unknown.
    let known = ["all", "12", "0", "0", "0", "?", "?", "?", "?", "0"];
    terminal.wait_until(|screen| total(screen) == known).await;
    running.stop();
    terminal.types("q");
    terminal.ends_as_it_began(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gets_the_same_as_json_over_the_embedded_log_and_sqlite() {
    as_json(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gets_the_same_as_json_over_kafka_and_postgres() {
    as_json(Profile::Distributed).await;
}

/// One order is parked, one command is a dead letter, and nothing else is left to do.
async fn as_json(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let house = house
        .with("SERIATIM_TOPICS__PARTITIONS", "2")
        .with("SERIATIM_PROJECTOR__RETRY_DELAYS_MS", "[3600000]");
    let running = house.start();
    place(&running).await;
    let poison = Poison::of_customer(&house, 666);
    let client = Client::of(running.url());
    let held = client.place_under("held", &purchase(666, 100)).await;
    let log = event_log::open(&LogSettings::new(house.log_url())).await.unwrap();
    let garbage = NewRecord { payload: "{".into(), ..NewRecord::default() };
    let garbage = log.append(&ORDERS, garbage).await.unwrap();
    log.close().await;
    client.wait_projected([held.position, garbage.position]).await;

    let arguments = ["top", "--json", "--every", "100ms", "--metrics", running.url()];
    let output = house.tool("diagnostics").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let view: Value = serde_json::from_slice(&output.stdout).unwrap();
    let total = &view["total"];
    for (name, count) in [
        ("commands", ORDERS_PLACED + 2),
        ("decided", ORDERS_PLACED + 2),
        ("engineLag", 0),
        ("projected", ORDERS_PLACED + 2),
        ("projectorLag", 0),
        ("retrying", 1),
        ("parked", 1),
        ("parkedBehindDeadLetters", 0),
        ("deadCommands", 1),
        ("deadEvents", 0),
    ] {
        assert_eq!(total[name], count, "{name} of {view:#}");
    }
    assert_eq!(view["partitions"].as_array().unwrap().len(), 2);
    assert_eq!(view["retryTopics"][0]["waiting"], 1);
    assert!(view["parkedSince"].is_string());
    assert_eq!(view["programs"][0]["figures"]["acceptedPerS"], 0.0, "{view:#}");
    poison.remove();
    running.stop();

    let nowhere = ["top", "--json", "--every", "100ms", "--data-dir", "nowhere"];
    let mut tool = house.tool("diagnostics");
    let output = tool.args(nowhere).env_remove("SERIATIM_LOG").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "the log could not be looked at: {output:?}");
    let view: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(view["log"]["error"].as_str().unwrap().contains("there is no log in"), "{view:#}");
    assert_eq!(view["total"]["commands"], Value::Null);
}
