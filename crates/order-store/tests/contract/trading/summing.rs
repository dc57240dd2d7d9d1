//! Sums: the book by levels, and statistics.

use std::collections::BTreeMap;

use order_domain::trading::event::{TradeExecuted, TradeSide};
use order_domain::trading::{OrderStatus, SelfTrade, Side};
use order_domain::{Decimal, Timestamp};
use order_store::ProjectionBatch;
use order_store::trading::{
    AccountStatistics, Depth, InstrumentStatistics, Level, MarketChange, MarketOrderFilter,
    OrderChange, OrderProgress, PlacedOrder,
};

use super::super::TestDatabase;
use super::words::{
    Market, SYMBOL, Scene, account, all_orders, batch, buy, change, instrument, limit, number,
    order, sell, short, symbol, venue,
};

async fn depth(scene: &Scene, levels: u32) -> Depth {
    scene.store.trading.depth(&venue(), &symbol(SYMBOL), levels).await.unwrap().unwrap()
}

pub async fn what_a_market_does_not_have_is_none(database: &impl TestDatabase) {
    let scene = Scene::usual(database.migrated().await).await;
    let trading = &scene.store.trading;
    let (market, nothing, nobody) = (venue(), symbol("NO-SUCH"), account("nobody"));
    let page = || order_store::trading::TradePage { limit: 9, after: None };
    let account_page = order_store::trading::TradePage { limit: 9, after: None };
    let (width, limit) = (std::time::Duration::from_secs(1), 9.try_into().unwrap());
    assert_eq!(trading.depth(&market, &nothing, 9).await.unwrap(), None);
    assert_eq!(trading.trades(&market, &nothing, page()).await.unwrap(), None);
    assert_eq!(trading.ticker(&market, &nothing).await.unwrap(), None);
    let candles = trading.candles(&market, &nothing, width, Timestamp(0), limit).await;
    assert_eq!(candles.unwrap(), None);
    assert_eq!(trading.instrument_statistics(&market, &nothing).await.unwrap(), None);
    assert_eq!(trading.account(&market, &nobody).await.unwrap(), None);
    let trades = trading.account_trades(&market, &nobody, account_page.clone()).await;
    assert_eq!(trades.unwrap(), None);
    assert_eq!(trading.account_statistics(&market, &nobody).await.unwrap(), None);

    // What it has, and nothing to tell of.
    let known = symbol("ETH-BTC");
    let empty = Depth { bids: vec![], asks: vec![] };
    assert_eq!(trading.depth(&market, &known, 9).await.unwrap(), Some(empty));
    assert_eq!(trading.trades(&market, &known, page()).await.unwrap(), Some(vec![]));
    let ada = account("ada");
    let trades = trading.account_trades(&market, &ada, account_page).await;
    assert_eq!(trades.unwrap(), Some(vec![]));
    assert_eq!(trading.account_statistics(&market, &ada).await.unwrap(), Some(vec![]));
    let (none, zero) = (0, Decimal::ZERO);
    let nothing_yet = InstrumentStatistics {
        trades: none,
        volume: zero,
        turnover: zero,
        fees: zero,
        open_orders: none,
    };
    let statistics = trading.instrument_statistics(&market, &known).await.unwrap();
    assert_eq!(statistics, Some(nothing_yet));
}

pub async fn the_book_is_the_sum_of_the_open_orders(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    for round in 0..60_u128 {
        let price = (90 + round * 7 % 13).to_string();
        scene.place(buy("ada", "1.5", &price)).await;
        scene
            .place(sell("bob", &format!("0.{}", 10 + round), &(100 + round % 9).to_string()))
            .await;
        if round % 5 == 0 {
            let cancelled = scene.market.ask_as(
                10_000 + round,
                order_domain::trading::Request::CancelOrder(
                    order_domain::trading::command::CancelOrder {
                        order_id: order(2 * round / 3 + 1),
                        if_version: None,
                    },
                ),
            );
            scene.apply(&cancelled).await;
        }
    }
    let mut expected: [BTreeMap<i64, (i64, u32)>; 2] = Default::default();
    for status in [OrderStatus::New, OrderStatus::PartiallyFilled] {
        let filter = MarketOrderFilter { status: Some(status), ..Default::default() };
        for order in all_orders(&scene.store, &filter, 50).await {
            let side = usize::from(order.terms.side == Side::Sell);
            let level = expected[side].entry(order.price.unwrap().units(0).unwrap()).or_default();
            level.0 += order.remaining.units(2).unwrap();
            level.1 += 1;
        }
    }
    let level = |(&price, &(lots, orders)): (&i64, &(i64, u32))| Level {
        price: Decimal::new(price, 0).unwrap(),
        quantity: Decimal::new(lots, 2).unwrap(),
        orders,
    };
    let bids: Vec<_> = expected[0].iter().rev().map(level).collect();
    let asks: Vec<_> = expected[1].iter().map(level).collect();
    assert!(bids.len() > 4 && asks.len() > 4, "{bids:?} {asks:?}");
    assert_eq!(depth(&scene, u32::MAX).await, Depth { bids: bids.clone(), asks: asks.clone() });
    let best = Depth { bids: bids[..3].to_vec(), asks: asks[..3].to_vec() };
    assert_eq!(depth(&scene, 3).await, best);
    assert_eq!(depth(&scene, 0).await.bids, bids[..1]);
}

