//! What a store holds, compared with what another one does.

use order_domain::{OrderId, Partition, Timestamp};
use order_store::content::{
    ContentTable, ContentValue, ContentView, Difference, RowDifference, compare, differing_rows,
};
use order_store::{OrderStore, ParkedSubject, ProjectionBatch, RetryTier};
use uuid::Uuid;

use super::TestDatabase;
use super::rows::{batch, checkpoint, order, order_id, rejected, step, stream};
use super::trading::words::{Market, batch as market_batch, buy, sell, symbol};

async fn view(store: &OrderStore) -> ContentView {
    store.content.view().await.unwrap()
}

/// Purchases 0 to 99 and a market with open orders and trades, in batches of `at_once`.
async fn fill(store: &OrderStore, at_once: usize) {
    let rows: Vec<_> = (0..100).map(|n| if n % 9 == 0 { rejected(n) } else { order(n) }).collect();
    for rows in rows.chunks(at_once) {
        store.projections.apply(&batch(rows.to_vec())).await.unwrap();
    }
    let (mut market, mut decisions) = Market::usual();
    for price in 0..20 {
        let price = (100 + price % 5).to_string();
        decisions.push(market.place(sell("ada", "0.5", &price)));
        decisions.push(market.place(buy("bob", "0.7", &price)));
    }
    // An order that names no instrument of the market.
    let mut unknown = buy("bob", "1", "1");
    unknown.symbol = symbol("XRP-EUR");
    decisions.push(market.place(unknown));
    for decisions in decisions.chunks(at_once) {
        store.projections.apply(&market_batch(decisions)).await.unwrap();
    }
}

/// How many rows differ in each table, of those that differ at all.
async fn differences(left: &OrderStore, right: &OrderStore) -> Vec<RowDifference> {
    let (mut left, mut right) = (view(left).await, view(right).await);
    let mut differences = Vec::new();
    for table in ContentTable::ALL {
        let found = compare(&mut left, &mut right, table).await.unwrap();
        assert_eq!(found.columns, table.columns(), "{table}");
        assert_eq!(found.left_out(), [""; 0], "{table}");
        let rows = differing_rows(&mut left, &mut right, &found, 10).await.unwrap();
        assert_eq!(rows.is_empty(), found.is_same(), "{table}: {rows:?}");
        differences.extend(rows);
    }
    differences
}

pub async fn stores_that_were_filled_alike_hold_the_same<D: TestDatabase>(database: &D) {
    let Some(other) = D::create().await else { return };
    let (one, other) = (database.migrated().await, other.migrated().await);
    fill(&one, 7).await;
    fill(&other, 100).await;
    assert_eq!(differences(&one, &other).await, []);
    let mut view = view(&one).await;
    for (table, rows) in [
        (ContentTable::Orders, 100),
        (ContentTable::OrderItems, 2 * (100 - 12)),
        (ContentTable::Markets, 1),
        (ContentTable::Instruments, 2),
        (ContentTable::Assets, 3),
        (ContentTable::Accounts, 3),
        (ContentTable::MarketOrders, 41),
    ] {
        let summary = view.summary(table, table.columns()).await.unwrap();
        assert_eq!(summary.rows(), rows, "{table}");
    }
    for table in [ContentTable::Balances, ContentTable::Trades] {
        assert!(view.summary(table, table.columns()).await.unwrap().rows() > 0, "{table}");
    }
}

pub async fn a_row_that_differs_is_found<D: TestDatabase>(database: &D) {
    let Some(other) = D::create().await else { return };
    let (one, other) = (database.migrated().await, other.migrated().await);
    fill(&one, 50).await;
    fill(&other, 50).await;
    let mut changed = order(7);
    changed.source.offset.0 += 1_000;
    changed.customer.name = "Grace".into();
    one.projections.apply(&batch(vec![order(200)])).await.unwrap();
    other.projections.apply(&batch(vec![changed])).await.unwrap();

    let found = differences(&one, &other).await;
    let of = |id: u64, table| {
        let id = ContentValue::Id(order_id(id).0);
        let of_order =
            |row: &&RowDifference| row.table == table && row.key[0] == ("order_id", id.clone());
        found.iter().filter(of_order).map(|row| row.difference.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(200, ContentTable::Orders), [Difference::OnlyLeft]);
    assert_eq!(of(200, ContentTable::OrderItems), [Difference::OnlyLeft, Difference::OnlyLeft]);
    let text = |text: &'static str| ContentValue::Text(text.into());
    let values = vec![
        ("source_offset", ContentValue::Number(7), ContentValue::Number(1_007)),
        ("customer_name", text("Ada"), text("Grace")),
    ];
    assert_eq!(of(7, ContentTable::Orders), [Difference::Values(values)]);
    assert_eq!(found.len(), 4, "{found:?}");
    let turned = differences(&other, &one).await;
    let only_right = turned.iter().filter(|row| row.difference == Difference::OnlyRight).count();
    assert_eq!((turned.len(), only_right), (4, 3), "{turned:?}");
}

pub async fn a_view_is_of_one_moment(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let apply = async |from: u64, to: u64| {
        let moves = vec![step(0, from, to)];
        let orders = (from..to).map(order).collect();
        let parked = ParkedSubject {
            partition: Partition(0),
            order_id: OrderId(Uuid::from_u128(to.into())),
            tier: RetryTier::Dead,
            last_source: step(0, from, to).to.next,
            since: Timestamp(5),
            cause: "poison".to_owned(),
        };
        let park = vec![parked.clone()];
        let batch = ProjectionBatch { moves, orders, park, ..ProjectionBatch::default() };
        store.projections.apply(&batch).await.unwrap();
        parked
    };
    let first = apply(0, 3).await;
    let mut early = view(&store).await;
    let second = apply(3, 5).await;
    let mut late = view(&store).await;
    for (view, next, parked) in
        [(&mut early, 3, vec![first.clone()]), (&mut late, 5, vec![first, second])]
    {
        let checkpoints = view.checkpoints().await.unwrap();
        assert_eq!(checkpoints.into_iter().collect::<Vec<_>>(), [(stream(0), checkpoint(next))]);
        let orders = view.summary(ContentTable::Orders, ContentTable::Orders.columns()).await;
        assert_eq!(orders.unwrap().rows(), next);
        assert_eq!(view.parked().await.unwrap(), parked);
    }
}

/// What another build's schema does not have is left out, and the rest is compared.
pub async fn what_a_schema_lacks_is_left_out<D: TestDatabase>(database: &D) {
    let Some(other) = D::create().await else { return };
    let (one, younger) = (database.migrated().await, other.migrated().await);
    fill(&one, 50).await;
    fill(&younger, 50).await;
    other.execute("drop table assets").await;
    other.execute("alter table orders drop column version").await;
    let (mut left, mut right) = (view(&one).await, view(&younger).await);
    let assets = compare(&mut left, &mut right, ContentTable::Assets).await.unwrap();
    assert_eq!((assets.columns.len(), assets.left_out().len()), (0, 3));
    let orders = compare(&mut left, &mut right, ContentTable::Orders).await.unwrap();
    assert_eq!(orders.left_out(), ["version"]);
    assert!(orders.is_same());
    assert_eq!(orders.left.rows(), 100);
}
