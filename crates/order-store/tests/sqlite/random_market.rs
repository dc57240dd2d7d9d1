//! Random markets: what is read from SQL is what the engine has.

// The engine's own tests make the commands.
#[path = "../../../order-engine/tests/engine/market/random.rs"]
mod random;

use std::collections::BTreeMap;

use order_domain::trading::event::OrderState;
use order_domain::trading::{AccountId, OrderStatus, Side, Symbol};
use order_domain::{Decimal, Decision, OrderId};
use order_store::OrderStore;
use order_store::trading::{Level, MarketOrderFilter};
use proptest::prelude::*;

use self::random::{ACCOUNTS, ASSETS, SYMBOLS, commands, opening, steps};
use crate::File;
use crate::contract::TestDatabase as _;
use crate::contract::trading::words::{
    self, Market, account, all_orders, asset, batch, symbol, venue,
};

/// The market of the commands, and the decisions that made it so.
fn funded() -> (Market, Vec<Decision>) {
    let mut market = Market::empty();
    let decisions = opening().into_iter().map(|request| market.ask(request)).collect();
    (market, decisions)
}

/// An open order, as both sides can tell it.
#[derive(Debug, PartialEq)]
struct Open {
    account: AccountId,
    side: Side,
    price: Decimal,
    state: OrderState,
}

fn open_in_engine(market: &Market, of: &Symbol) -> BTreeMap<OrderId, Open> {
    let view = market.engine.market(&venue()).unwrap();
    let open = view.orders(of).map(|order| {
        let (account, side) = (order.account.clone(), order.side);
        (order.id, Open { account, side, price: order.price, state: order.state })
    });
    open.collect()
}

async fn open_in_store(store: &OrderStore, of: &Symbol) -> BTreeMap<OrderId, Open> {
    let mut open = BTreeMap::new();
    for status in [OrderStatus::New, OrderStatus::PartiallyFilled] {
        let (status, symbol) = (Some(status), Some(of.clone()));
        let filter = MarketOrderFilter { status, symbol, account: None };
        for order in all_orders(store, &filter, 50).await {
            let state = OrderState {
                version: order.version,
                executed: order.executed,
                remaining: order.remaining,
                executed_value: order.executed_value,
            };
            let (account, side) = (order.terms.account, order.terms.side);
            let price = order.price.expect("what rests has a limit");
            open.insert(order.order_id, Open { account, side, price, state });
        }
    }
    open
}

/// The book, added up from orders that stand the best first.
fn levels(orders: &[(Decimal, Decimal)]) -> Vec<Level> {
    let mut levels: Vec<(Decimal, i64, u32)> = Vec::new();
    for &(price, open) in orders {
        let lots = open.units(8).unwrap();
        match levels.last_mut() {
            Some((level, sum, count)) if *level == price => {
                *sum += lots;
                *count += 1;
            }
            _ => levels.push((price, lots, 1)),
        }
    }
    let level =
        |(price, sum, orders)| Level { price, quantity: Decimal::new(sum, 8).unwrap(), orders };
    levels.into_iter().map(level).collect()
}

async fn compare(store: &OrderStore, market: &Market) {
    let view = market.engine.market(&venue()).unwrap();
    for name in SYMBOLS {
        let of = symbol(name);
        assert_eq!(open_in_store(store, &of).await, open_in_engine(market, &of), "{name}");

        let depth = store.trading.depth(&venue(), &of, u32::MAX).await.unwrap().unwrap();
        let side = |side| {
            let orders = view.orders(&of).filter(|order| order.side == side);
            let open: Vec<_> = orders.map(|order| (order.price, order.state.remaining)).collect();
            levels(&open)
        };
        assert_eq!(depth.bids, side(Side::Buy), "{name}");
        assert_eq!(depth.asks, side(Side::Sell), "{name}");

        let (_, quote) = name.split_once('-').unwrap();
        let statistics = store.trading.instrument_statistics(&venue(), &of).await.unwrap();
        assert_eq!(Some(statistics.unwrap().fees), view.fees(&asset(quote)), "{name}");
    }
    for who in ACCOUNTS {
        let shown = store.trading.account(&venue(), &account(who)).await.unwrap().unwrap();
        for code in ASSETS {
            let expected = view.balance(&account(who), &asset(code)).unwrap();
            let found = shown.balances.iter().find(|balance| balance.asset == asset(code));
            let found = found.map(|balance| (balance.available, balance.held));
            assert_eq!(found, Some((expected.available, expected.held)), "{code} of {who}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever batches the decisions come in, and however often.
    #[test]
    fn what_is_read_is_what_the_engine_has(
        steps in steps(),
        sizes in prop::collection::vec(1..40_usize, 1..9),
        again in 0..9_usize,
    ) {
        let (mut market, mut decisions) = funded();
        for (id, request) in commands(steps) {
            market.now += 1;
            decisions.push(market.ask_as(id, request));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = File::create().await.unwrap();
            let store = database.migrated().await;
            let (mut from, mut sizes) = (0, sizes.iter().cycle());
            while from < decisions.len() {
                let to = decisions.len().min(from + sizes.next().unwrap());
                let some = &decisions[from.saturating_sub(again)..to];
                store.projections.apply(&batch(some)).await.unwrap();
                from = to;
            }
            compare(&store, &market).await;
        });
    }
}