pub async fn statistics_add_up(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.place(sell("bob", "3", "100")).await;
    scene.place(buy("ada", "2", "100")).await;
    scene.place(buy("carol", "5", "90")).await;
    scene.place(sell("ada", "1.5", "90")).await;
    // With herself: as maker and as taker.
    scene.place(buy("ada", "1", "95")).await;
    let mut alone = sell("ada", "1", "95");
    alone.self_trade = SelfTrade::Allow;
    scene.place(alone).await;

    let trading = &scene.store.trading;
    let symbols = trading.instrument_statistics(&venue(), &symbol(SYMBOL)).await.unwrap().unwrap();
    let expected = InstrumentStatistics {
        trades: 3,
        volume: number("4.5"),
        turnover: number("430"),
        // 0.20 + 0.50, 0.13 + 0.33, 0.09 + 0.23: rounded down trade by trade.
        fees: number("1.48"),
        open_orders: 2,
    };
    assert_eq!(symbols, expected);
    let ada = trading.account_statistics(&venue(), &account("ada")).await.unwrap().unwrap();
    let expected = AccountStatistics {
        symbol: symbol(SYMBOL),
        trades_as_maker: 1,
        trades_as_taker: 3,
        bought: number("3"),
        sold: number("2.5"),
        turnover: number("525"),
        fees: number("1.15"),
    };
    assert_eq!(ada, [expected]);
}

/// A quantity of the most units that can be counted.
const MOST: &str = "9999999999.99999999";

pub async fn sums_go_beyond_what_one_number_holds(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut market = Market::empty();
    let mut listed = instrument(SYMBOL);
    listed.quote.scale = 8;
    let decisions = [market.list(listed), market.open("ada"), market.open("bob")];
    store.projections.apply(&batch(&decisions)).await.unwrap();
    let mut large = change(&decisions[2]);
    large.opened.clear();
    for count in [20, 2_000] {
        add_large(&mut large, count);
        let batch = ProjectionBatch { trading: vec![large.clone()], ..Default::default() };
        store.projections.apply(&batch).await.unwrap();
    }
    let scene = Scene { store, market };
    // 2,020 of the most: 20199999999999.9999798, of which a decimal shows 18 digits.
    let sum = "20199999999999.9999".to_owned();
    let depth = depth(&scene, 1).await;
    assert_eq!(short(&depth.bids), [("1".into(), sum.clone(), 2_020)]);
    let trading = &scene.store.trading;
    let of = trading.instrument_statistics(&venue(), &symbol(SYMBOL)).await.unwrap().unwrap();
    assert_eq!((of.trades, of.open_orders), (2_020, 2_020));
    assert_eq!((of.volume.to_string(), of.turnover.to_string()), (sum.clone(), sum.clone()));
    assert_eq!(of.fees.to_string(), "40399999999999.9999");
    let bobs = trading.account_statistics(&venue(), &account("bob")).await.unwrap().unwrap();
    assert_eq!((bobs[0].sold.to_string(), bobs[0].fees.to_string()), (sum.clone(), sum.clone()));
    let day = trading.ticker(&venue(), &symbol(SYMBOL)).await.unwrap().unwrap().day.unwrap();
    assert_eq!((day.volume.to_string(), day.turnover.to_string()), (sum.clone(), sum));
}

/// `count` more orders and trades, each as large as can be.
fn add_large(change: &mut MarketChange, count: u128) {
    let first = change.orders.len() as u128 + 1;
    for id in first..first + count {
        change.orders.push(OrderChange {
            order_id: order(id),
            placed: Some(PlacedOrder { terms: limit("ada", Side::Buy, MOST, "1"), refusal: None }),
            version_before: 0,
            progress: OrderProgress {
                version: 1,
                status: OrderStatus::New,
                price: Some(number("1")),
                executed: Decimal::ZERO,
                remaining: number(MOST),
                executed_value: Decimal::ZERO,
                cancelled_by: None,
            },
        });
        let side =
            |who: &str| TradeSide { order_id: order(id), account: account(who), fee: number(MOST) };
        change.trades.push(TradeExecuted {
            trade: id.try_into().unwrap(),
            symbol: symbol(SYMBOL),
            price: number("1"),
            quantity: number(MOST),
            maker: side("bob"),
            taker: side("ada"),
            taker_side: Side::Buy,
        });
    }
}
