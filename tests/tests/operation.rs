//! What operators do to a program, meaning well or not.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tests::proof::History;
use tests::{Client, House, Profile, purchase};

/// How long is waited for what must happen.
const WAIT_MAX: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_program_whose_stderr_was_closed_works_and_stops_as_told() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house.with("RUST_LOG", "trace");
    let running = house.start_with_closed_stderr();
    let client = Client::of(running.url());
    let response = client.post(&purchase(1, 100), &[("Prefer", "wait=10")]).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    running.stop();
}

#[test]
fn what_a_program_only_prints_ends_in_silence_where_nobody_reads_it() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    for (program, flag) in [
        ("seriatim", "--print-config"),
        ("seriatim", "--print-openapi"),
        ("order-producer-api", "--print-config"),
        ("order-processor", "--print-config"),
        ("query-api", "--print-config"),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut tool = house.tool(program);
        let ended = tool.arg(flag).stdout(writer).stderr(Stdio::piped()).spawn();
        let ended = ended.and_then(Child::wait_with_output).expect("it runs");
        assert_eq!((ended.status.code(), ended.stderr.len()), (Some(141), 0), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_can_be_thrown_away_and_is_filled_again() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 0..50 {
        placed.push(client.place(&purchase(cents % 7, cents)).await);
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    running.stop();
    for suffix in ["", "-wal", "-shm"] {
        let file = house.data_dir().join(format!("store.sqlite{suffix}"));
        if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }

    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    let rows = client.all_orders().await;
    running.stop();
    let history = History::read(&house).await;
    history.holds(&placed);
    history.equals_rows(&rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_ends_the_program_with_a_sentence_and_nothing_is_taken() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let running = house.start();
    let client = Client::of(running.url());
    client.place(&purchase(1, 1)).await;
    running.stop();
    let file = house.data_dir().join("log/orders.sqlite");
    std::fs::write(&file, vec![b'x'; 8_192]).unwrap();

    let mut running = house.start();
    let began = Instant::now();
    while !running.has_ended() {
        assert!(began.elapsed() < WAIT_MAX, "it goes on with a damaged log");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_dropped_and_made_again_is_filled_again() {
    let Some(house) = House::new(Profile::Distributed) else { return };
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 0..20 {
        placed.push(client.place(&purchase(cents % 7, cents)).await);
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;

    let tables = "drop schema public cascade; create schema public";
    let arguments = ["-q", "-v", "ON_ERROR_STOP=1", "-d", &house.store_url(), "-c", tables];
    assert!(std::process::Command::new("psql").args(arguments).status().unwrap().success());
    placed.push(client.place(&purchase(1, 1)).await);
    // For a second the query API trusts that what was projected stays so.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    let rows = client.all_orders().await;
    running.stop();
    let history = History::read(&house).await;
    history.holds(&placed);
    history.equals_rows(&rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_normal_start_of_the_embedded_profile_has_nothing_to_warn_of() {
    start_is_quiet(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_normal_start_over_kafka_and_postgres_has_nothing_to_warn_of() {
    start_is_quiet(Profile::Distributed).await;
}

/// Neither the first start nor a later one warns, or lets a driver talk.
async fn start_is_quiet(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let house = house.with("RUST_LOG", "info");
    for start in ["first", "second"] {
        let path = house.data_dir().join(format!("{start}.log"));
        let running = house.start_logging_to(std::fs::File::create(&path).unwrap());
        let client = Client::of(running.url());
        let order = client.place(&purchase(1, 100)).await;
        client.wait_projected([order.position]).await;
        running.stop();
        let log = std::fs::read_to_string(path).unwrap();
        assert!(log.contains("INFO") && log.contains("assigned"), "it logs: {log}");
        for line in log.lines() {
            let noise =
                ["WARN", "ERROR", "sqlx", "librdkafka"].iter().any(|word| line.contains(word));
            assert!(!noise, "{start} start: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_in_json_tell_the_order_and_its_trace() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house
        .with("SERIATIM_TELEMETRY__FORMAT", "json")
        .with("RUST_LOG", "info,order_producer_api=debug");
    let path = house.data_dir().join("seriatim.log");
    let running = house.start_logging_to(std::fs::File::create(&path).unwrap());
    let client = Client::of(running.url());
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answer = client.post(&purchase(1, 100), &[("traceparent", &parent)]).await.unwrap();
    let receipt: serde_json::Value = answer.json().await.unwrap();
    running.stop();

    let log = std::fs::read_to_string(path).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let lines: Vec<_> = lines.filter(|line| line["message"] == "appended").collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["span"]["trace_id"], TRACE);
    assert_eq!(lines[0]["span"]["order_id"], receipt["orderId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_log_under_an_old_store_is_refused_in_words() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house.with("SERIATIM_TOPICS__PARTITIONS", "1");
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 0..5 {
        placed.push(client.place(&purchase(1, cents)).await);
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    running.stop();
    std::fs::remove_dir_all(house.data_dir().join("log")).unwrap();

    // The new log grows beyond the store's checkpoint before the program is started once more.
    let running = house.start();
    let client = Client::of(running.url());
    for cents in 0..10 {
        client.place(&purchase(2, cents)).await;
    }
    running.stop();
    let running = house.start();
    let client = Client::of(running.url());
    let why = not_ready(&client, "is not the log that the store was filled from").await;
    assert!(why.contains("projector of partition 0 has stopped"), "{why}");
    let old = client.all_orders().await;
    assert_eq!(old.len(), 5, "nothing was mixed into the old rows");
    running.stop();

    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(house.data_dir().join(format!("store.sqlite{suffix}")));
    }
    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(tests::proof::last_commands(&house).await).await;
    assert_eq!(client.all_orders().await.len(), 10);
    running.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn data_removed_under_a_running_program_stop_acknowledgements() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let running = house.start();
    let client = Client::of(running.url());
    client.place(&purchase(1, 1)).await;
    std::fs::remove_dir_all(house.data_dir()).unwrap();

    for cents in 2..5 {
        let answer = client.post(&purchase(1, cents), &[]).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], "/problems/log-unavailable");
    }
    let why = not_ready(&client, "the log can't be written").await;
    assert!(!why.contains(house.data_dir().to_str().unwrap()), "it names no files: {why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_alone_tells_that_its_log_is_gone_and_not_where_it_was() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let producer = house.start_apart("order-producer-api");
    let client = Client::of(producer.url());
    client.place(&purchase(1, 1)).await;
    std::fs::remove_dir_all(house.data_dir().join("log")).unwrap();
    let answer = client.post(&purchase(1, 2), &[]).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let why = not_ready(&client, "the log can't be written").await;
    assert!(!why.contains(house.data_dir().to_str().unwrap()), "it names no files: {why}");
}

/// Waits until the program is not ready for a reason that `says` so, and gives the whole report.
async fn not_ready(client: &Client, says: &str) -> String {
    let began = Instant::now();
    loop {
        let (status, report) = client.get("/readyz", None).await;
        if status == StatusCode::SERVICE_UNAVAILABLE && report.to_string().contains(says) {
            return report.to_string();
        }
        assert!(began.elapsed() < WAIT_MAX, "/readyz never said: {says}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
