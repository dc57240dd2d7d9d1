//! Snapshots: of a market, and of the version that had none.

use order_domain::trading::RefusalReason;
use order_domain::{Command, Partition, Timestamp};
use order_engine::{Engine, EngineSettings};
use sha2::{Digest, Sha256};

use super::words::{Market, buy, instrument, market_sell, sell, symbol};

fn restored(market: &Market) -> Market {
    let snapshot = market.engine.snapshot();
    let engine = Engine::restore(Partition(0), EngineSettings::DEFAULT, &snapshot).unwrap();
    assert_eq!(engine.state_hash(), market.engine.state_hash());
    assert_eq!(engine.snapshot(), snapshot);
    assert_eq!(engine.outcomes(), market.engine.outcomes());
    Market { engine, last: market.last }
}

/// Queues, ages, versions, names, closed orders, trade numbers, halts: all of a small market.
fn eventful() -> Market {
    let mut market = Market::usual();
    market.list(instrument("ETH-EUR")).taken();
    market.place(buy("ada", "1", "100").named("mine")).taken();
    market.place(buy("bob", "2", "100")).taken();
    market.place(buy("ada", "1", "101")).taken();
    market.place(sell("carol", "1.5", "90")).taken();
    market.place(sell("carol", "1", "200").of("ETH-EUR")).events.clear();
    market.amend(3, None, Some("3")).taken();
    market.place(sell("carol", "1", "120")).taken();
    market.place(sell("bob", "1", "120")).taken();
    market.amend(8, None, Some("2")).taken();
    market
}

#[test]
fn a_restored_market_goes_on_as_if_nothing_had_been() {
    let mut market = eventful();
    let mut restored = restored(&market);
    restored.book_has(&[2, 3, 9, 8]);
    for market in [&mut market, &mut restored] {
        let name_is_taken = RefusalReason::DuplicateClientOrderId;
        market
            .place(buy("ada", "1", "90").named("mine"))
            .refused(name_is_taken, "ada has an open order mine");
        market.place(market_sell("carol", "4")).taken();
        market.cancel_all("ada", None).taken();
        market.cancel(2).events.clear();
    }
    assert_eq!(restored.engine.state_hash(), market.engine.state_hash());
}

#[test]
fn whose_a_closed_order_was_survives() {
    let mut market = eventful();
    market.cancel(2).taken();
    let mut restored = restored(&market);
    for market in [&mut market, &mut restored] {
        market.cancel_as("bob", 2).refused(
            RefusalReason::UnknownOrder,
            "no order 00000000-0000-0000-0000-000000000002 of bob is open",
        );
        market.cancel_as("ada", 2).refused(
            RefusalReason::NotCancellable,
            "the order was closed before, a part of it executed: 0.5 BTC were filled for 50 EUR",
        );
    }
}

#[test]
fn a_halt_survives() {
    let mut market = eventful();
    market.halt().taken();
    restored(&market).halt().says(&[]);
}

#[test]
fn a_smaller_bound_forgets_the_oldest_but_no_open_order() {
    let market = eventful();
    let one = std::num::NonZeroU32::MIN;
    let bounds = order_engine::MarketBounds {
        instruments_max: one,
        accounts_max: one,
        open_orders_max: one,
        commands_remembered: one,
        closed_orders_remembered: one,
    };
    let settings = EngineSettings { market: bounds, ..EngineSettings::DEFAULT };
    let snapshot = market.engine.snapshot();
    let engine = Engine::restore(Partition(0), settings, &snapshot).unwrap();
    let restored = Market { engine, last: market.last };
    assert!(
        restored.view().orders(&symbol("BTC-EUR")).eq(market.view().orders(&symbol("BTC-EUR")))
    );
}

/// Version 1 ended where the markets begin now.
#[test]
fn a_snapshot_of_version_1_is_still_restored() {
    let mut engine = Engine::new(Partition(0), EngineSettings::DEFAULT);
    let order = crate::given_when_then::purchase(1);
    let source = engine.next_source();
    let decision = engine.decide(source, Timestamp(1), Command::NewOrder(order));
    engine.evolve(&decision);
    let snapshot = engine.snapshot();
    let (no_markets, state) = snapshot[8..snapshot.len() - 32].split_last().unwrap();
    assert_eq!(*no_markets, 0, "a sequence of none");
    let mut old = b"seriat\0\x01".to_vec();
    old.extend(state);
    old.extend(Sha256::digest(state));
    let restored = Engine::restore(Partition(0), EngineSettings::DEFAULT, &old).unwrap();
    assert_eq!(restored.state_hash(), engine.state_hash());
}

#[test]
fn a_snapshot_of_a_version_to_come_is_foreign() {
    let mut snapshot = eventful().engine.snapshot();
    snapshot[7] = 4;
    assert!(matches!(
        Engine::restore(Partition(0), EngineSettings::DEFAULT, &snapshot),
        Err(order_engine::SnapshotError::Foreign)
    ));
}

#[test]
fn the_hashes_of_a_known_market_are_pinned() {
    let market = eventful();
    assert_eq!(
        market.engine.state_hash().to_string(),
        "b22e80b22e0d87d6bd8dc547baf1071734e214fa88f4f8192522113e0927ca79"
    );
    let outcomes = market.engine.outcomes();
    let [of] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(
        format!("{} {} {}", of.venue, of.orders, of.hash),
        "market/main 20 1f15a08b52a97815ebf730236e342bb0ddd99d955f2f1f3c71f31f06868041ed"
    );
}
