//! Trades, and what is reckoned from them by the log's time: tickers and candles.

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::Timestamp;
use order_domain::trading::{Instrument, SelfTrade, Side};
use order_store::PAGE_ROWS_MAX;
use order_store::trading::{AccountTrade, AccountTradeCursor, Candle, Ticker, Trade, TradePage};

use super::super::TestDatabase;
use super::words::{
    NEW_YEAR, SYMBOL, Scene, account, batch, buy, change, instrument, market_order, number, order,
    sell, short, symbol, venue,
};

const DAY_MS: i64 = 86_400_000;

async fn trades(scene: &Scene, limit: u32, after: Option<u64>) -> Vec<Trade> {
    let page = TradePage { limit, after };
    scene.store.trading.trades(&venue(), &symbol(SYMBOL), page).await.unwrap().unwrap()
}

async fn ticker(scene: &Scene) -> Ticker {
    scene.store.trading.ticker(&venue(), &symbol(SYMBOL)).await.unwrap().unwrap()
}

/// Candles in short: start after the new year, open, high, low, close, volume, turnover, trades.
async fn candles(scene: &Scene, width_s: u64, from_ms: i64, limit: u32) -> Vec<String> {
    let trading = &scene.store.trading;
    let (width, from) = (Duration::from_secs(width_s), Timestamp(NEW_YEAR + from_ms));
    let limit = NonZeroU32::new(limit).unwrap();
    let found = trading.candles(&venue(), &symbol(SYMBOL), width, from, limit).await;
    found.unwrap().unwrap().iter().map(in_short).collect()
}

fn in_short(candle: &Candle) -> String {
    let Candle { start, open, high, low, close, volume, turnover, trades } = candle;
    let start = start.0 - NEW_YEAR;
    format!("{start}: {open} {high} {low} {close}, {volume} for {turnover} in {trades}")
}

pub async fn a_trade_comes_back_as_it_happened(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.place(sell("bob", "2", "100")).await;
    scene.place_at(5, market_order("ada", Side::Buy, "1.5")).await;
    let [trade] = &trades(&scene, 9, None).await[..] else { panic!("one trade") };
    assert_eq!((trade.number, &trade.symbol, trade.at.0), (1, &symbol(SYMBOL), NEW_YEAR + 5));
    assert_eq!((trade.price, trade.quantity), (number("100"), number("1.5")));
    assert_eq!(trade.taker_side, Side::Buy);
    let (maker, taker) = (&trade.maker, &trade.taker);
    assert_eq!((maker.order_id, &maker.account), (order(1), &account("bob")));
    assert_eq!((taker.order_id, &taker.account), (order(2), &account("ada")));
    assert_eq!((maker.fee, taker.fee), (number("0.15"), number("0.37")));
}

pub async fn trades_come_in_pages_newest_first_and_stay_stable(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    assert_eq!(trades(&scene, 9, None).await, []);
    for round in 0..10 {
        scene.trade_at(round / 4, "1", &(100 + round % 3).to_string()).await;
    }
    let mut seen: Vec<u64> = Vec::new();
    loop {
        let page = trades(&scene, 3, seen.last().copied()).await;
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|trade| trade.number));
        scene.trade_at(100, "1", "100").await;
    }
    assert_eq!(seen, (1..=10).rev().collect::<Vec<_>>());
    assert_eq!(trades(&scene, 0, None).await.len(), 1);
    assert_eq!(trades(&scene, 2, Some(u64::MAX)).await[0].number, 14);
    assert_eq!(trades(&scene, 9, Some(1)).await, []);
}

pub async fn one_command_may_cause_many_trades(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let many = order_domain::trading::event::TRADES_PER_COMMAND_MAX;
    let mut decisions: Vec<_> =
        (0..many + 5).map(|_| scene.market.place(sell("bob", "0.1", "100"))).collect();
    decisions.push(scene.market.place(buy("ada", "100", "100")));
    scene.store.projections.apply(&batch(&decisions)).await.unwrap();
    assert_eq!(database.count("trades").await, i64::try_from(many).unwrap());
    let most = trades(&scene, u32::MAX, None).await;
    assert_eq!(most.len(), many.min(PAGE_ROWS_MAX as usize));
    let depth = scene.store.trading.depth(&venue(), &symbol(SYMBOL), 9).await.unwrap().unwrap();
    assert_eq!(short(&depth.asks), [("100".into(), "0.5".into(), 5)]);
}

