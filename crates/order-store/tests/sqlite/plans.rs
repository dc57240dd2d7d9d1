//! How SQLite finds what is asked for.

use sqlx::{AssertSqlSafe, Row, query};

use crate::File;
use crate::contract::TestDatabase as _;

#[tokio::test]
async fn no_offered_query_reads_the_whole_table() {
    let file = File::create().await.unwrap();
    file.migrated().await;
    let mut connection = file.connect().await;
    let page = "and order_key between 1 and 99 and (placed_at_ms, order_id) < (9, x'00')
                order by placed_at_ms desc, order_id desc limit 50";
    let last = "and order_key < 99 order by order_key desc limit 1 offset 49";
    let words = "order_key in (select rowid from order_words
                               where order_words match '\"a\"*' and rowid between 1 and 99)";
    for (condition, step, index) in [
        ("order_id = x'00'", "", "(order_id=?)"),
        ("true", last, "PRIMARY KEY (rowid<?)"),
        ("true", page, "PRIMARY KEY (rowid>? AND rowid<?)"),
        ("status = 'x'", last, "orders_by_status (status=? AND rowid<?)"),
        ("customer_id = 1", last, "orders_by_customer (customer_id=? AND rowid<?)"),
        ("customer_id = 1", page, "orders_by_customer (customer_id=? AND rowid>? AND rowid<?)"),
        ("+status = 'x' and customer_id = 1", last, "orders_by_customer (customer_id=?"),
        ("+status = 'x' and customer_id = 1", page, "orders_by_customer (customer_id=?"),
        (words, "and (placed_at_ms, order_id) < (9, x'00') order by 1 limit 9", "PRIMARY KEY"),
    ] {
        let sql = format!("explain query plan select * from orders where {condition} {step}");
        let plan = query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{condition} {step}\n{plan:?}");
        assert!(!plan.iter().any(|line| line == "SCAN orders"), "{condition} {step}\n{plan:?}");
    }
}
