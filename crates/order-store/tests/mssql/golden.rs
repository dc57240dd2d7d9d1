//! Every statement that is sent, with its parameters, as golden files.
//!
//! A double answers, so that all that depends on an answer is sent, too.

use std::time::Duration;

use order_domain::{CustomerId, Offset, Partition, Timestamp};
use order_store::trading::{AccountTradeCursor, MarketOrderFilter, TradePage};
use order_store::{
    Cursor, OrderFilter, OrderStore, Page, ParkedSubject, ProjectionBatch, RetryTier,
};

use crate::contract::rows::{batch, order, order_id, page, rejected, step, stream};
use crate::contract::trading::words::{self, Market, SYMBOL, account, buy, sell, symbol, venue};
use crate::double::{Answer, Asked, Cell, Double, Given};
use crate::server::open_first;

/// The rows that a statement over many rows was given.
fn rows_given(asked: &Asked) -> usize {
    match asked.values.first() {
        Some(Given::Text(Some(json))) => {
            let rows: Vec<serde_json::Value> = serde_json::from_str(json).unwrap();
            rows.len()
        }
        _ => 1,
    }
}

fn numbers<const N: usize>(numbers: [i64; N]) -> Vec<Cell> {
    numbers.map(|number| Cell::Number(Some(number))).into()
}

/// An answer that lets the store go on: a market where everything is listed, and orders that stand at
/// their first version.
pub fn answer(asked: &Asked) -> Answer {
    let sql = asked.sql.as_str();
    let each_given = |more: &[i64]| {
        let places = 0..i64::try_from(rows_given(asked)).unwrap();
        Answer::Rows(
            places
                .map(|place| {
                    [numbers([place]), more.iter().map(|n| Cell::Number(Some(*n))).collect()]
                        .concat()
                })
                .collect(),
        )
    };
    if sql.contains("from sys.databases") {
        // A database that is as SQL Server makes it.
        Answer::rows([numbers([160, 0, 0])])
    } else if sql.contains("sp_getapplock") {
        Answer::number(0)
    } else if sql.contains("IsFullTextInstalled") {
        Answer::number(1)
    } else if sql.contains("max(version)") {
        Answer::rows([vec![Cell::Number(None)]])
    } else if sql.contains("Updateability") {
        Answer::rows([vec![Cell::Text(Some("READ_WRITE".to_owned()))]])
    } else if sql.ends_with("select @@rowcount") {
        let given = if sql.contains("openjson") { rows_given(asked) } else { 1 };
        Answer::number(given.try_into().unwrap())
    } else if sql.contains("as asked cross join market_orders o") {
        each_given(&[0, 0, 1, 0, 8, 2])
    } else if sql.contains("as asked cross join instruments i") {
        each_given(&[0, 8, 2])
    } else if sql.contains("as asked cross join assets a") {
        each_given(&[8])
    } else if sql.starts_with("select i.tick_scale") {
        Answer::rows([numbers([0, 8, 2])])
    } else if sql.starts_with("select opened_at_ms") || sql.starts_with("select newest_at_ms") {
        Answer::number(words::NEW_YEAR)
    } else if sql.starts_with("select count(*), sum(") {
        Answer::rows([numbers([0; 9])])
    } else {
        Answer::rows([])
    }
}

async fn store() -> (Double, OrderStore) {
    store_with("").await
}

async fn store_with(option: &str) -> (Double, OrderStore) {
    let double = Double::start(answer).await;
    let store = open_first(&(double.url() + option)).await;
    (double, store)
}

