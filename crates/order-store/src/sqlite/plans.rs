//! How SQLite finds what is asked for: always by an index, however much there is.

use order_domain::CustomerId;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use tempfile::TempDir;
use uuid::Uuid;

use super::SqliteStore;
use super::pages::Source;
use super::read::{items_sql, order_sql};
use crate::explained::{Explained, Explains, ask_how_far_it_is};
use crate::rows::Columns as _;
use crate::trading::explained::{
    INDEXES, ask_for_everything, ask_for_what_is_sorted, everything, more,
};
use crate::trading::session::{Value, text};
use crate::trading::write;
use crate::{OrderFilter, ProjectionStore as _};

/// What a plan may walk: rows that come with the statement, and what an index over words finds.
const WALKED: [&str; 5] = [
    "SCAN CONSTANT ROW",
    "SCAN 2 CONSTANT ROWS",
    "SCAN (subquery",
    "SCAN json_each",
    "SCAN order_words VIRTUAL TABLE INDEX",
];

/// Whether what has this name in `sql` is no table: something that the statement itself has found, or brings.
fn is_found_before(name: &str, sql: &str) -> bool {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let subquery = format!(") as {name}");
    let mut subqueries =
        words.match_indices(&subquery).map(|(at, _)| &words[at + subquery.len()..]);
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let in_front = ["with recursive ", "with ", ", "];
    subqueries.any(ends) || in_front.iter().any(|word| words.contains(&format!("{word}{name} (")))
}

impl Explains for SqliteConnection {
    const EXPLAIN: &'static str = "explain query plan";

    fn steps(plan: &[SqliteRow], sql: &str) -> Vec<(String, bool)> {
        let step = |row: &SqliteRow| {
            let step = row.text(3).unwrap().to_owned();
            // An index that is made for one statement is made of all rows.
            let walks = step.contains("AUTOMATIC")
                || step.strip_prefix("SCAN ").is_some_and(|walked| {
                    let name = walked.split(' ').next().unwrap_or_default();
                    let may_walk = |may: &&str| step.starts_with(may);
                    !WALKED.iter().any(may_walk) && !is_found_before(name, sql)
                });
            (step, walks)
        };
        plan.iter().map(step).collect()
    }
}

async fn migrated() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/store.db", folder.path().display());
    let store = SqliteStore::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn no_statement_about_purchases_walks_a_table() {
    let (_folder, store) = migrated().await;
    let mut connection = store.writer.acquire().await.unwrap();
    let mut session = Explained::new(&mut *connection);
    let number = Value::Number;
    let (_, plan) = session.ask(order_sql(), vec![Value::Id(Uuid::nil())]).await;
    assert!(plan.contains("(order_id=?)"), "{plan}");
    let (_, plan) = session.ask(items_sql(), vec![text("[1,2]")]).await;
    assert!(plan.contains("SEARCH order_items"), "{plan}");

    let customer = Some(CustomerId(1));
    let filtered = |status, customer| Source::Filtered(OrderFilter { status, customer });
    for (source, asked, last_key, page) in [
        (
            filtered(None, None),
            vec![],
            "PRIMARY KEY (rowid<?)",
            "PRIMARY KEY (rowid>? AND rowid<?)",
        ),
        (
            filtered(Some("accepted"), None),
            vec![text("accepted")],
            "orders_by_status (status=? AND rowid<?)",
            "rowid>? AND rowid<?)",
        ),
        (
            filtered(None, customer),
            vec![number(1)],
            "orders_by_customer (customer_id=? AND rowid<?)",
            "orders_by_customer (customer_id=? AND rowid>? AND rowid<?)",
        ),
        (
            filtered(Some("accepted"), customer),
            vec![text("accepted"), number(1)],
            "orders_by_customer (customer_id=?",
            "orders_by_customer (customer_id=?",
        ),
        (
            Source::Matching("\"ada\"*".to_owned()),
            vec![text("\"ada\"*")],
            "order_words VIRTUAL TABLE INDEX",
            "PRIMARY KEY (rowid=?)",
        ),
    ] {
        let is_match = matches!(source, Source::Matching(_));
        let values = [asked.clone(), vec![number(99), number(49)]].concat();
        let (_, plan) = session.ask(source.last_key_sql(), values).await;
        assert!(plan.contains(last_key), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        // The M says that the index is asked for words.
        assert_eq!(plan.contains(":M"), is_match, "{plan}");
        let behind = vec![number(1), number(99), number(9), Value::Id(Uuid::nil()), number(50)];
        let (_, plan) = session.ask(source.page_sql(), [asked, behind].concat()).await;
        assert!(plan.contains(page), "{plan}");
    }
    ask_how_far_it_is(&mut session).await;
}

#[tokio::test]
async fn no_statement_about_markets_walks_a_table() {
    let (_folder, store) = migrated().await;
    let mut connection = store.writer.acquire().await.unwrap();
    let mut session = Explained::new(&mut *connection);
    for change in [everything(), more()] {
        write::write(&mut session, &[change]).await.unwrap();
    }
    ask_for_everything(&mut session).await;
    let sorted = session.seen.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
    assert!(!sorted, "the indexes give every list in its order");
    ask_for_what_is_sorted(&mut session).await;
    let covering = ["COVERING INDEX market_orders_book", "COVERING INDEX trades_by_time"];
    for index in INDEXES.into_iter().chain(covering) {
        assert!(session.seen.iter().any(|step| step.contains(index)), "{index} is never used");
    }
}
