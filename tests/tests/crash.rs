//! kill -9 at random moments under load, again and again: every command that was acknowledged is there
//! exactly once, none is doubled, everybody's commands keep their order, the engine's state is that
//! of a run from the beginning, and no money was made or lost on the market.
//!
//! `SERIATIM_CRASH_ROUNDS` sets the number of rounds, 20 by default.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::market::{EngineMarket, SYMBOL, limit, seeded};
use tests::proof::{History, last_commands};
use tests::{Acknowledged, Client, House, Profile, purchase};
use tokio::task::JoinSet;

/// Customers that send one order after another, side by side.
const CUSTOMERS: u64 = 24;

/// Members of the market that do the same.
const MEMBERS: [&str; 6] = ["ada", "bob", "cyd", "dot", "eve", "fay"];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_over_the_embedded_log_and_sqlite() {
    survive(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_over_kafka_and_postgres() {
    survive(Profile::Distributed).await;
}

async fn survive(profile: Profile) {
    // A small snapshot interval, so that many crashes fall into the writing of one.
    let house = House::new(profile).map(|house| {
        house
            .with("SERIATIM_ENGINE__SNAPSHOT_EVERY_COMMANDS", "100")
            .with("SERIATIM_PROJECTOR__BATCH_RECORDS", "50")
    });
    let Some(house) = house.map(|house| seeded(house, &MEMBERS)) else { return };
    let rounds = std::env::var("SERIATIM_CRASH_ROUNDS").map_or(20, |text| text.parse().unwrap());
    let customers: Vec<_> = (0..CUSTOMERS).map(|_| Load::default()).collect();
    let members: Vec<_> = MEMBERS.iter().map(|_| Load::default()).collect();

    for round in 0..rounds {
        let running = house.start();
        let mut load = start_load(running.url(), &customers, &members);
        tokio::time::sleep(Duration::from_millis(random_below(700))).await;
        if profile == Profile::Distributed {
            kill_a_service(&house, round).await;
        }
        running.kill();
        load.shutdown().await;
    }

    let acknowledged = |load: &Load| load.lock().unwrap().acknowledged.clone();
    let bought: Vec<_> = customers.iter().map(acknowledged).collect();
    let traded: Vec<_> = members.iter().map(acknowledged).collect();
    for (of, lists) in [("purchases", &bought), ("commands of the market", &traded)] {
        let count = lists.concat().len();
        assert!(count >= rounds, "there was load: {count} {of} acknowledged");
    }

    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(last_commands(&house).await).await;
    let rows = client.all_orders().await;
    let market = EngineMarket::of(&house);
    market.conserves_money(MEMBERS.len());
    market.is_shown(&client).await;
    running.stop();
    let history = History::read(&house).await;
    for lists in [&bought, &traded] {
        history.holds(&lists.concat());
        for commands in lists {
            check_order(commands);
        }
    }
    history.equals_rows(&rows);
    println!(
        "{rounds} rounds: {} purchases and {} commands of the market acknowledged, {} commands, {} \
         rows, {} open orders",
        bought.concat().len(),
        traded.concat().len(),
        history.commands(),
        rows.len(),
        market.open_orders(),
    );
}

/// What one customer or member has sent.
#[derive(Default)]
struct Sent {
    acknowledged: Vec<Acknowledged>,
    commands: u64,
}

type Load = Arc<Mutex<Sent>>;

/// Every customer and member sends command after command. One that was not acknowledged is sent
/// again, with the same key, until it is: also to the next program after a crash.
fn start_load(url: &str, customers: &[Load], members: &[Load]) -> JoinSet<()> {
    let client = Client::of(url);
    let mut load = JoinSet::new();
    for (number, sent) in (0..).zip(customers.iter().cloned()) {
        let client = client.clone();
        load.spawn(again_and_again(sent, async move |next| {
            let key = format!("customer-{number}-order-{next}");
            client.try_place(&purchase(number, next), &key).await.ok()
        }));
    }
    for (member, sent) in MEMBERS.into_iter().zip(members.iter().cloned()) {
        let client = client.clone();
        let mine = sent.clone();
        load.spawn(again_and_again(sent, async move |next| {
            let earlier = mine.lock().unwrap().acknowledged.clone();
            trade(&client, member, next, &earlier).await
        }));
    }
    load
}

async fn again_and_again(load: Load, mut send: impl AsyncFnMut(u64) -> Option<Acknowledged>) {
    loop {
        let next = load.lock().unwrap().commands;
        match send(next).await {
            Some(acknowledged) => {
                let mut load = load.lock().unwrap();
                load.acknowledged.push(acknowledged);
                load.commands += 1;
            }
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// The member's command of this number, always the same one: mostly limit orders around one price,
/// now and then a cancel of an earlier one or a market order.
async fn trade(
    client: &Client,
    member: &str,
    number: u64,
    earlier: &[Acknowledged],
) -> Option<Acknowledged> {
    let key = format!("{member}-{number}");
    let key = [("Idempotency-Key", key.as_str())];
    let side = if number.is_multiple_of(3) { "sell" } else { "buy" };
    let quantity = format!("0.{:02}", 2 + 2 * (number * 7 % 20));
    let spread = number * 13 % 9;
    let answer = match (number % 8, earlier.len().checked_sub(3)) {
        (5, Some(third_last)) => {
            let order = earlier[third_last].order_id;
            let path = format!("/api/v3/order/{order}?account={member}");
            client.ask_market(Method::DELETE, &path, None, &key).await
        }
        (6, _) => {
            let order = json!({
                "account": member, "symbol": SYMBOL, "side": side, "type": "market",
                "quantity": quantity
            });
            client.ask_market(Method::POST, "/api/v3/order", Some(&order), &key).await
        }
        _ => {
            let price = if side == "sell" { 99 + spread } else { 101 - spread };
            let order = limit(member, side, &price.to_string(), &quantity);
            client.ask_market(Method::POST, "/api/v3/order", Some(&order), &key).await
        }
    };
    answer?.acknowledged()
}

/// In some rounds the broker or the database is killed, too, and started again.
async fn kill_a_service(house: &House, round: usize) {
    let service = match round % 5 {
        2 => "kafka",
        4 => "postgres",
        _ => return,
    };
    house.services().kill(service);
    tokio::time::sleep(Duration::from_millis(random_below(500))).await;
    house.services().start_again(service);
    tokio::time::sleep(Duration::from_millis(random_below(2_000))).await;
}

/// One customer's orders stand in one partition, in the order in which they were sent.
fn check_order(orders: &[Acknowledged]) {
    for pair in orders.windows(2) {
        let [earlier, later] = [pair[0].position, pair[1].position];
        assert_eq!(earlier.partition, later.partition);
        assert!(earlier.offset < later.offset, "{earlier} was sent before {later}");
    }
}

fn random_below(limit: u64) -> u64 {
    uuid::Uuid::now_v7().as_u64_pair().1 % limit
}