/// What was sent since the last time, without the tries of idle connections.
pub fn sent(double: &Double) -> String {
    let asked = double.take_asked();
    let sent = asked.iter().filter(|asked| asked.sql != "select 1").map(ToString::to_string);
    sent.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_new_connection() {
    let (double, store) = store().await;
    store.projections.set_partitions("order-events", 4).await.unwrap();
    store.queries.partitions("order-events").await.unwrap();
    insta::assert_snapshot!(sent(&double));
}

#[tokio::test]
async fn checks() {
    let (double, store) = store().await;
    // A check gives up soon; the one that succeeds is the last.
    while store.projections.check().await.is_err() {}
    let mut last = double.take_asked().pop().unwrap().to_string();
    while store.queries.check_readable().await.is_err() {}
    last += &double.take_asked().pop().unwrap().to_string();
    insta::assert_snapshot!(last);
}

#[tokio::test]
async fn migrations() {
    let (double, store) = store().await;
    store.projections.migrate().await.unwrap();
    insta::assert_snapshot!(sent(&double));
    let (double, store) = store_with("&search=full-text").await;
    store.projections.migrate().await.unwrap();
    let sent = sent(&double);
    let behind = sent.split("fulltextserviceproperty").nth(1).unwrap();
    insta::assert_snapshot!("full_text_index", behind);
}

#[tokio::test]
async fn a_batch_of_orders() {
    let (double, store) = store().await;
    let mut whole = batch(vec![order(1), rejected(2)]);
    whole.moves = vec![step(0, 3, 5), step(1, 0, 1)];
    whole.park = vec![ParkedSubject {
        partition: Partition(0),
        order_id: order_id(7),
        tier: RetryTier::Dead,
        last_source: Offset(9),
        since: Timestamp(1_767_225_600_123),
        cause: "the store refuses the data: 'no'".to_owned(),
    }];
    whole.unpark = vec![(Partition(0), order_id(8))];
    store.projections.apply(&whole).await.unwrap();
    store.projections.set_partitions("order-events", 4).await.unwrap();
    insta::assert_snapshot!(sent(&double));
}

#[tokio::test]
async fn the_first_checkpoint_and_an_order_that_replaces_another() {
    let double = Double::start(|asked| match asked.sql.as_str() {
        // No checkpoint was there.
        sql if sql.starts_with("update checkpoints") => Answer::number(0),
        sql if sql.contains("join orders with (updlock)") => {
            let mut row = vec![Cell::Id(order_id(1).0)];
            row.extend(numbers([0, 0]));
            Answer::rows([row])
        }
        _ => answer(asked),
    })
    .await;
    let store = open_first(&double.url()).await;
    let whole = ProjectionBatch { moves: vec![step(0, 0, 1)], ..batch(vec![order(1)]) };
    store.projections.apply(&whole).await.unwrap();
    insta::assert_snapshot!(sent(&double));
}

#[tokio::test]
async fn a_batch_of_a_market() {
    let (double, store) = store().await;
    let (mut market, mut decisions) = Market::usual();
    decisions.truncate(4);
    decisions.push(market.halt());
    decisions.push(market.resume());
    decisions.push(market.place(sell("bob", "1", "100")));
    decisions.push(market.place(buy("ada", "1.5", "101")));
    store.projections.apply(&words::batch(&decisions)).await.unwrap();
    insta::assert_snapshot!(sent(&double));
    let amended = market.amend(4, Some("99"), None);
    let mut change = words::batch([&amended]);
    // As the double has it.
    change.trading[0].orders[0].version_before = 1;
    store.projections.apply(&change).await.unwrap();
    insta::assert_snapshot!("a_change_of_a_market", sent(&double));
}

#[tokio::test]
async fn questions_about_orders() {
    let (double, store) = store().await;
    let queries = &store.queries;
    queries.order(order_id(1)).await.unwrap();
    queries.orders(OrderFilter::default(), page(50)).await.unwrap();
    let behind = Page { limit: 9, after: Some(order(7).cursor()) };
    let filter = OrderFilter { status: Some("accepted"), customer: Some(CustomerId(4)) };
    queries.orders(filter, behind).await.unwrap();
    queries.search_customers("Zoë O'Neill; drop table orders", behind).await.unwrap();
    queries.projected(&stream(3)).await.unwrap();
    queries.partitions("order-events").await.unwrap();
    store.projections.parked(Partition(2)).await.unwrap();
    insta::assert_snapshot!(sent(&double));
}

#[tokio::test]
async fn a_full_text_search() {
    let (double, store) = store_with("&search=full-text").await;
    store.queries.search_customers("Zoë \"or* O'Neill", page(5)).await.unwrap();
    insta::assert_snapshot!(sent(&double));
}

#[tokio::test]
async fn questions_about_a_market() {
    let (double, store) = store().await;
    let (trading, market, of) = (&store.trading, venue(), symbol(SYMBOL));
    trading.market_order(&market, words::order(1)).await.unwrap();
    let behind = Some(Cursor { placed_at: Timestamp(7), order_id: words::order(7) });
    let open = MarketOrderFilter {
        status: Some(order_domain::trading::OrderStatus::New),
        symbol: Some(of.clone()),
        account: Some(account("ada")),
    };
    for filter in [MarketOrderFilter::default(), open] {
        trading.market_orders(&market, &filter, Page { limit: 50, after: behind }).await.unwrap();
    }
    trading.depth(&market, &of, 10).await.unwrap();
    trading.trades(&market, &of, TradePage { limit: 50, after: Some(9) }).await.unwrap();
    trading.ticker(&market, &of).await.unwrap();
    let (width, limit) = (Duration::from_mins(1), 100.try_into().unwrap());
    trading.candles(&market, &of, width, Timestamp(words::NEW_YEAR), limit).await.unwrap();
    trading.instruments(&market).await.unwrap();
    trading.instrument_statistics(&market, &of).await.unwrap();
    insta::assert_snapshot!(sent(&double));
}

#[tokio::test]
async fn questions_about_an_account() {
    let (double, store) = store().await;
    let (trading, market, ada) = (&store.trading, venue(), account("ada"));
    trading.account(&market, &ada).await.unwrap();
    let after =
        AccountTradeCursor { at: Timestamp(7), symbol: symbol(SYMBOL), number: 3, as_maker: false };
    for after in [None, Some(after)] {
        trading.account_trades(&market, &ada, TradePage { limit: 50, after }).await.unwrap();
    }
    trading.account_statistics(&market, &ada).await.unwrap();
    insta::assert_snapshot!(sent(&double));
}
