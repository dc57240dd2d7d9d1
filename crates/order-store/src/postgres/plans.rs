//! How Postgres finds what is asked for: always by an index, however much there is. A session of its own
//! settings asks, so that over tables of so many rows it finds the index cheapest by itself.

use order_domain::CustomerId;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, query_scalar, raw_sql};
use uuid::Uuid;

use super::pages::{indexed_sql, walking_sql};
use super::read::items_sql;
use super::{ACQUIRE_TIMEOUT, PostgresStore, write};
use crate::explained::{
    Explained, Explains, ask_how_far_it_is, much, purchase, set_partitions_of_all,
};
use crate::rows::Columns as _;
use crate::trading::explained::{
    self as of_a_market, INDEXES, ORDERS, another, ask_for_everything, ask_for_what_is_sorted, more,
};
use crate::trading::session::{Value, text};
use crate::trading::write as trading;
use crate::{OrderFilter, Page, ProjectionStore as _, reading};

impl Explains for PgConnection {
    const EXPLAIN: &'static str = "explain";

    /// A step takes several lines, of which the first may begin with an arrow. An index that is read without a
    /// condition is walked, too.
    fn steps(plan: &[PgRow], _: &str) -> Vec<(String, bool)> {
        let mut steps: Vec<String> = Vec::new();
        for row in plan {
            let line = row.text(0).unwrap();
            match steps.last_mut() {
                Some(step) if !line.contains("->") => step.push_str(line),
                _ => steps.push(line.trim_start().to_owned()),
            }
        }
        let walks = |step: &str| {
            let reads_index = step.contains("Index Scan") || step.contains("Index Only Scan");
            step.contains("Seq Scan") || reads_index && !step.contains("Index Cond")
        };
        steps.into_iter().map(|step| (step.clone(), walks(&step))).collect()
    }
}

/// A database of the test's own on the server that `SERIATIM_TEST_POSTGRES` names.
struct Database {
    server: PgConnectOptions,
    name: String,
    store: PostgresStore,
}

impl Database {
    /// A migrated one; `None` where this machine has none and the developer said that this is fine.
    async fn create() -> Option<Self> {
        let Ok(url) = std::env::var("SERIATIM_TEST_POSTGRES") else {
            let skip = std::env::var("SERIATIM_SKIP_POSTGRES");
            assert_eq!(skip.as_deref(), Ok("1"), "SERIATIM_TEST_POSTGRES names no server");
            println!("skipped: SERIATIM_SKIP_POSTGRES=1");
            return None;
        };
        let server: PgConnectOptions = url.parse().unwrap();
        let name = format!("seriatim_{}", Uuid::now_v7().simple());
        run(&mut server.connect().await.unwrap(), &format!("create database {name}")).await;
        let store = PostgresStore::over(server.clone().database(&name));
        store.migrate().await.unwrap();
        Some(Self { server, name, store })
    }

    async fn connect(&self) -> PgConnection {
        self.server.clone().database(&self.name).connect().await.unwrap()
    }

    async fn remove(self) {
        let drop = format!("drop database {} with (force)", self.name);
        run(&mut self.server.connect().await.unwrap(), &drop).await;
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

#[tokio::test]
async fn no_statement_about_purchases_walks_a_table() {
    let Some(database) = Database::create().await else { return };
    let mut writer = database.store.writers.acquire(ACQUIRE_TIMEOUT).await.unwrap();
    write::apply(&mut writer, &much()).await.unwrap();
    set_partitions_of_all(&mut *writer).await;
    let mut connection = database.connect().await;
    // Vacuuming also empties the list of rows that wait to enter the index over words.
    run(&mut connection, "vacuum analyze").await;
    let order = purchase(5_000);
    let mut session = Explained::new(&mut connection);
    for (status, customer, index) in [
        (None, None, "orders_by_time"),
        (Some("rejected"), None, "orders_by_status"),
        (None, Some(CustomerId(3)), "orders_by_customer"),
        (Some("accepted"), Some(CustomerId(3)), "orders_by_customer"),
    ] {
        let before = session.seen.len();
        let page = Page { limit: 50, after: Some(order.cursor()) };
        reading::page(&mut session, OrderFilter { status, customer }, page).await.unwrap();
        let plan = session.seen[before..].join("\n");
        assert!(plan.contains(index), "{plan}");
    }
    assert_eq!(reading::order(&mut session, order.order_id).await.unwrap().len(), 1);
    let asked = |words| {
        let cursor = order.cursor();
        let at = Value::Number(cursor.placed_at.0);
        vec![text(words), at, Value::Id(cursor.order_id.0), Value::Number(50)]
    };
    let (_, plan) = session.ask(walking_sql(), asked("'ada':*")).await;
    assert!(plan.contains("orders_by_time"), "{plan}");
    let (rows, plan) = session.ask(indexed_sql(), asked("'ada17':*")).await;
    assert!(plan.contains("orders_by_words") && !rows.is_empty(), "{plan}");
    let items = format!("explain {}", items_sql());
    let ids = vec![order.order_id.0, purchase(7).order_id.0];
    let plan: Vec<String> =
        query_scalar(AssertSqlSafe(items)).bind(ids).fetch_all(&mut connection).await.unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("order_items_pkey") && !plan.contains("Seq Scan"), "{plan}");
    ask_how_far_it_is(&mut Explained::new(&mut connection)).await;
    drop((writer, connection));
    database.remove().await;
}

#[tokio::test]
async fn no_statement_about_markets_walks_a_table() {
    let Some(database) = Database::create().await else { return };
    let mut writer = database.store.writers.acquire(ACQUIRE_TIMEOUT).await.unwrap();
    trading::write(&mut *writer, &of_a_market::much()).await.unwrap();
    let mut connection = database.connect().await;
    run(&mut connection, "vacuum analyze").await;
    let mut session = Explained::new(&mut connection);
    for change in [another(ORDERS), more()] {
        trading::write(&mut session, &[change]).await.unwrap();
    }
    ask_for_everything(&mut session).await;
    ask_for_what_is_sorted(&mut session).await;
    for index in INDEXES {
        let is_used = session.seen.iter().any(|step| step.contains(index));
        assert!(is_used, "{index} is never used");
    }
    drop((writer, connection));
    database.remove().await;
}
