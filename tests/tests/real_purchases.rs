//! 10,000 real purchases through HTTP into SQL: the count, the sum of money and every customer's
//! number of orders are those of the file.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{Client, House, Profile};
use tokio::task::JoinSet;

const FILE: &str = include_str!("../data/cdnow-first-10000.txt");

/// Customers whose orders are sent side by side.
const LANES: u64 = 32;

struct Purchase {
    customer: u64,
    discs: String,
    dollars: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn real_purchases_arrive_over_the_embedded_log_and_sqlite() {
    arrive(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_purchases_arrive_over_kafka_and_postgres() {
    arrive(Profile::Distributed).await;
}

async fn arrive(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let running = house.start();
    let client = Client::of(running.url());
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let client = client.clone();
        lanes.spawn(async move {
            let mut positions = Vec::new();
            let lane = purchases().filter(|purchase| purchase.customer % LANES == lane);
            for (number, purchase) in lane.enumerate() {
                let key = format!("cdnow-{number}");
                positions.push(client.place_under(&key, &order(&purchase)).await.position);
            }
            positions
        });
    }
    let positions = lanes.join_all().await.concat();
    client.wait_projected(positions).await;
    let rows = client.all_orders().await;
    running.stop();

    assert_eq!(rows.len(), purchases().count());
    assert!(rows.iter().all(|row| row["status"] == "accepted"));
    let total = |row: &Value| cents(row["totalPrice"].as_str().expect("a decimal text"));
    let expected_sum: u64 = purchases().map(|purchase| cents(&purchase.dollars)).sum();
    assert_eq!(rows.iter().map(total).sum::<u64>(), expected_sum);
    let by_customer = count(rows.iter().map(|row| row["customerId"].as_u64().expect("a number")));
    assert_eq!(by_customer, count(purchases().map(|purchase| purchase.customer)));
}

fn purchases() -> impl Iterator<Item = Purchase> {
    FILE.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [customer, _date, discs, dollars] = fields[..] else { panic!("four columns: {line}") };
        Purchase {
            customer: customer.parse().expect("a number"),
            discs: discs.to_owned(),
            dollars: dollars.to_owned(),
        }
    })
}

/// The file has the price of all discs together only: one parcel of so many discs.
fn order(purchase: &Purchase) -> Value {
    json!({
        "customerId": purchase.customer, "customerName": "Customer",
        "customerLastName": purchase.customer.to_string(),
        "customerEmail": format!("{}@cdnow.example", purchase.customer),
        "shippingAddress": "unknown", "billingAddress": "unknown",
        "currencyType": 2, "totalPrice": purchase.dollars, "paymentMethodType": 1,
        "orderItems": [{
            "itemCode": format!("CD-{}", purchase.discs), "brand": "CDNOW", "type": "parcel of discs",
            "size": purchase.discs, "colour": "silver", "quantity": 1, "price": purchase.dollars,
            "currencyType": 2
        }]
    })
}

/// "12.30" as 1230.
fn cents(text: &str) -> u64 {
    let (whole, fraction) = text.split_once('.').expect("a decimal point");
    assert_eq!(fraction.len(), 2, "{text}");
    whole.parse::<u64>().unwrap() * 100 + fraction.parse::<u64>().unwrap()
}

fn count(customers: impl Iterator<Item = u64>) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for customer in customers {
        *counts.entry(customer).or_default() += 1;
    }
    counts
}
