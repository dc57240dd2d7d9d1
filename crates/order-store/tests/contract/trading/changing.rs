//! What decisions leave behind: orders, balances and instruments as they are after them.

use order_domain::trading::event::CancelledBy;
use order_domain::trading::{OrderStatus, RefusalReason, Side, TimeInForce};
use order_domain::{Decimal, Timestamp};
use order_store::trading::{
    InstrumentState, ListedInstrument, MarketOrder, Refusal, Ticker, TradingAccount,
};

use super::super::TestDatabase;
use super::words::{
    Market, NEW_YEAR, SYMBOL, Scene, account, batch, buy, change, instrument, market_order, named,
    number, order, sell, symbol, venue, with_time_in_force,
};

pub async fn an_order_is_shown_as_it_was_placed(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let terms = named(buy("ada", "1.5", "99"), "first#1");
    let decision = scene.market.place(terms.clone());
    scene.apply(&decision).await;
    let expected = MarketOrder {
        order_id: order(1),
        source: decision.source,
        version: 1,
        status: OrderStatus::New,
        terms,
        price: Some(number("99")),
        executed: Decimal::ZERO,
        remaining: number("1.5"),
        executed_value: Decimal::ZERO,
        cancelled_by: None,
        refusal: None,
        placed_at: Timestamp(NEW_YEAR),
        updated_at: Timestamp(NEW_YEAR),
    };
    assert_eq!(scene.order(order(1)).await, expected);
    assert_eq!(scene.store.trading.market_order(&venue(), order(2)).await.unwrap(), None);
}

pub async fn every_kind_of_order_comes_back(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.place(sell("bob", "5", "100")).await;
    for terms in [
        with_time_in_force(buy("ada", "1", "100"), TimeInForce::ImmediateOrCancel),
        with_time_in_force(buy("ada", "1", "100"), TimeInForce::FillOrKill),
        with_time_in_force(buy("ada", "1", "99"), TimeInForce::PostOnly),
        with_time_in_force(buy("ada", "1", "101"), TimeInForce::PostOnlySlide),
        market_order("ada", Side::Buy, "0.5"),
    ] {
        let id = scene.place(terms.clone()).await;
        assert_eq!(scene.order(id).await.terms, terms);
    }
    // It stands one tick below the best sell.
    assert_eq!(scene.order(order(5)).await.price, Some(number("99")));
    assert_eq!(scene.order(order(6)).await.price, None);
}

pub async fn a_rejected_order_may_name_anything(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let mut terms = buy("ada", "0.000000000000000001", "0.1");
    terms.symbol = symbol("NO-SUCH");
    let id = scene.place(terms.clone()).await;
    let shown = scene.order(id).await;
    let detail = "no NO-SUCH is listed".to_owned();
    assert_eq!(shown.refusal, Some(Refusal { reason: RefusalReason::UnknownSymbol, detail }));
    assert_eq!((shown.status, shown.version), (OrderStatus::Rejected, 1));
    assert_eq!((shown.price, shown.remaining), (Some(number("0.1")), Decimal::ZERO));
    assert_eq!(shown.terms, terms);

    // No multiple of anything, on an instrument that is listed.
    let id = scene.place(buy("ada", "0.000000000000000001", "0.1")).await;
    let shown = scene.order(id).await;
    assert_eq!(shown.refusal.unwrap().reason, RefusalReason::Tick);
    assert_eq!(shown.terms.quantity, number("0.000000000000000001"));
}

pub async fn fills_amendments_and_cancels_are_followed(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.place_at(1, sell("bob", "1", "100")).await;
    let bought = scene.place_at(2, buy("ada", "2.5", "101")).await;
    let shown = scene.order(bought).await;
    assert_eq!((shown.status, shown.version), (OrderStatus::PartiallyFilled, 2));
    assert_eq!((shown.executed, shown.remaining), (number("1"), number("1.5")));
    assert_eq!(shown.executed_value, number("100"));
    let sold = scene.order(order(1)).await;
    assert_eq!((sold.status, sold.version), (OrderStatus::Executed, 2));
    assert_eq!((sold.placed_at.0, sold.updated_at.0), (NEW_YEAR + 1, NEW_YEAR + 2));

    scene.market.now = NEW_YEAR + 3;
    let amended = scene.market.amend(2, Some("98"), Some("3"));
    scene.apply(&amended).await;
    let shown = scene.order(bought).await;
    assert_eq!((shown.price, shown.remaining), (Some(number("98")), number("3")));
    assert_eq!(shown.terms, buy("ada", "2.5", "101"), "as it was written");

    scene.market.now = NEW_YEAR + 4;
    let cancelled = scene.market.cancel(2);
    scene.apply(&cancelled).await;
    let shown = scene.order(bought).await;
    assert_eq!((shown.status, shown.version), (OrderStatus::Closed, 4));
    assert_eq!(shown.cancelled_by, Some(CancelledBy::Member));
    assert_eq!((shown.price, shown.remaining), (Some(number("98")), Decimal::ZERO));
    assert_eq!(shown.source, cancelled.source);
    assert_eq!((shown.placed_at.0, shown.updated_at.0), (NEW_YEAR + 2, NEW_YEAR + 4));
}