pub async fn an_account_sees_its_side_of_every_trade(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    // Two instruments, several trades a millisecond, and trades of ada with herself.
    scene.market.deposit("ada", "1", "BTC");
    for round in 0..9_i64 {
        scene.trade_at(round / 4, "1", "100").await;
        let mut alone = sell("ada", "1", "100");
        alone.self_trade = SelfTrade::Allow;
        scene.place(alone.clone()).await;
        alone.side = Side::Buy;
        scene.place(alone).await;
        scene.place(buy("carol", "1", "99")).await;
        scene.place(sell("ada", "1", "99")).await;
    }
    let expected = own_side(&trades(&scene, 500, None).await, "ada");
    assert_eq!(expected.len(), 9 * 4);
    for limit in [1, 2, 3, 5, 500] {
        assert_eq!(walk(&scene, "ada", limit).await, expected, "in pages of {limit}");
    }
    let carols = walk(&scene, "carol", 4).await;
    assert_eq!(carols, own_side(&trades(&scene, 500, None).await, "carol"));
    assert!(carols.iter().all(|of| of.as_maker));
}

/// Of trades, newest first, those of an account, each side of its own.
fn own_side(trades: &[Trade], who: &str) -> Vec<AccountTrade> {
    let sides = |trade: &Trade| {
        [(false, trade.taker.account.clone()), (true, trade.maker.account.clone())]
            .into_iter()
            .filter(|(_, account)| account.as_str() == who)
            .map(|(as_maker, _)| AccountTrade { trade: trade.clone(), as_maker })
            .collect::<Vec<_>>()
    };
    trades.iter().flat_map(sides).collect()
}

async fn walk(scene: &Scene, who: &str, limit: u32) -> Vec<AccountTrade> {
    let mut all: Vec<AccountTrade> = Vec::new();
    loop {
        let after = all.last().map(|last| AccountTradeCursor {
            at: last.trade.at,
            symbol: last.trade.symbol.clone(),
            number: last.trade.number,
            as_maker: last.as_maker,
        });
        let page = TradePage { limit, after };
        let trading = &scene.store.trading;
        let found = trading.account_trades(&venue(), &account(who), page).await.unwrap().unwrap();
        if found.is_empty() {
            return all;
        }
        all.extend(found);
    }
}

pub async fn trades_of_one_moment_are_sorted_by_symbol(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    for name in ["A.B-EUR", "A-EUR", "A_-EUR", "AB-EUR"] {
        let listed = Instrument { symbol: symbol(name), ..instrument(SYMBOL) };
        let listed = scene.market.list(listed);
        scene.apply(&listed).await;
    }
    let mut changes = Vec::new();
    scene.place(sell("bob", "1", "100")).await;
    let traded = change(&scene.market.place(buy("ada", "1", "100")));
    for (number, name) in (1..).zip(["AB-EUR", "A-EUR", "A_-EUR", "A.B-EUR", "BTC-EUR", "A-EUR"]) {
        let mut change = traded.clone();
        change.orders.clear();
        change.trades[0].symbol = symbol(name);
        change.trades[0].trade = number;
        changes.push(change);
    }
    let batch = order_store::ProjectionBatch { trading: changes, ..Default::default() };
    scene.store.projections.apply(&batch).await.unwrap();
    for limit in [1, 2, 9] {
        let found = walk(&scene, "ada", limit).await;
        let order: Vec<_> =
            found.iter().map(|of| (of.trade.symbol.as_str(), of.trade.number)).collect();
        let bytewise = [
            ("A-EUR", 6),
            ("A-EUR", 2),
            ("A.B-EUR", 4),
            ("AB-EUR", 1),
            ("A_-EUR", 3),
            ("BTC-EUR", 5),
        ];
        assert_eq!(order, bytewise);
    }
}

