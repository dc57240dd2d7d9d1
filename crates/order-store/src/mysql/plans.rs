//! How the server finds what is asked for: always by an index, however much there is.

use order_domain::{CustomerId, Timestamp};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, raw_sql};
use uuid::Uuid;

use super::read::items_sql;
use super::search::{counting_sql, looking_up_sql, oldest_walked_sql, walking_sql};
use super::{MysqlStore, write};
use crate::explained::{
    Explained, Explains, ask_how_far_it_is, much, purchase, set_partitions_of_all,
};
use crate::trading::explained::{
    self as of_a_market, INDEXES, ORDERS, another, ask_for_everything, ask_for_what_is_sorted, more,
};
use crate::trading::session::{Value, text};
use crate::trading::write as trading;
use crate::{OrderFilter, Page, ProjectionStore as _, reading};

impl Explains for MySqlConnection {
    const EXPLAIN: &'static str = "explain";

    fn steps(plan: &[MySqlRow], _: &str) -> Vec<(String, bool)> {
        let step = |row: &MySqlRow| {
            let column = |name: &str| row.get::<Option<String>, _>(name).unwrap_or_default();
            let [select, table, access] = ["select_type", "table", "type"].map(column);
            let step = format!("{table} {access} {} {}", column("key"), column("Extra"));
            // What stands in angle brackets comes with the statement, or was found already.
            // Hashed, it is walked as well.
            let walks = ["ALL", "index", "hash_ALL", "hash_index"].contains(&access.as_str());
            let is_walked = walks && !table.starts_with('<');
            (step, is_walked && select != "INSERT")
        };
        plan.iter().map(step).collect()
    }
}

/// A database of the test's own on the server that `SERIATIM_TEST_MYSQL` names.
struct Database {
    server: MySqlConnectOptions,
    name: String,
    store: MysqlStore,
}

impl Database {
    /// A migrated one; `None` where this machine has none and the developer said that this is fine.
    async fn create() -> Option<Self> {
        let Ok(url) = std::env::var("SERIATIM_TEST_MYSQL") else {
            let skip = std::env::var("SERIATIM_SKIP_MARIADB");
            assert_eq!(skip.as_deref(), Ok("1"), "SERIATIM_TEST_MYSQL names no server");
            println!("skipped: SERIATIM_SKIP_MARIADB=1");
            return None;
        };
        let server: MySqlConnectOptions = url.parse().unwrap();
        let name = format!("seriatim_{}", Uuid::now_v7().simple());
        run(&mut server.connect().await.unwrap(), &format!("create database {name}")).await;
        let own = server.clone().database(&name).to_url_lossy();
        let store = MysqlStore::open(own.as_str()).unwrap();
        store.migrate().await.unwrap();
        Some(Self { server, name, store })
    }

    async fn remove(self) {
        let name = &self.name;
        run(&mut self.server.connect().await.unwrap(), &format!("drop database {name}")).await;
    }
}

async fn run(connection: &mut MySqlConnection, sql: &str) {
    raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

#[tokio::test]
async fn no_statement_about_markets_walks_a_table() {
    let Some(database) = Database::create().await else { return };
    let mut connection = database.store.writers.acquire(super::ACQUIRE_TIMEOUT).await.unwrap();
    run(&mut connection, "begin").await;
    trading::write(&mut *connection, &of_a_market::much()).await.unwrap();
    run(&mut connection, "commit").await;
    let all = "markets, instruments, assets, accounts, balances, market_orders, trades";
    run(&mut connection, &format!("analyze table {all}")).await;
    let mut session = Explained::new(&mut *connection);
    for change in [another(ORDERS), more()] {
        trading::write(&mut session, &[change]).await.unwrap();
    }
    ask_for_everything(&mut session).await;
    // Sums by symbol are put together in a temporary table; a list never is.
    let is_sorted = |step: &&String| step.contains("filesort") && !step.contains("temporary");
    let sorted = session.seen.iter().find(is_sorted);
    assert_eq!(sorted, None, "the indexes give every list in its order");
    ask_for_what_is_sorted(&mut session).await;
    for index in INDEXES {
        let used = format!(" {index} ");
        let is_used = session.seen.iter().any(|step| step.contains(&used));
        assert!(is_used, "{index} is never used");
    }
    drop(connection);
    database.remove().await;
}

#[tokio::test]
async fn no_statement_about_purchases_walks_a_table() {
    let Some(database) = Database::create().await else { return };
    let mut connection = database.store.writers.acquire(super::ACQUIRE_TIMEOUT).await.unwrap();
    write::apply(&mut connection, &much()).await.unwrap();
    run(&mut connection, "begin").await;
    set_partitions_of_all(&mut *connection).await;
    run(&mut connection, "commit").await;
    let all = "orders, order_items, order_words, parked_subjects, checkpoints, topics";
    run(&mut connection, &format!("analyze table {all}")).await;
    let order = purchase(5_000);
    let at = || Value::Number(order.placed_at.0);
    let behind = || vec![at(), at(), Value::Id(order.order_id.0)];
    let (limit, pattern) = (|| Value::Number(50), || text("ada1%"));
    let mut session = Explained::new(&mut *connection);
    for (status, customer, index) in [
        (None, None, "PRIMARY"),
        (Some("accepted"), None, "orders_by_status"),
        (None, Some(CustomerId(3)), "orders_by_customer"),
        (Some("accepted"), Some(CustomerId(3)), "orders_by_customer"),
    ] {
        let before = session.seen.len();
        let page = Page { limit: 50, after: Some(order.cursor()) };
        let filter = OrderFilter { status, customer };
        let rows = reading::page(&mut session, filter, page).await.unwrap();
        let plan = session.seen[before..].join("\n");
        assert!(!rows.is_empty(), "the statement finds something");
        assert!(plan.contains(index) && !plan.contains("filesort"), "{plan}");
    }
    assert_eq!(reading::order(&mut session, order.order_id).await.unwrap().len(), 1);
    ask_how_far_it_is(&mut session).await;
    let mut ask = async |sql: String, values: Vec<Vec<Value<'_>>>| {
        let (rows, plan) = session.ask(sql, values.concat()).await;
        assert!(!rows.is_empty(), "the statement finds something");
        plan
    };
    let by_id = vec![Value::Id(order.order_id.0); 50];
    assert!(ask(items_sql(50), vec![by_id]).await.contains("PRIMARY"));
    let newest = vec![Value::Number(i64::MAX); 2];
    let from_the_newest = || [newest.clone(), vec![Value::Id(Uuid::max())]].concat();
    let sql = oldest_walked_sql().replace("offset 4999", "offset 499");
    let plan = ask(sql, vec![from_the_newest()]).await;
    assert!(plan.contains("PRIMARY") && !plan.contains("filesort"), "{plan}");
    let oldest = vec![Value::Number(Timestamp(0).0)];
    let within = || text("% ada1%");
    let values = vec![behind(), oldest, vec![within(), within(), limit()]];
    let plan = ask(walking_sql(2), values).await;
    assert!(plan.contains("PRIMARY") && !plan.contains("filesort"), "{plan}");
    assert!(ask(counting_sql(), vec![vec![pattern()]]).await.contains("PRIMARY"));
    for words in [1, 2] {
        let others = vec![within(); words - 1];
        let values = vec![vec![pattern()], behind(), others, vec![limit()]];
        assert!(ask(looking_up_sql(words), values).await.contains("PRIMARY"));
    }
    drop(connection);
    database.remove().await;
}
