//! `order-processor rebuild`: the projection is filled once more beside a program that goes on answering.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use order_domain::Position;
use reqwest::StatusCode;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tests::market::seeded;
use tests::proof::{History, last_commands};
use tests::{Acknowledged, Client, House, Profile, purchase};
use tokio::task::JoinSet;

/// Customers that place an order and read it back, again and again.
const CUSTOMERS: u64 = 4;

/// No wait of these tests is longer.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild_over_sqlite() {
    rebuild_under_load(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild_over_postgres() {
    rebuild_under_load(Profile::Distributed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild_over_mariadb() {
    rebuild_under_load(Profile::Mariadb).await;
}

/// While the projection is filled, compared, switched, switched back and dropped, every order that is
/// acknowledged can be read at once by its position, and no read fails.
async fn rebuild_under_load(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let house = seeded(house, &["ada", "bob"]).with("SERIATIM_QUERY__WAIT_MAX_MS", "30000");
    let house = Arc::new(house);
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 1..=200 {
        placed.push(client.place(&purchase(cents % 7, cents)).await);
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;

    let stop = Arc::new(AtomicBool::new(false));
    let mut load = JoinSet::new();
    for customer in 0..CUSTOMERS {
        load.spawn(place_and_read(client.clone(), profile, customer, stop.clone()));
    }
    let first = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&first["generation"], &first["live"]), (&json!(2), &json!(2)), "{first}");
    assert_eq!((&first["same"], &first["switched"]), (&json!(true), &json!(true)), "{first}");
    let second = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&second["live"], &second["switched"]), (&json!(3), &json!(true)), "{second}");
    let back = ended(&rebuild(&house, &["--use", "1"]).await, 0);
    assert_eq!((&back["live"], &back["switched"]), (&json!(1), &json!(true)), "{back}");
    let third = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&third["live"], &third["same"]), (&json!(4), &json!(true)), "{third}");
    let dropped = ended(&rebuild(&house, &["--drop-old"]).await, 0);
    assert_eq!(dropped["dropped"], json!([1, 2, 3]));
    stop.store(true, Ordering::Relaxed);
    for read in load.join_all().await {
        assert!(!read.is_empty(), "there was load");
        placed.extend(read);
    }

    client.wait_projected(last_commands(&house).await).await;
    let rows = client.all_orders().await;
    running.stop();
    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    assert_eq!(
        client.all_orders().await,
        rows,
        "the generation that is live is found by a new start"
    );
    let (_, account) = client.get("/api/v3/accounts/ada", None).await;
    assert_eq!(account["account"], "ada", "{account}");
    running.stop();
    let history = History::read(&house).await;
    history.holds(&placed);
    history.equals_rows(&rows);
    let left = ended(&rebuild(&house, &["--list"]).await, 0);
    assert_eq!(left, json!([{ "generation": 4, "state": "live" }]));
}

