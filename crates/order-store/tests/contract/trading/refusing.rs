//! What can't be written yet, or never: refused whole, so that it waits.

use order_store::trading::MarketChange;
use order_store::{Checkpoint, ProjectionBatch};

use super::super::TestDatabase;
use super::super::rows::{checkpoint, step, stream};
use super::words::{
    Market, SYMBOL, Scene, batch, buy, change, number, order, refused, sell, symbol, venue,
};

pub async fn what_names_an_unknown_instrument_waits(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let (mut market, decisions) = Market::usual();
    // Instruments are first; then come accounts and deposits.
    let (listed, funded) = decisions.split_at(2);
    let deposits: Vec<_> =
        funded.iter().filter(|decision| !change(decision).balances.is_empty()).collect();
    let halted = market.halt();
    let resumed = market.resume();
    let placed = market.place(buy("ada", "1", "99"));
    for (decision, says) in [
        (deposits[0], "no listed instrument of market/main has EUR"),
        (&halted, "no instrument BTC-EUR is listed on market/main"),
        (&placed, "no instrument BTC-EUR is listed on market/main"),
    ] {
        let mut alone = batch([decision]);
        alone.moves.push(step(0, 0, 1));
        assert_eq!(refused(&store, &alone).await, says);
        assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), Checkpoint::default());
    }
    for table in ["market_orders", "balances", "markets"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    // From the batch at hand it is known.
    let all: Vec<_> = listed.iter().chain(funded).chain([&halted, &resumed, &placed]).collect();
    let whole = ProjectionBatch { moves: vec![step(0, 0, 3)], ..batch(all) };
    store.projections.apply(&whole).await.unwrap();
    assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(3));
    assert!(store.trading.market_order(&venue(), order(3)).await.unwrap().is_some());
}

pub async fn a_trade_of_an_unknown_instrument_waits(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.place(sell("bob", "1", "100")).await;
    let mut traded = change(&scene.market.place(buy("ada", "1", "100")));
    traded.trades[0].symbol = symbol("NO-SUCH");
    let says = refused(&scene.store, &of(traded)).await;
    assert_eq!(says, "no instrument NO-SUCH is listed on market/main");
    assert_eq!(database.count("trades").await, 0);
}

pub async fn no_order_overtakes_itself(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    let placed = scene.market.place(buy("ada", "2", "99"));
    let amended = scene.market.amend(1, Some("98"), None);
    let sold = scene.market.place(sell("bob", "1", "98"));
    let says = refused(&scene.store, &batch([&amended])).await;
    assert!(says.starts_with("there is no order") && says.contains("yet"), "{says}");
    scene.apply(&placed).await;
    // The price of the amendment would be lost.
    let says = refused(&scene.store, &batch([&sold])).await;
    assert!(says.ends_with("is at version 1, and the change is one to version 2"), "{says}");
    let says = refused(&scene.store, &batch([&placed, &sold])).await;
    assert!(says.ends_with("is at version 1, and the change is one to version 2"), "{says}");
    assert_eq!(database.count("trades").await, 0, "the whole decision waits");
    scene.apply(&amended).await;
    scene.apply(&sold).await;
    let shown = scene.order(order(1)).await;
    assert_eq!((shown.version, shown.price), (3, Some(number("98"))));
    // What stands already may come again before what is new.
    let cancelled = scene.market.cancel(1);
    let all = [&placed, &amended, &sold, &cancelled];
    scene.store.projections.apply(&batch(all)).await.unwrap();
    assert_eq!(scene.order(order(1)).await.version, 4);
}

pub async fn numbers_that_do_not_fit_their_instrument_are_refused(database: &impl TestDatabase) {
    let mut scene = Scene::usual(database.migrated().await).await;
    scene.place(sell("bob", "1", "100")).await;
    let good = change(&scene.market.place(buy("ada", "1", "100")));
    let spoilt = |spoil: fn(&mut MarketChange)| {
        let mut change = good.clone();
        spoil(&mut change);
        of(change)
    };
    for (batch, says) in [
        (spoilt(|c| c.trades[0].price = number("0.5")), "0.5 is no number of units of 10^-0"),
        (
            spoilt(|c| c.trades[0].quantity = number("0.123456789")),
            "0.123456789 is no number of units of 10^-8",
        ),
        (
            spoilt(|c| c.trades[0].maker.fee = number("0.001")),
            "0.001 is no number of units of 10^-2",
        ),
        (
            spoilt(|c| c.trades[0].quantity = number("0.00000001")),
            "100 e-0 times 1 e-8 is no number of units of 10^-2",
        ),
        (
            spoilt(|c| c.balances[0].held = number("999999999999999999")),
            "999999999999999999 is no number of units of 10^-8",
        ),
        (spoilt(|c| c.trades[0].trade = u64::MAX), "18446744073709551615 is beyond 2^63 - 1"),
        (
            spoilt(|c| c.orders[0].progress.version = u64::MAX),
            "18446744073709551615 is beyond 2^63 - 1",
        ),
    ] {
        assert_eq!(refused(&scene.store, &batch).await, says);
    }
    assert_eq!(database.count("trades").await, 0);
    scene.store.projections.apply(&of(good)).await.unwrap();
    let ticker = scene.store.trading.ticker(&venue(), &symbol(SYMBOL)).await.unwrap().unwrap();
    assert_eq!(ticker.last, Some(number("100")));
}

fn of(change: MarketChange) -> ProjectionBatch {
    ProjectionBatch { trading: vec![change], ..ProjectionBatch::default() }
}