pub async fn a_ticker_shows_the_last_day_by_the_logs_time(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let empty = ticker(&scene).await;
    assert_eq!(empty.at, Timestamp(NEW_YEAR));
    assert_eq!((empty.last, empty.day), (None, None));
    assert_eq!((empty.best_bid, empty.best_ask), (None, None));

    scene.trade_at(0, "1", "100").await;
    scene.trade_at(1, "2", "90").await;
    scene.trade_at(2, "3", "110").await;
    scene.trade_at(DAY_MS - 1, "0.5", "105").await;
    scene.place(buy("carol", "1", "80")).await;
    scene.place(buy("carol", "1.5", "80")).await;
    scene.place(buy("carol", "1", "79")).await;
    scene.place(sell("carol", "4", "120")).await;
    let shown = ticker(&scene).await;
    assert_eq!(shown.last, Some(number("105")));
    assert_eq!(short(&[shown.best_bid.unwrap()]), [("80".into(), "2.5".into(), 2)]);
    assert_eq!(short(&[shown.best_ask.unwrap()]), [("120".into(), "4".into(), 1)]);
    let of_day = |ticker: Ticker| ticker.day.map(|day| in_short(&day));
    assert_eq!(of_day(shown).unwrap(), "-1: 100 110 90 105, 6.5 for 662.5 in 4");

    // The market's newest decision, a trade or not, is the end of the day.
    scene.place_at(DAY_MS, buy("ada", "1", "20")).await;
    assert_eq!(of_day(ticker(&scene).await).unwrap(), "0: 90 110 90 105, 5.5 for 562.5 in 3");
    scene.place_at(DAY_MS + 1, buy("ada", "1", "20")).await;
    assert_eq!(of_day(ticker(&scene).await).unwrap(), "1: 110 110 105 105, 3.5 for 382.5 in 2");
    scene.place_at(3 * DAY_MS, buy("ada", "1", "20")).await;
    let late = ticker(&scene).await;
    assert_eq!((late.last, late.day), (Some(number("105")), None));
}

pub async fn candles_begin_at_multiples_of_their_width(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    assert_eq!(candles(&scene, 60, 0, 9).await, Vec::<String>::new());
    for (at, quantity, price) in [
        (0, "1", "100"),
        (59_999, "2", "103"),
        (60_000, "1", "99"),
        (60_000, "1", "101"),
        (119_000, "1", "98"),
        // Nothing for a while.
        (600_000, "0.5", "90"),
        (7_200_000, "4", "95"),
    ] {
        scene.trade_at(at, quantity, price).await;
    }
    let minutes = [
        "0: 100 103 100 103, 3 for 306 in 2",
        "60000: 99 101 98 98, 3 for 298 in 3",
        "600000: 90 90 90 90, 0.5 for 45 in 1",
        "7200000: 95 95 95 95, 4 for 380 in 1",
    ];
    assert_eq!(candles(&scene, 60, 0, 9).await, minutes);
    // From the stretch on that holds the moment, whole.
    assert_eq!(candles(&scene, 60, 59_999, 9).await, minutes);
    assert_eq!(candles(&scene, 60, 60_000, 9).await, minutes[1..]);
    assert_eq!(candles(&scene, 60, 119_999, 2).await, minutes[1..3]);
    assert_eq!(candles(&scene, 60, 600_001, 1).await, minutes[2..3]);
    assert_eq!(candles(&scene, 60, 7_260_000, 9).await, minutes[4..]);
    assert_eq!(candles(&scene, 60, -10 * DAY_MS, 9).await, minutes);
    assert_eq!(candles(&scene, 60, i64::MIN - NEW_YEAR.wrapping_neg(), 9).await, minutes);
    assert_eq!(
        candles(&scene, 3_600, 1, 9).await,
        ["0: 100 103 90 90, 6.5 for 649 in 6", "7200000: 95 95 95 95, 4 for 380 in 1"]
    );
    let all = format!("{}: 100 103 90 95, 10.5 for 1029 in 7", -NEW_YEAR);
    assert_eq!(candles(&scene, u64::MAX, 0, 9).await, [all]);
}

pub async fn many_candles_are_bounded(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let mut decisions = Vec::new();
    for second in 0..1_020 {
        scene.market.now = NEW_YEAR + second * 1_000;
        decisions.push(scene.market.place(sell("bob", "0.1", "100")));
        decisions.push(scene.market.place(buy("ada", "0.1", "100")));
    }
    scene.store.projections.apply(&batch(&decisions)).await.unwrap();
    let most = order_store::trading::CANDLES_MAX as usize;
    let found = candles(&scene, 1, 0, u32::MAX).await;
    assert_eq!(found.len(), most);
    assert!(found[most - 1].starts_with("999000:"), "{}", found[most - 1]);
}
