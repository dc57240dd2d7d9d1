//! Lists of orders: their order, their filters, and pages that stay stable.

use order_domain::VenueId;
use order_domain::trading::command::PlaceOrder;
use order_domain::trading::{OrderStatus, Request};
use order_store::trading::{MarketOrder, MarketOrderFilter};
use order_store::{PAGE_ROWS_MAX, Page, ProjectionBatch};

use super::super::TestDatabase;
use super::words::{
    Scene, account, all_orders, batch, buy, change, instrument, order, sell, symbol, venue,
};

fn newest_first(mut orders: Vec<MarketOrder>) -> Vec<MarketOrder> {
    orders.sort_by_key(|order| std::cmp::Reverse((order.placed_at, order.order_id)));
    orders
}

/// Orders of three members on two instruments, and one that nobody lists, in every status; several
/// in each millisecond.
async fn busy(database: &impl TestDatabase) -> Scene {
    let mut scene = Scene::usual(database.migrated().await).await;
    for round in 0..12_i64 {
        let price = (100 + round % 3).to_string();
        scene.place_at(round, sell("bob", "1", &price)).await;
        scene.place(buy("ada", "1.5", &price)).await;
        let mut elsewhere = buy("carol", "2", "5");
        elsewhere.symbol = symbol(if round % 2 == 0 { "ETH-BTC" } else { "NO-SUCH" });
        scene.place(elsewhere).await;
        scene.place(buy("carol", "0.5", "50")).await;
        if round % 3 == 0 {
            let (last, before) = (scene.market.last, scene.market.last - 2);
            for id in [last, before] {
                let cancelled = scene.market.cancel(id);
                scene.apply(&cancelled).await;
            }
        }
    }
    scene
}

pub async fn pages_walk_all_orders_newest_first(database: &impl TestDatabase) {
    let scene = busy(database).await;
    let expected = newest_first(scene.orders().await);
    assert_eq!(expected.len(), 48);
    for limit in [1, 7, 48, 49] {
        let filter = MarketOrderFilter::default();
        assert_eq!(all_orders(&scene.store, &filter, limit).await, expected);
    }
}

pub async fn filters_hold_together(database: &impl TestDatabase) {
    let scene = busy(database).await;
    let all = newest_first(scene.orders().await);
    let statuses = OrderStatus::ALL.map(Some).into_iter().chain([None]);
    let mut found_some = 0;
    for status in statuses {
        for symbol_name in [None, Some("BTC-EUR"), Some("ETH-BTC"), Some("NO-SUCH"), Some("X")] {
            for who in [None, Some("ada"), Some("carol"), Some("nobody")] {
                let filter = MarketOrderFilter {
                    status,
                    symbol: symbol_name.map(symbol),
                    account: who.map(account),
                };
                let passes = |order: &&MarketOrder| {
                    status.is_none_or(|status| order.status == status)
                        && filter.symbol.as_ref().is_none_or(|symbol| order.terms.symbol == *symbol)
                        && filter.account.as_ref().is_none_or(|who| order.terms.account == *who)
                };
                let expected: Vec<_> = all.iter().filter(passes).cloned().collect();
                found_some += usize::from(!expected.is_empty());
                assert_eq!(all_orders(&scene.store, &filter, 5).await, expected, "{filter:?}");
            }
        }
    }
    assert!(found_some > 20, "{found_some}");
}

pub async fn pages_stay_stable_while_orders_arrive(database: &impl TestDatabase) {
    let mut scene = busy(database).await;
    let expected = newest_first(scene.orders().await);
    let mut seen: Vec<MarketOrder> = Vec::new();
    loop {
        let page = Page { limit: 5, after: seen.last().map(MarketOrder::cursor) };
        let filter = MarketOrderFilter::default();
        let found = scene.store.trading.market_orders(&venue(), &filter, page).await.unwrap();
        if found.is_empty() {
            break;
        }
        seen.extend(found);
        scene.place_at(1_000, buy("ada", "1", "20")).await;
    }
    assert_eq!(seen, expected);
}

pub async fn a_page_of_orders_is_bounded(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let many: Vec<_> =
        (0..PAGE_ROWS_MAX + 20).map(|_| scene.market.place(buy("ada", "1", "20"))).collect();
    scene.store.projections.apply(&batch(&many)).await.unwrap();
    let page = async |limit| {
        let (filter, page) = (MarketOrderFilter::default(), Page { limit, after: None });
        scene.store.trading.market_orders(&venue(), &filter, page).await.unwrap()
    };
    assert_eq!(page(u32::MAX).await.len(), PAGE_ROWS_MAX as usize);
    let newest: Vec<_> = page(0).await.iter().map(|order| order.order_id).collect();
    assert_eq!(newest, [order(scene.market.last)]);
}

pub async fn another_market_is_not_seen(database: &impl TestDatabase) {
    let mut scene = busy(database).await;
    let elsewhere = VenueId::new("market/other").unwrap();
    let trading = scene.store.trading.clone();
    let (filter, page) = (MarketOrderFilter::default(), Page { limit: 9, after: None });
    assert_eq!(trading.market_orders(&elsewhere, &filter, page).await.unwrap(), []);
    assert_eq!(trading.market_order(&elsewhere, order(1)).await.unwrap(), None);
    assert_eq!(trading.instruments(&elsewhere).await.unwrap(), []);
    assert_eq!(trading.account(&elsewhere, &account("ada")).await.unwrap(), None);
    assert_eq!(trading.ticker(&elsewhere, &symbol("BTC-EUR")).await.unwrap(), None);

    // An account of the same name may use the same key there: the id is the same, the order not.
    let before = scene.order(order(1)).await;
    let decision = scene
        .market
        .ask_as(1_000, Request::PlaceOrder(PlaceOrder { terms: buy("ada", "3", "21") }));
    let mut there = change(&decision);
    there.venue = elsewhere.clone();
    there.orders[0].order_id = order(1);
    let mut listed = change(&scene.market.list(instrument("LTC-EUR")));
    listed.venue = elsewhere.clone();
    listed.listed = vec![instrument("BTC-EUR")];
    let batch = ProjectionBatch { trading: vec![listed, there], ..Default::default() };
    scene.store.projections.apply(&batch).await.unwrap();
    assert_eq!(scene.order(order(1)).await, before);
    let found = trading.market_order(&elsewhere, order(1)).await.unwrap().unwrap();
    assert_eq!(found.terms, buy("ada", "3", "21"));
}