/// Places orders and reads each back, strongly, and a list besides.
async fn place_and_read(
    client: Client,
    profile: Profile,
    customer: u64,
    stop: Arc<AtomicBool>,
) -> Vec<Acknowledged> {
    let mut placed = Vec::new();
    for number in 0.. {
        let order = purchase(customer, number);
        let acknowledged = client.place(&order).await;
        let path = format!("/api/Orders/{}", acknowledged.order_id);
        read(&client, profile, &path, Some(acknowledged.position)).await;
        placed.push(acknowledged);
        read(&client, profile, "/api/Orders?limit=10", None).await;
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    placed
}

/// Reads what must be there. A Postgres server that shares two cores with all else may need longer than a
/// read waits for a connection: then the answer is that it is not available now, and never that the
/// order is not there.
async fn read(client: &Client, profile: Profile, path: &str, position: Option<Position>) {
    let began = Instant::now();
    loop {
        let (status, answer) = client.get(path, position).await;
        if status == StatusCode::OK {
            return;
        }
        let busy = profile != Profile::Embedded && status == StatusCode::SERVICE_UNAVAILABLE;
        assert!(busy && began.elapsed() < PATIENCE, "{path}: {status} {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_was_killed_goes_on_where_it_was() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    // Many small transactions, so that a kill falls between two of them.
    let house = house.with("SERIATIM_PROJECTOR__BATCH_RECORDS", "1");
    fill(&house, 1_000).await;
    let events = projected(&house, 1);
    let mut killed = house.tool("order-processor");
    killed.args(["rebuild", "--diff", "--json"]).stdout(Stdio::null());
    let mut killed = killed.spawn().expect("order-processor starts");
    let began = Instant::now();
    while projected(&house, 2) < 50 {
        assert!(began.elapsed() < PATIENCE, "the second generation is being filled");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    killed.kill().expect("it can be killed");
    killed.wait().expect("it can be waited for");
    let before = projected(&house, 2);

    let found = ended(&rebuild(&Arc::new(house), &[]).await, 0);
    assert_eq!((&found["live"], &found["same"]), (&json!(2), &json!(true)), "{found}");
    assert_eq!(found["events"], json!(events - before), "only what was missing: {found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_found_and_healed() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let placed = fill(&house, 50).await;
    let damaged = placed[7].order_id;
    let store = Connection::open(store_file(&house, 1)).unwrap();
    let update = "update orders set customer_name = 'Mallory' where order_id = ?1";
    assert_eq!(store.execute(update, [damaged.0.as_bytes()]).unwrap(), 1);
    store
        .execute(
            "delete from order_items where order_key = (select max(order_key) from orders)",
            [],
        )
        .unwrap();
    drop(store);

    let house = Arc::new(house);
    let found = ended(&rebuild(&house, &[]).await, 3);
    assert_eq!((&found["live"], &found["switched"]), (&json!(1), &json!(false)), "{found}");
    let differing: Vec<&Value> =
        found["tables"].as_array().unwrap().iter().filter(|table| table["same"] == false).collect();
    let names: Vec<_> = differing.iter().map(|table| &table["table"]).collect();
    assert_eq!(names, ["orders", "order_items"], "{found}");
    assert_eq!(
        (&differing[1]["live"]["rows"], &differing[1]["new"]["rows"]),
        (&json!(49), &json!(50))
    );
    assert_eq!(found["differences"], json!([]), "rows are shown when they are asked for");

    let found = ended(&rebuild(&house, &["--diff"]).await, 3);
    let difference = &found["differences"][0];
    assert_eq!(difference["key"]["order_id"], damaged.to_string());
    let names = json!({ "customer_name": { "live": "Mallory", "new": "Ada" } });
    assert_eq!(difference["values"], names);
    assert_eq!(found["differences"][1]["difference"], "only-new");
    assert_eq!(name_of(&house, &placed[7]).await, "Mallory");

    let found = ended(&rebuild(&house, &["--force"]).await, 0);
    assert_eq!((&found["live"], &found["same"]), (&json!(2), &json!(false)), "{found}");
    assert_eq!(name_of(&house, &placed[7]).await, "Ada");
    let found = ended(&rebuild(&house, &["--diff"]).await, 0);
    assert_eq!((&found["same"], &found["live"]), (&json!(true), &json!(2)), "{found}");
}

/// An order that the live store has refused so far is in the new one, which refuses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_live_store_refuses_is_told_as_a_difference() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house.with("SERIATIM_PROJECTOR__RETRY_DELAYS_MS", "[3600000]");
    fill(&house, 5).await;
    let store = Connection::open(store_file(&house, 1)).unwrap();
    let refuse = "create trigger no_refused before insert on orders when new.customer_id = 666
                  begin select raise(abort, 'refused'); end";
    store.execute_batch(refuse).unwrap();
    drop(store);
    let running = house.start();
    let client = Client::of(running.url());
    let refused = client.place(&purchase(666, 1)).await;
    client.wait_projected([refused.position]).await;
    running.stop();

    let house = Arc::new(house);
    let found = ended(&rebuild(&house, &["--diff"]).await, 3);
    assert_eq!(
        (&found["waitingOrders"], &found["refusedOrders"]),
        (&json!(1), &json!(0)),
        "{found}"
    );
    assert_eq!(found["differences"][0]["difference"], "only-new");
    assert_eq!(found["differences"][0]["key"]["order_id"], refused.order_id.to_string());
    ended(&rebuild(&house, &["--force"]).await, 0);
    assert_eq!(name_of(&house, &refused).await, "Ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_rebuilt_is_refused_in_words() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    fill(&house, 3).await;
    let house = Arc::new(house);
    let nowhere = rebuild(&house, &["--use", "7"]).await;
    assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
    let text = String::from_utf8(nowhere.stderr).unwrap();
    assert!(text.contains("no generation 7 that was live before"), "{text}");

    let lock = std::fs::File::create(house.data_dir().join("store.sqlite.rebuild-lock")).unwrap();
    lock.lock().unwrap();
    let busy = rebuild(&house, &[]).await;
    assert_eq!(busy.status.code(), Some(1), "{busy:?}");
    let text = String::from_utf8(busy.stderr).unwrap();
    assert!(text.contains("another rebuild is at work"), "{text}");
}

/// Places so many orders of seven customers, and stops when all are projected.
async fn fill(house: &House, orders: u64) -> Vec<Acknowledged> {
    let running = house.start();
    let client = Client::of(running.url());
    let mut placing = JoinSet::new();
    for customer in 0..7 {
        let client = client.clone();
        placing.spawn(async move {
            let mut placed = Vec::new();
            for number in (0..orders).filter(|number| number % 7 == customer) {
                let acknowledged = client.place(&purchase(customer, number)).await;
                placed.push((number, acknowledged));
            }
            placed
        });
    }
    let mut placed = placing.join_all().await.concat();
    placed.sort_by_key(|(number, _)| *number);
    let placed: Vec<_> = placed.into_iter().map(|(_, acknowledged)| acknowledged).collect();
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    running.stop();
    placed
}

/// The name of an order's customer, as a program that is started for it shows it.
async fn name_of(house: &House, order: &Acknowledged) -> String {
    let running = house.start();
    let client = Client::of(running.url());
    let path = format!("/api/Orders/{}", order.order_id);
    let (status, shown) = client.get(&path, Some(order.position)).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    running.stop();
    shown["customerName"].as_str().expect("a name").to_owned()
}

async fn rebuild(house: &Arc<House>, arguments: &[&str]) -> Output {
    let house = house.clone();
    let mut whole = vec!["rebuild".to_owned(), "--json".to_owned()];
    whole.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let run = move || {
        let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
        house.ask("order-processor", &whole)
    };
    tokio::task::spawn_blocking(run).await.expect("it does not panic")
}

/// What it printed, after it has ended with this code.
fn ended(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn store_file(house: &House, generation: u32) -> PathBuf {
    let name = match generation {
        1 => "store.sqlite".to_owned(),
        later => format!("store.sqlite.g{later}"),
    };
    house.data_dir().join(name)
}

/// How many events a generation has, 0 while it is not there.
fn projected(house: &House, generation: u32) -> u64 {
    let file = Connection::open_with_flags(
        store_file(house, generation),
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    );
    let sum = "select coalesce(sum(next_offset), 0) from checkpoints where topic = 'order-events'";
    let asked = file.and_then(|file| {
        file.busy_timeout(PATIENCE)?;
        file.query_row(sum, [], |row| row.get::<_, i64>(0))
    });
    asked.map_or(0, |events| u64::try_from(events).expect("no negative offsets"))
}
