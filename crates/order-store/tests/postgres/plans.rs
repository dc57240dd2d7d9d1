//! How Postgres finds what is asked of a market, by itself, once it has looked at what there is.

use sqlx::{AssertSqlSafe, query_scalar};

use crate::Database;
use crate::contract::TestDatabase as _;
use crate::contract::trading::words;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_question_about_a_market_reads_a_whole_table() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    let (mut market, mut decisions) = words::Market::usual();
    for round in 0..3_000_i64 {
        market.now = words::NEW_YEAR + round * 1_000;
        let (price, who) =
            ((100 + round % 50).to_string(), ["ada", "carol"][usize::from(round % 100 == 0)]);
        decisions.push(market.place(words::sell("bob", "0.1", &price)));
        decisions.push(market.place(words::buy(who, "0.1", &price)));
        if round % 30 == 0 {
            decisions.push(market.place(words::buy("ada", "0.1", &(50 + round % 40).to_string())));
        }
    }
    store.projections.apply(&words::batch(&decisions)).await.unwrap();
    database.execute("vacuum analyze").await;
    let page =
        "and (placed_at_ms, order_id) < (1767226000000, '00000000-0000-0000-0000-000000000001')
                order by placed_at_ms desc, order_id desc limit 50";
    let behind = "and at_ms <= 1767226000000 order by at_ms desc, symbol, number desc limit 50";
    let mut connection = database.connect().await;
    for (table, condition, index) in [
        ("market_orders", format!("true {page}"), "market_orders_by_time"),
        ("market_orders", format!("account = 'carol' {page}"), "market_orders_by_account"),
        ("market_orders", format!("symbol = 'ETH-BTC' {page}"), "market_orders_by_symbol"),
        ("market_orders", format!("status = 'closed' {page}"), "market_orders_by_status"),
        (
            "market_orders",
            format!("account = 'ada' and status = 'new' and remaining > 0 {page}"),
            "market_orders_",
        ),
        (
            "market_orders",
            "symbol = 'BTC-EUR' and side = 'buy' and remaining > 0 and price > 80".to_owned(),
            "market_orders_book",
        ),
        ("trades", "symbol = 'BTC-EUR' and number < 99".to_owned(), "trades_pkey"),
        ("trades", format!("maker_account = 'bob' {behind}"), "trades_by_maker"),
        ("trades", format!("taker_account = 'carol' {behind}"), "trades_by_taker"),
        (
            "trades",
            "symbol = 'BTC-EUR' and at_ms >= 1767226000000 and at_ms < 1767226060000".to_owned(),
            "trades_by_time",
        ),
    ] {
        let sql =
            format!("explain select * from {table} where venue = 'market/main' and {condition}");
        let plan: Vec<String> =
            query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{condition}\n{plan}");
    }
}
