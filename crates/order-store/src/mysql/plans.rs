//! How the server finds what is asked for: always by an index, however much there is.

use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{Currency, CustomerId, Money, Offset, OrderId, Partition, Position, Timestamp};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, raw_sql};
use uuid::Uuid;

use super::pages::filtered_sql;
use super::read::items_sql;
use super::search::{counting_sql, looking_up_sql, oldest_walked_sql, walking_sql};
use super::{MysqlStore, write};
use crate::multi_row::Sql;
use crate::trading::dialect::Dialect;
use crate::trading::explained::{
    another, ask_for_everything, ask_for_what_is_sorted, everything, more,
};
use crate::trading::session::{Session, Value, text};
use crate::trading::write as trading;
use crate::{
    OrderFilter, OrderRow, OrderStatus, ProjectionBatch, ProjectionStore as _, StoreError,
};

/// A session that first asks how a statement would be done, and makes sure that no table is walked.
struct Explained<'a> {
    connection: &'a mut MySqlConnection,
    /// The tables that were looked into, by which index, and what else is done.
    seen: Vec<String>,
}

impl Explained<'_> {
    async fn explain(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<(), StoreError> {
        let text = format!("explain {}", sql.0);
        let plan = self.connection.fetch(AssertSqlSafe(text.into()), values.to_vec()).await?;
        for row in &plan {
            let column = |name: &str| row.get::<Option<String>, _>(name).unwrap_or_default();
            let [select, table, access] = ["select_type", "table", "type"].map(column);
            let step = format!("{table} {access} {} {}", column("key"), column("Extra"));
            // What stands in angle brackets comes with the statement, or was found already.
            let is_walked = ["ALL", "index"].contains(&access.as_str()) && !table.starts_with('<');
            assert!(!is_walked || select == "INSERT", "{step}\n{}", sql.0);
            self.seen.push(step);
        }
        Ok(())
    }

    fn has_used(&self, index: &str) -> bool {
        self.seen.iter().any(|step| step.contains(&format!(" {index} ")))
    }
}

impl Session for Explained<'_> {
    type Row = MySqlRow;

    const DIALECT: Dialect = MySqlConnection::DIALECT;

    async fn fetch(
        &mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
    ) -> Result<Vec<MySqlRow>, StoreError> {
        self.explain(&sql, &values).await?;
        self.connection.fetch(sql, values).await
    }

    async fn execute(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<u64, StoreError> {
        self.explain(&sql, &values).await?;
        self.connection.execute(sql, values).await
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

fn purchase(number: u64) -> OrderRow {
    let at = Timestamp(number.cast_signed());
    let price = Money::from_minor(999, Currency::Eur);
    OrderRow {
        order_id: OrderId(Uuid::from_u64_pair(number, number)),
        source: Position::new(Partition(0), Offset(number)),
        version: 1,
        status: OrderStatus::Accepted,
        rejection_detail: None,
        placed_at: at,
        updated_at: at,
        customer: Customer {
            id: CustomerId(number % 100),
            name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: format!("ada{number}@example.com"),
        },
        shipping_address: String::new(),
        billing_address: String::new(),
        total: price,
        payment_method: PaymentMethod::Card,
        items: vec![Item {
            item_code: "1".to_owned(),
            brand: String::new(),
            kind: String::new(),
            size: String::new(),
            colour: String::new(),
            quantity: 1,
            price,
        }],
    }
}

async fn run(connection: &mut MySqlConnection, sql: &str) {
    raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

#[tokio::test]
async fn no_statement_about_markets_walks_a_table() {
    let Some(database) = Database::create().await else { return };
    let mut connection = database.store.writers.acquire(super::ACQUIRE_TIMEOUT).await.unwrap();
    let mut changes = vec![everything()];
    changes.extend((2..2_000).map(another));
    trading::write(&mut *connection, &changes).await.unwrap();
    run(&mut connection, "analyze table market_orders, trades, instruments, accounts").await;
    let mut session = Explained { connection: &mut connection, seen: Vec::new() };
    for change in [another(2_000), more()] {
        trading::write(&mut session, &[change]).await.unwrap();
    }
    ask_for_everything(&mut session).await;
    // Sums by symbol are put together in a temporary table; a list never is.
    let is_sorted = |step: &&String| step.contains("filesort") && !step.contains("temporary");
    let sorted = session.seen.iter().find(is_sorted);
    assert_eq!(sorted, None, "the indexes give every list in its order");
    ask_for_what_is_sorted(&mut session).await;
    for index in [
        "market_orders_by_time",
        "market_orders_by_account",
        "market_orders_by_symbol",
        "market_orders_by_status",
        "market_orders_open_by_account",
        "market_orders_book",
        "trades_by_time",
        "trades_by_maker",
        "trades_by_taker",
    ] {
        assert!(session.has_used(index), "{index} is never used");
    }
    drop(connection);
    database.remove().await;
}

#[tokio::test]
async fn no_statement_about_purchases_walks_a_table() {
    let Some(database) = Database::create().await else { return };
    let mut connection = database.store.writers.acquire(super::ACQUIRE_TIMEOUT).await.unwrap();
    let orders = (0..2_000).map(purchase).collect();
    let batch = ProjectionBatch { orders, ..ProjectionBatch::default() };
    write::apply(&mut connection, &batch).await.unwrap();
    run(&mut connection, "analyze table orders, order_items, order_words").await;
    let order = purchase(1_000);
    let at = || Value::Number(order.placed_at.0);
    let behind = || vec![at(), at(), Value::Id(order.order_id.0)];
    let (limit, pattern) = (|| Value::Number(50), || text("ada1%"));
    let mut session = Explained { connection: &mut connection, seen: Vec::new() };
    let mut ask = async |sql: String, values: Vec<Vec<Value<'_>>>| {
        let before = session.seen.len();
        let rows = session.fetch(AssertSqlSafe(sql.into()), values.concat()).await.unwrap();
        assert!(!rows.is_empty(), "the statement finds something");
        session.seen[before..].join("\n")
    };
    for (status, customer, index) in [
        (None, None, "PRIMARY"),
        (Some("accepted"), None, "orders_by_status"),
        (None, Some(CustomerId(3)), "orders_by_customer"),
        (Some("accepted"), Some(CustomerId(3)), "orders_by_customer"),
    ] {
        let mut values = Vec::new();
        values.extend(status.map(text));
        values.extend(customer.map(|customer| Value::Number(customer.0.cast_signed())));
        let sql = filtered_sql(OrderFilter { status, customer });
        let plan = ask(sql, vec![values, behind(), vec![limit()]]).await;
        assert!(plan.contains(index) && !plan.contains("filesort"), "{plan}");
    }
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