pub async fn what_comes_again_changes_nothing(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let (mut market, mut decisions) = Market::usual();
    decisions.push(market.place(sell("bob", "1", "100")));
    decisions.push(market.place(buy("ada", "2.5", "101")));
    decisions.push(market.amend(2, Some("98"), None));
    decisions.push(market.halt());
    decisions.push(market.cancel(2));
    decisions.push(market.resume());
    store.projections.apply(&batch(&decisions)).await.unwrap();
    let scene = Scene { store, market };
    let before = shown(&scene).await;
    for decision in &decisions {
        scene.apply(decision).await;
    }
    scene.store.projections.apply(&batch(decisions.iter().rev())).await.unwrap();
    scene.store.projections.apply(&batch(decisions.iter().chain(&decisions))).await.unwrap();
    assert_eq!(shown(&scene).await, before);
    assert_eq!(database.count("trades").await, 1);
}

/// All that can be seen.
#[derive(Debug, PartialEq)]
struct Shown {
    orders: Vec<MarketOrder>,
    accounts: Vec<Option<TradingAccount>>,
    instruments: Vec<ListedInstrument>,
    ticker: Option<Ticker>,
}

async fn shown(scene: &Scene) -> Shown {
    let trading = &scene.store.trading;
    let mut accounts = Vec::new();
    for who in ["ada", "bob", "carol"] {
        accounts.push(trading.account(&venue(), &account(who)).await.unwrap());
    }
    Shown {
        orders: scene.orders().await,
        accounts,
        instruments: trading.instruments(&venue()).await.unwrap(),
        ticker: trading.ticker(&venue(), &symbol(SYMBOL)).await.unwrap(),
    }
}

pub async fn one_batch_is_as_good_as_many(database: &impl TestDatabase) {
    let (one, other) = (database.migrated().await, database.migrated().await);
    let (mut market, mut decisions) = Market::usual();
    for round in 0..130 {
        let price = (95 + round % 7).to_string();
        decisions.push(market.place(sell("bob", "1", &price)));
        decisions.push(market.place(buy("ada", "1.5", &price)));
        decisions.push(market.amend(market.last, Some("90"), None));
    }
    one.projections.apply(&batch(&decisions)).await.unwrap();
    let in_one = shown(&Scene { store: one, market: Market::empty() }).await;
    for table in ["market_orders", "trades", "balances", "instruments", "accounts", "markets"] {
        assert_ne!(database.count(table).await, 0, "{table}");
    }
    database.execute("delete from market_orders").await;
    database.execute("delete from trades").await;
    database.execute("delete from balances").await;
    for some in decisions.chunks(7) {
        other.projections.apply(&batch(some)).await.unwrap();
    }
    assert_eq!(shown(&Scene { store: other, market }).await, in_one);
}

pub async fn the_newest_word_on_a_balance_stands(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let earlier = scene.market.deposit("ada", "0.5", "EUR");
    let later = scene.market.deposit("ada", "0.25", "EUR");
    for decision in [&later, &earlier] {
        scene.apply(decision).await;
        let ada = scene.store.trading.account(&venue(), &account("ada")).await.unwrap().unwrap();
        let held: Vec<_> = ada.balances.iter().map(|of| of.asset.to_string()).collect();
        assert_eq!(held, ["BTC", "EUR"], "by name; what she never had is left out");
        assert_eq!(ada.balances[1].available, number("1000000.75"));
        assert_eq!(ada.opened_at, Timestamp(NEW_YEAR));
    }
}

pub async fn a_change_from_another_partition_changes_nothing(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.place(buy("ada", "1", "99")).await;
    let before = shown(&scene).await;
    let (cancelled, halted) = (scene.market.cancel(1), scene.market.halt());
    for mut decision in [cancelled, halted] {
        decision.source.partition.0 = 1;
        scene.apply(&decision).await;
    }
    assert_eq!(shown(&scene).await, before);
}

pub async fn an_instrument_is_halted_and_resumed(database: &impl TestDatabase) {
    use InstrumentState::{Halted, Trading};
    let mut scene = Scene::usual(database.migrated().await).await;
    let states = |scene: &Scene| {
        let trading = scene.store.trading.clone();
        async move {
            let listed = trading.instruments(&venue()).await.unwrap();
            let names: Vec<_> = listed.iter().map(|of| of.terms.clone()).collect();
            assert_eq!(names, [instrument(SYMBOL), instrument("ETH-BTC")], "by name");
            listed.into_iter().map(|of| of.state).collect::<Vec<_>>()
        }
    };
    assert_eq!(states(&scene).await, [Trading, Trading]);
    let (halted, resumed) = (scene.market.halt(), scene.market.resume());
    scene.apply(&halted).await;
    assert_eq!(states(&scene).await, [Halted, Trading]);
    scene.apply(&resumed).await;
    scene.apply(&halted).await;
    assert_eq!(states(&scene).await, [Trading, Trading]);
    let again = scene.market.halt();
    let both = batch([&scene.market.resume(), &again]);
    scene.store.projections.apply(&both).await.unwrap();
    assert_eq!(states(&scene).await, [Trading, Trading]);
}

pub async fn a_market_without_rows_still_has_a_time(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.market.now = NEW_YEAR + 77;
    let refused = scene.market.cancel(99);
    assert!(change(&refused).orders.is_empty());
    scene.apply(&refused).await;
    let time = async |scene: &Scene| {
        scene.store.trading.ticker(&venue(), &symbol(SYMBOL)).await.unwrap().unwrap().at.0
    };
    assert_eq!(time(&scene).await, NEW_YEAR + 77);
    // It never runs back.
    let mut early = change(&refused);
    early.at = Timestamp(NEW_YEAR + 5);
    let early = order_store::ProjectionBatch { trading: vec![early], ..Default::default() };
    scene.store.projections.apply(&early).await.unwrap();
    assert_eq!(time(&scene).await, NEW_YEAR + 77);
}
