//! By which index each path of the API is served: no plan can be asked for without a server, but the columns
//! that a statement compares and sorts by are the first of the index that is named for it, in its order.

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::trading::OrderStatus;
use order_domain::{CustomerId, Partition, Timestamp};
use order_store::trading::{AccountTradeCursor, MarketOrderFilter, TradePage};
use order_store::{OrderFilter, OrderStore};

use crate::contract::rows::{order_id, page, stream};
use crate::contract::trading::words::{self, SYMBOL, account, symbol, venue};
use crate::double::{Asked, Double};
use crate::golden;
use crate::server::open_first;

/// The columns of an index or a key, in its order, less what it only includes.
fn columns_of(index: &str) -> Vec<String> {
    let migrations = concat!(
        include_str!("../../migrations/mssql/0001_orders.sql"),
        include_str!("../../migrations/mssql/0002_markets.sql")
    );
    let migrations = spaced(migrations);
    let named = [format!("index {index} on "), format!("constraint {index} primary key ")];
    let at = named.iter().find_map(|named| migrations.split_once(named.as_str()));
    let (before, behind) = at.unwrap_or_else(|| panic!("there is no index {index}"));
    let (what, columns) = behind.split_once(['(', ',']).expect("more of the table");
    if what.trim().ends_with("clustered") && !behind[what.len()..].starts_with('(') {
        // A key of one column, which is the table's first.
        let column = before.rsplit("( ").next().and_then(|own| own.split_whitespace().next());
        return vec![column.expect("a column").to_owned()];
    }
    let (columns, _) = columns.split_once(')').expect("columns in brackets");
    let name =
        |column: &str| column.trim().trim_end_matches(" desc").trim_matches(['[', ']']).to_owned();
    columns.split(',').map(name).collect()
}

