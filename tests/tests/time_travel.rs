//! `order-processor state`: what the state was, asked beside a program that runs.

use serde_json::{Value, json};
use tests::{Client, House, Profile, purchase};

#[tokio::test(flavor = "multi_thread")]
async fn the_past_can_be_asked_for_over_the_embedded_log() {
    travel(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_can_be_asked_for_over_kafka() {
    travel(Profile::Distributed).await;
}

async fn travel(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let house = house
        .with("SERIATIM_TOPICS__PARTITIONS", "1")
        .with("SERIATIM_ENGINE__SNAPSHOT_EVERY_COMMANDS", "3");
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 1..=10 {
        placed.push(client.place_under(&format!("order-{cents}"), &purchase(cents, cents)).await);
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;

    let now = answer(&house, &[]);
    let (_, live) = client.get("/state", None).await;
    assert_eq!(now["outcomeHash"], live["outcomeHash"]);
    assert_eq!(now["partitions"][0]["nextSource"], placed[9].position.offset.0 + 1);

    let fourth = placed[3].position.to_string();
    let then = answer(&house, &["--at", &fourth]);
    assert_eq!(then["partitions"][0]["nextSource"], placed[3].position.offset.0 + 1);
    assert_ne!(then["outcomeHash"], now["outcomeHash"]);
    let time = then["partitions"][0]["at"].as_str().expect("a time");
    let at_that_time = answer(&house, &["--at", time]);
    assert!(
        at_that_time["partitions"][0]["nextSource"].as_u64()
            >= then["partitions"][0]["nextSource"].as_u64()
    );

    let id = placed[3].order_id.to_string();
    let order = answer(&house, &["--at", &fourth, "--order", &id]);
    assert_eq!((&order["orderId"], &order["status"]), (&json!(id), &json!("accepted")));
    let event = &order["decisions"][0]["events"][0];
    assert_eq!(event["type"], "OrderAccepted");
    assert_eq!(event["data"]["order"]["total"]["amount"], "0.04");

    let third = placed[2].position.to_string();
    let refused = refusal(&house, &["--at", &third, "--order", &id]);
    assert!(refused.contains(&format!("no order {id} was placed until then")), "{refused}");
    let refused = refusal(&house, &["--at", "0:99999"]);
    assert!(refused.contains("partition 0 is decided up to offset"), "{refused}");
    let refused = refusal(&house, &["--at", "7:0"]);
    assert!(refused.contains("there is no partition 7"), "{refused}");
    running.stop();
}

fn answer(house: &House, arguments: &[&str]) -> Value {
    let output = house.ask("order-processor", &[&["state"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refusal(house: &House, arguments: &[&str]) -> String {
    let output = house.ask("order-processor", &[&["state"], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).expect("a sentence")
}
