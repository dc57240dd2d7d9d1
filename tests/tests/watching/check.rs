//! `diagnostics check` finds what was done to a store or a log, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use event_log::topics::{ORDER_EVENTS, ORDERS};
use serde_json::{Value, json};
use tests::market::{limit, seeded};
use tests::{Client, House, Profile, purchase};

use crate::damage::{self, Copy, check, first, kinds, sound, trade};
use crate::poison::Poison;

/// Nothing that is waited for takes longer.
const WAIT_MAX: Duration = Duration::from_secs(90);

/// It found these kinds and no other.
#[track_caller]
fn finds(found: &(Option<i32>, Value), expected: &[&str]) {
    let (code, report) = found;
    assert_eq!(kinds(report), expected, "{report:#}");
    assert_eq!(*code, Some(3), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_damage_to_a_store_is_found() {
    let house = sound().await;
    let (code, report) = check(&house, &["--redecide"]);
    assert_eq!(code, Some(0), "what nobody damaged is sound: {report:#}");
    assert_eq!(report["complete"], true, "{report:#}");
    let orders =
        report["tables"].as_array().unwrap().iter().find(|table| table["table"] == "orders");
    assert_eq!(orders.unwrap()["rows"], damage::PURCHASES);

    let some = "(select order_id from orders order by source_offset limit 1 offset 5)";
    let columns = "source_partition, source_offset, version, status, rejection_reason, \
        rejection_detail, placed_at_ms, updated_at_ms, customer_id, customer_name, \
        customer_last_name, customer_email, shipping_address, billing_address, currency, \
        total_minor, payment_method";
    let added = format!(
        "insert into orders (order_key, order_id, {columns})
         select order_key + 1000000, x'00112233445566778899aabbccddeeff', {columns} from orders
         where order_id = {some}"
    );
    let parked = format!(
        "insert into parked_subjects
         values (0, {some}, null, 5, {}, 'the store refuses the data')",
        now_ms()
    );
    // An order whose row is gone takes its items along: they belong to nobody.
    let copy = Copy::of(&house);
    copy.store(&format!("delete from orders where order_id = {some}"), 1);
    finds(&copy.check(&house, &[]), &["missing-row", "surplus-row"]);

    for (sql, rows, expected, at) in [
        (
            format!(
                "delete from order_items
                 where order_key = (select order_key from orders where order_id = {some})"
            ),
            1,
            "missing-row",
            "order_items where order_id = ",
        ),
        (
            format!("update orders set total_minor = total_minor + 1 where order_id = {some}"),
            1,
            "altered-row",
            "orders where order_id = ",
        ),
        (added, 1, "surplus-row", "orders where order_id = 00112233-4455-6677-8899-aabbccddeeff"),
        (
            format!(
                "update order_items set quantity = 7
                 where order_key = (select order_key from orders where order_id = {some})"
            ),
            1,
            "altered-row",
            "order_items where order_id = ",
        ),
        (
            "update balances set available = available + 1 where account = 'ada' and asset = 'BTC'"
                .to_owned(),
            1,
            "altered-row",
            "balances where venue = \"market/main\" and account = \"ada\" and asset = \"BTC\"",
        ),
        ("delete from trades".to_owned(), 1, "missing-row", "trades where"),
        (
            "update market_orders set remaining = 0 where account = 'ada'".to_owned(),
            1,
            "altered-row",
            "market_orders where",
        ),
        (
            "update checkpoints set next_offset = next_offset + 5 where topic = 'order-events'"
                .to_owned(),
            1,
            "checkpoint-beyond-log",
            "order-events/0",
        ),
        (
            "update checkpoints set source_next_offset = source_next_offset - 1
             where topic = 'order-events'"
                .to_owned(),
            1,
            "wrong-checkpoint",
            "order-events/0:",
        ),
        (
            "update checkpoints set last_mark = 7 where topic = 'order-events'".to_owned(),
            1,
            "another-log",
            "order-events/0:",
        ),
        (parked, 1, "parked-for-nothing", "order "),
    ] {
        let copy = Copy::of(&house);
        copy.store(&sql, rows);
        let found = copy.check(&house, &[]);
        finds(&found, &[expected]);
        let place = first(&found.1, expected);
        assert!(place.starts_with(at), "{sql}: {place}");
    }
}

fn now_ms() -> u128 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("the clock is right").as_millis()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_behind_its_checkpoint_lacks_rows() {
    let house = sound().await;
    let old = Copy::of(&house);
    let running = house.start();
    let client = Client::of(running.url());
    for number in 0..5 {
        client.place_under(&format!("later-{number}"), &purchase(number, 100)).await;
    }
    client.wait_projected(tests::proof::last_commands(&house).await).await;
    running.stop();
    let new = Copy::of(&house);
    // An old backup of the rows under the checkpoint of today.
    for table in ["orders", "order_items"] {
        let file = old.store_path();
        new.store_with(
            &file,
            &format!(
                "delete from {table} where order_key not in (select order_key from old.{table})"
            ),
        );
    }
    let found = new.check(&house, &[]);
    finds(&found, &["missing-row"]);
    assert_eq!(found.1["findings"][0]["count"], 10, "five orders of one item each");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_damage_to_a_log_is_found() {
    let house = sound().await;

    // A decision is taken out: the rows that follow from it follow from nothing. (The log finds its
    // way by halves: a transaction beside the middle is one that it does not miss.)
    let copy = Copy::of(&house);
    let gone = copy.ask_topic(&ORDER_EVENTS, "select max(sequence) / 2 + 1 from batch");
    copy.topic(&ORDER_EVENTS, &format!("delete from batch where sequence = {gone}"), 1);
    finds(&copy.check(&house, &[]), &["undecided-command", "surplus-row"]);

    // Commands are taken out, in the middle and at the end.
    for which in ["max(sequence) / 2 + 1", "max(sequence)"] {
        let copy = Copy::of(&house);
        let gone = copy.ask_topic(&ORDERS, &format!("select {which} from batch"));
        copy.topic(&ORDERS, &format!("delete from batch where sequence = {gone}"), 1);
        finds(&copy.check(&house, &[]), &["decision-without-command"]);
    }

    // A second decision says something else.
    let copy = Copy::of(&house);
    let accepted = copy.offset_of("OrderAccepted").await;
    let mut decision = copy.decision(accepted).await;
    decision["data"]["events"][0]["data"]["order"]["shippingAddress"] = json!("elsewhere");
    copy.append_decision(decision.to_string()).await;
    finds(&copy.check(&house, &[]), &["contradicting-decision"]);
    // One that says the same does no harm.
    let copy = Copy::of(&house);
    copy.append_decision(copy.decision_text(accepted).await).await;
    let (code, report) = copy.check(&house, &[]);
    assert_eq!((code, &report["partitions"][0]["repeated"]), (Some(0), &json!(1)), "{report:#}");

    // What a decision says is changed, and so nothing fits: the command, the sum, the row.
    let copy = Copy::of(&house);
    decision["data"]["events"][0]["data"]["order"]["total"]["amount"] = json!("7.77");
    copy.rewrite(accepted, decision.to_string()).await;
    finds(&copy.check(&house, &[]), &["altered-decision", "wrong-total", "altered-row"]);

    // It names another command than its own.
    let copy = Copy::of(&house);
    let mut other = copy.decision(accepted + 1).await;
    other["data"]["source"] = copy.decision(accepted).await["data"]["source"].clone();
    copy.rewrite(accepted, other.to_string()).await;
    let (code, report) = copy.check(&house, &[]);
    assert_eq!(code, Some(3));
    assert!(kinds(&report).contains(&"wrong-source"), "{report:#}");

    // It can't be read.
    let copy = Copy::of(&house);
    copy.rewrite(accepted, "{".to_owned()).await;
    finds(&copy.check(&house, &[]), &["unreadable-decision", "surplus-row"]);

    // Money comes from nowhere.
    let copy = Copy::of(&house);
    let traded = copy.offset_of("trading.TradeExecuted").await;
    let mut decision = copy.decision(traded).await;
    let events = decision["data"]["events"].as_array_mut().unwrap();
    let balance =
        events.iter_mut().find(|event| event["type"] == "trading.BalanceChanged").unwrap();
    balance["data"]["available"] = json!("123456789");
    copy.rewrite(traded, decision.to_string()).await;
    finds(&copy.check(&house, &[]), &["money-not-conserved", "altered-row"]);

    // The file itself is damaged.
    for topic in [ORDERS, ORDER_EVENTS] {
        let copy = Copy::of(&house);
        copy.spoil(&topic);
        finds(&copy.check(&house, &[]), &["damaged-log"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_checked_is_told_and_has_a_code_of_its_own() {
    let house = sound().await;
    // Retention has removed the beginning.
    let copy = Copy::of(&house);
    let middle = copy.ask_topic(&ORDER_EVENTS, "select max(sequence) / 2 from batch");
    let beginning = usize::try_from(middle).unwrap();
    copy.topic(&ORDER_EVENTS, &format!("delete from batch where sequence < {middle}"), beginning);
    let (code, report) = copy.check(&house, &[]);
    assert_eq!((code, &report["clean"]), (Some(4), &json!(true)), "{report:#}");
    let unchecked = report["unchecked"].to_string();
    for what in ["retention has removed it", "rows: the events that they follow from"] {
        assert!(unchecked.contains(what), "{unchecked}");
    }
    // There is no store.
    let copy = Copy::of(&house);
    copy.remove("store.sqlite");
    let (code, report) = copy.check(&house, &[]);
    assert_eq!((code, &report["clean"]), (Some(4), &json!(true)), "{report:#}");
    assert!(
        report["unchecked"][0].as_str().unwrap().contains("there is no store in"),
        "{report:#}"
    );
    assert_eq!(report["partitions"][0]["decisions"], report["partitions"][0]["commands"]);
    // There is no log: nothing was checked at all.
    let output =
        house.tool("diagnostics").args(["check", "--log", "sqlite:nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_parked_is_allowed_to_wait_and_not_for_ever() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house
        .with("SERIATIM_TOPICS__PARTITIONS", "1")
        .with("SERIATIM_PROJECTOR__RETRY_DELAYS_MS", "[100]");
    let running = house.start();
    let client = Client::of(running.url());
    let poison = Poison::of_customer(&house, 667);
    let mut placed = Vec::new();
    for (customer, cents) in [(1, 100), (667, 100), (667, 200), (2, 100)] {
        placed.push(client.place(&purchase(customer, cents)).await.position);
    }
    client.wait_projected(placed).await;
    until(|| desk(&house, &["list", "--json"])["count"] == 2).await;

    let (code, report) = check(&house, &[]);
    assert_eq!(code, Some(0), "its events wait, and its rows are not expected: {report:#}");
    assert_eq!(report["partitions"][0]["setAside"], 2, "{report:#}");
    finds(&check(&house, &["--parked-max", "1ms"]), &["parked-too-long"]);

    let letters = desk(&house, &["list", "--json"]);
    let letter = letters["letters"][0]["letter"].as_str().unwrap();
    assert!(desk_run(&house, &["purge", letter, "--yes"]).status.success());
    finds(&check(&house, &[]), &["parked-for-nothing"]);
    poison.remove();
    assert!(desk_run(&house, &["redrive", "--yes"]).status.success());
    until(|| check(&house, &[]).1["partitions"][0]["setAside"] == 1).await;
    running.stop();
}

fn desk_run(house: &House, arguments: &[&str]) -> std::process::Output {
    house.tool("diagnostics").arg("dlt").args(arguments).output().expect("it runs")
}

fn desk(house: &House, arguments: &[&str]) -> Value {
    let output = desk_run(house, arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"))
}

async fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < WAIT_MAX, "it never comes true");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_at_work_is_checked_up_to_a_position_over_the_embedded_log() {
    at_work(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_at_work_is_checked_up_to_a_position_over_kafka_and_postgres() {
    at_work(Profile::Distributed).await;
}

/// While orders come in, nothing is found, however often it is looked.
async fn at_work(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let house = seeded(house.with("SERIATIM_TOPICS__PARTITIONS", "2"), &["ada", "bob"]);
    let running = house.start();
    let client = Client::of(running.url());
    let enough = Arc::new(AtomicBool::new(false));
    let (buyer, stop) = (client.clone(), enough.clone());
    let buying = tokio::spawn(async move {
        let mut placed = 0;
        while !stop.load(Ordering::Relaxed) {
            buyer.place_under(&format!("order-{placed}"), &purchase(placed % 11, placed)).await;
            placed += 1;
        }
    });
    let (member, stop) = (client.clone(), enough.clone());
    let trading = tokio::spawn(async move {
        member.wait_funded(&["ada", "bob"]).await;
        let mut placed = 0;
        while !stop.load(Ordering::Relaxed) {
            for (account, side) in [("bob", "sell"), ("ada", "buy")] {
                let order = limit(account, side, "100", "0.02");
                trade(&member, &format!("trade-{placed}"), &order).await;
                placed += 1;
            }
        }
    });
    for _ in 0..3 {
        let house = &house;
        let (code, report) = tokio::task::block_in_place(|| check(house, &[]));
        assert_eq!((code, &report["complete"]), (Some(0), &json!(true)), "{report:#}");
    }
    enough.store(true, Ordering::Relaxed);
    buying.await.unwrap();
    trading.await.unwrap();
    client.wait_projected(tests::proof::last_commands(&house).await).await;
    let (code, report) = check(&house, &["--redecide"]);
    assert_eq!(code, Some(0), "{report:#}");
    let partitions = report["partitions"].as_array().unwrap();
    let decided = |partition: &Value| partition["decisions"] == partition["commands"];
    assert!(partitions.iter().all(decided), "{report:#}");
    running.stop();
}