/// With one blank between words.
fn spaced(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Makes sure that `sql` compares the first columns of the index with placeholders, and sorts by the next.
fn serves(index: &str, equal: usize, sorted: usize, sql: &str) {
    let columns = columns_of(index);
    for column in &columns[..equal] {
        let compared = [".", " ", "[", "("].iter().any(|before| {
            ["", "]"].iter().any(|after| sql.contains(&format!("{before}{column}{after} = @P")))
        });
        assert!(compared, "{index}: {column} is not compared in\n{sql}");
    }
    if sorted > 0 {
        let by = sql.rsplit("order by ").next().expect("an order");
        let mut terms = by.split(',').map(|term| {
            let name = term.split_whitespace().next().unwrap_or_default();
            name.rsplit('.').next().unwrap_or_default()
        });
        for column in &columns[equal..equal + sorted] {
            assert_eq!(terms.next(), Some(column.as_str()), "{index}:\n{sql}");
        }
    }
}

/// The statement about `table` that was sent last.
fn about(asked: &[Asked], table: &str) -> String {
    let names = ["from", "join"].map(|word| format!("{word} {table} "));
    let mut statements = asked.iter().rev().map(|asked| spaced(&asked.sql) + " ");
    let found = statements.find(|sql| names.iter().any(|name| sql.contains(name.as_str())));
    found.unwrap_or_else(|| panic!("nothing was asked about {table}"))
}

async fn store() -> (Double, OrderStore) {
    let double = Double::start(golden::answer).await;
    let store = open_first(&double.url()).await;
    (double, store)
}

#[tokio::test]
async fn purchases_are_found_by_an_index() {
    let (double, store) = store().await;
    let queries = &store.queries;
    queries.order(order_id(1)).await.unwrap();
    serves("orders_key", 1, 0, &about(&double.take_asked(), "orders"));
    for (status, customer, index, equal) in [
        (None, None, "orders_by_time", 0),
        (Some("accepted"), None, "orders_by_status", 1),
        (None, Some(CustomerId(4)), "orders_by_customer", 1),
        (Some("accepted"), Some(CustomerId(4)), "orders_by_customer", 1),
    ] {
        queries.orders(OrderFilter { status, customer }, page(50)).await.unwrap();
        serves(index, equal, 2, &about(&double.take_asked(), "orders"));
    }
    queries.search_customers("ada", page(50)).await.unwrap();
    let asked = double.take_asked();
    let by_word = about(&asked, "order_words");
    assert!(by_word.contains("select order_id from order_words where word like @P"), "{by_word}");
    assert_eq!(columns_of("order_words_by_word"), ["word", "order_id"]);
    assert!(asked.iter().any(|asked| asked.sql.contains("has.order_id = newest.order_id")));
    assert_eq!(columns_of("order_words_key"), ["order_id", "word"]);
    assert_eq!(columns_of("order_items_key"), ["order_id", "line"]);
    queries.projected(&stream(3)).await.unwrap();
    serves("checkpoints_key", 2, 0, &about(&double.take_asked(), "checkpoints"));
    queries.partitions("order-events").await.unwrap();
    serves("topics_key", 1, 0, &about(&double.take_asked(), "topics"));
    store.projections.parked(Partition(2)).await.unwrap();
    serves("parked_subjects_key", 1, 1, &about(&double.take_asked(), "parked_subjects"));
}

#[tokio::test]
async fn orders_of_a_market_are_found_by_an_index() {
    let (double, store) = store().await;
    let (trading, market) = (&store.trading, venue());
    trading.market_order(&market, words::order(1)).await.unwrap();
    serves("market_orders_key", 2, 0, &about(&double.take_asked(), "market_orders"));
    let (of, ada) = (|| Some(symbol(SYMBOL)), || Some(account("ada")));
    let (open, closed) = (Some(OrderStatus::New), Some(OrderStatus::Closed));
    for (status, symbol, account, index, equal) in [
        (None, None, None, "market_orders_by_time", 1),
        (closed, None, None, "market_orders_by_status", 2),
        (None, of(), None, "market_orders_by_symbol", 2),
        (None, None, ada(), "market_orders_by_account", 2),
        (None, of(), ada(), "market_orders_by_account", 2),
        (open, None, ada(), "market_orders_open_by_account", 2),
        (open, of(), ada(), "market_orders_open_by_account", 2),
    ] {
        let filter = MarketOrderFilter { status, symbol, account };
        trading.market_orders(&market, &filter, page(50)).await.unwrap();
        let sql = about(&double.take_asked(), "market_orders");
        serves(index, equal, 2, &sql);
        let of_open_ones = index.contains("open");
        assert_eq!(
            sql.contains("and remaining > 0"),
            of_open_ones,
            "as the index is filtered: {sql}"
        );
    }
    trading.depth(&market, &symbol(SYMBOL), 10).await.unwrap();
    let sql = about(&double.take_asked(), "market_orders");
    serves("market_orders_book", 3, 1, &sql);
    assert!(sql.contains("and remaining > 0"), "{sql}");
}

#[tokio::test]
async fn trades_and_all_else_are_found_by_an_index() {
    let (double, store) = store().await;
    let (trading, market, of, ada) = (&store.trading, venue(), symbol(SYMBOL), account("ada"));
    trading.trades(&market, &of, TradePage { limit: 50, after: Some(9) }).await.unwrap();
    let asked = double.take_asked();
    serves("trades_key", 2, 1, &about(&asked, "trades"));
    serves("instruments_key", 2, 0, &about(&asked, "instruments"));
    trading.ticker(&market, &of).await.unwrap();
    serves("markets_key", 1, 0, &about(&double.take_asked(), "markets"));
    let (width, limit) = (Duration::from_mins(1), NonZeroU32::MIN);
    trading.candles(&market, &of, width, Timestamp(0), limit).await.unwrap();
    let sql = about(&double.take_asked(), "trades");
    serves("trades_by_time", 2, 0, &sql);
    assert!(sql.contains("and at_ms >= @from order by at_ms)"), "{sql}");
    trading.account(&market, &ada).await.unwrap();
    let asked = double.take_asked();
    serves("accounts_key", 2, 0, &about(&asked, "accounts"));
    serves("balances_key", 2, 1, &about(&asked, "balances"));
    let after = AccountTradeCursor { at: Timestamp(7), symbol: of, number: 3, as_maker: false };
    for after in [None, Some(after)] {
        trading.account_trades(&market, &ada, TradePage { limit: 50, after }).await.unwrap();
        let sql = about(&double.take_asked(), "trades");
        let (taking, making) = sql.split_once("union all").expect("both sides");
        let making = making.split_once(") as making").expect("its end").0;
        let taking = taking.split_once(") as taking").expect("its end").0;
        serves("trades_by_taker", 2, 3, taking);
        serves("trades_by_maker", 2, 3, making);
    }
    trading.account_statistics(&market, &ada).await.unwrap();
    serves("trades_by_maker", 2, 0, &about(&double.take_asked(), "trades"));
}
